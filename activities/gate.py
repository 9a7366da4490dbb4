"""The gate before a payout: what the shop's mode, the marketplace and the law say to it, and what that rested on."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from activities.requests import PayoutRequest
from db.gate import newest_acknowledgement
from db.tables.office import Shop
from domain.acknowledgement import Acknowledgement, standing
from domain.gate import GateFacts, GateMode, GateShut, Permission, Standing, gate_decision, grounds, may
from domain.policies.compensation import CompensationPolicy
from domain.review_case.state import Amendment

# What only the shop can supply: a case waits for it, so that the buyer doesn't lose what was promised.
OURS = frozenset({one.value for one in Standing} | {"mode_permitted"})


@dataclass(frozen=True)
class Asked:
    """The gate's answer. `facts` stand in the payout's row beside `why`; `ours`: nothing but the shop's own signature
    or mode is missing."""

    missing: tuple[str, ...] = ()
    why: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        return bool(self.missing) and set(self.missing) <= OURS


async def ask_gate(session: AsyncSession, policies: Policies, request: PayoutRequest) -> Asked:
    policy, version = await policies.compensation(session, request.shop)
    shop = await session.get_one(Shop, request.shop)
    # What was promised for a repaired problem is paid for that, whatever the shop has chosen since.
    mode = GateMode.ON_RESOLUTION if request.promised is GateMode.ON_RESOLUTION else GateMode(shop.gate_mode)
    permission = may(shop.platform, shop.jurisdiction, mode, policy)
    signed = await newest_acknowledgement(session, shop.code)
    worth = standing(signed, policy.gate, shop.jurisdiction, request.now)
    decided = gate_decision(mode, permission, worth, _facts(request), signed)
    if isinstance(decided, GateShut):
        return Asked(missing=decided.missing)
    facts = {"mode": str(mode), "permission": str(permission), "policy": version} | _rested_on(request)
    facts |= {"platform": shop.platform, "jurisdiction": shop.jurisdiction, "grounds": _grounds(shop, policy)}
    if permission is Permission.ACKNOWLEDGE and signed is not None:
        facts["acknowledged"] = signature(signed)
    return Asked(why=decided.why, facts=facts)


def signature(signed: Acknowledgement) -> dict[str, str]:
    return {
        "person": signed.person,
        "at": signed.at.isoformat(),
        "text_version": signed.text_version,
        "jurisdiction": signed.jurisdiction,
        "expires_at": signed.expires_at.isoformat(),
    }


def _facts(request: PayoutRequest) -> GateFacts:
    return GateFacts(
        cause_confirmed=request.cause_confirmed,
        buyer_accepted=request.accepted,
        within_policy=request.within_policy,
        approved=request.approved,
        amendment_verified=request.amendment_verified,
        malicious_block=request.malicious_block,
        seen=_seen(request.amendment),
    )


def _seen(amendment: Amendment | None) -> str:
    """How the amendment was verified, without the name of whoever looked: the facts have it."""
    if amendment is None:
        return ""
    by = amendment.by if amendment.by.startswith("machine") else "a second person with proof"
    return f"{amendment.mode} by {by}"


def _rested_on(request: PayoutRequest) -> dict[str, Any]:
    amendment = request.amendment
    return {
        "cause": request.cause,
        "approved_by": request.approved_by,
        "amendment": amendment.model_dump(mode="json", exclude={"evidence"}) if amendment else None,
    }


def _grounds(shop: Shop, policy: CompensationPolicy) -> list[str]:
    return list(grounds(shop.platform, shop.jurisdiction, policy))
