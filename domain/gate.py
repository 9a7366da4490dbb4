"""The payout gate: money moves only when the shop's mode, the marketplace and the law all let it."""

from dataclasses import dataclass

from domain.acknowledgement import Acknowledgement, Standing
from domain.errors import Refusal
from domain.policies.compensation import CompensationPolicy
from domain.policies.gate import STRICTNESS, Gate, GateMode, GateRow, Permission
from domain.policies.platforms import Platform

__all__ = [
    "Acknowledgement",
    "GateFacts",
    "GateMode",
    "GateOpen",
    "GateRefused",
    "GateShut",
    "Permission",
    "Standing",
    "check_mode",
    "gate_decision",
    "grounds",
    "may",
]


class GateRefused(Refusal):
    """The mode may not be switched on for this shop."""

    code = "GateRefused"


@dataclass(frozen=True)
class GateFacts:
    """What a case knows. `malicious_block` holds until a supervisor has decided; `seen` says how the amendment was
    verified."""

    cause_confirmed: bool
    buyer_accepted: bool
    within_policy: bool
    approved: bool
    amendment_verified: bool
    malicious_block: bool = False
    seen: str = ""


@dataclass(frozen=True)
class GateOpen:
    """`why` names the mode and what it rested on; it is written into the payout row."""

    why: str


@dataclass(frozen=True)
class GateShut:
    """Machine-readable names of what is missing."""

    missing: tuple[str, ...]


def may(platform: Platform | str, jurisdiction: str, mode: GateMode, policy: CompensationPolicy) -> Permission:
    """The strictest answer of marketplace and jurisdiction; either being unknown refuses."""
    answers = [row.says(mode) if row else Permission.REFUSE for row in _rows(platform, jurisdiction, policy.gate)]
    return max(answers, key=STRICTNESS.__getitem__)


def grounds(platform: Platform | str, jurisdiction: str, policy: CompensationPolicy) -> tuple[str, ...]:
    """What law and marketplace base their answers on, for the page that asks for the acknowledgement."""
    return tuple(row.basis for row in _rows(platform, jurisdiction, policy.gate) if row and row.basis)


def check_mode(platform: Platform | str, jurisdiction: str, mode: GateMode, policy: CompensationPolicy) -> Permission:
    """What onboarding asks before it saves a mode. Raises GateRefused."""
    permission = may(platform, jurisdiction, mode, policy)
    if permission is Permission.REFUSE:
        reasons = "; ".join(grounds(platform, jurisdiction, policy)) or "platform or jurisdiction is unknown"
        raise GateRefused(
            f"{mode} is not possible for {platform} in {jurisdiction} ({reasons}). Choose {GateMode.ON_RESOLUTION}.",
            platform=str(platform),
            jurisdiction=jurisdiction,
        )
    return permission


def gate_decision(
    mode: GateMode,
    permission: Permission,
    signed: Standing,
    facts: GateFacts,
    acknowledged: Acknowledgement | None = None,
) -> GateOpen | GateShut:
    """Whether one payout may be released now. `permission` is the answer of `may` for the shop and this mode, `signed`
    what its newest acknowledgement is worth."""
    missing = [name for name, holds in _conditions(mode, facts) if not holds]
    if facts.malicious_block:
        missing.append("supervisor_decision_on_malicious_signals")
    if permission is Permission.REFUSE:
        missing.append("mode_permitted")
    if permission is Permission.ACKNOWLEDGE and not signed.holds:
        missing.append(signed.value)
    return GateShut(tuple(missing)) if missing else GateOpen(_why(mode, permission, facts, acknowledged))


def _conditions(mode: GateMode, facts: GateFacts) -> list[tuple[str, bool]]:
    conditions = [
        ("cause_confirmed", facts.cause_confirmed),
        ("buyer_accepted", facts.buyer_accepted),
        ("within_policy", facts.within_policy),
        ("approved", facts.approved),
    ]
    # Under on_resolution the review is only observed: making it a condition there would be paying for a review.
    if mode is GateMode.AFTER_AMENDMENT:
        conditions.append(("amendment_verified", facts.amendment_verified))
    return conditions


def _why(mode: GateMode, permission: Permission, facts: GateFacts, acknowledged: Acknowledgement | None) -> str:
    by_law = "allowed"
    if permission is Permission.ACKNOWLEDGE and acknowledged:
        until = acknowledged.expires_at.date().isoformat()
        by_law = f"acknowledged with text {acknowledged.text_version} until {until}"
    if mode is GateMode.AFTER_AMENDMENT:
        return f"{mode}, {by_law}; the amended review was seen: {facts.seen or 'verified'}"
    return f"{mode}, {by_law}; a confirmed problem is repaired, whatever the review does"


def _rows(platform: Platform | str, jurisdiction: str, gate: Gate) -> tuple[GateRow | None, GateRow | None]:
    known = next((row for key, row in gate.platforms.items() if key == platform), None)
    return known, gate.jurisdictions.get(jurisdiction)
