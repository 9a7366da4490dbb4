"""What a courier owes for damage and loss, within which time, on which evidence; and what the shop bears of the rest.

The shop's policy `refunds` holds every figure (its part `claims`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refusal
from domain.policies.refunds import CourierClaims

FEN_OF_YUAN = 100


class ClaimKind(StrEnum):
    DAMAGE = "damage"
    LOSS = "loss"


class ClaimStatus(StrEnum):
    """Where a claim stands. What a person does at the courier's own desk passes the same states."""

    DRAFT = "draft"  # kept, and not at the courier yet
    BY_HAND = "by_hand"  # no machine can file it: a person does, and says what is answered
    FILED = "filed"
    AGREED = "agreed"  # accepted in full, and not paid yet
    PARTLY = "partly"  # accepted in part, and not paid yet
    REFUSED = "refused"
    REJECTED = "rejected"  # not even taken; it may be mended and made again
    PAID = "paid"
    DROPPED = "dropped"  # given up by a person


WAITING = frozenset({ClaimStatus.DRAFT, ClaimStatus.BY_HAND, ClaimStatus.FILED, ClaimStatus.AGREED, ClaimStatus.PARTLY})
ACCEPTED = frozenset({ClaimStatus.AGREED, ClaimStatus.PARTLY})
# Another claim for the same parcel may follow these.
VOID = frozenset({ClaimStatus.REJECTED, ClaimStatus.DROPPED})


def claim_id(key: str) -> str:
    """The workflow of a claim by its permanent key."""
    return f"claim:{key}"


class ClaimTooLate(Refusal):
    """The courier takes claims for this parcel no longer."""

    code = "ClaimTooLate"


class ClaimAboveLimit(Refusal):
    """More than the courier owes by its contract, or than was lost."""

    code = "ClaimAboveLimit"


class ClaimEvidenceMissing(Refusal):
    """The claim lacks what the courier asks to see."""

    code = "ClaimEvidenceMissing"


class ClaimEvidenceUnknown(Refusal):
    """The policy knows no such kind of evidence."""

    code = "ClaimEvidenceUnknown"


def claimable_fen(lost_fen: int, freight_fen: int, declared_fen: int | None, policy: CourierClaims) -> int:
    """The most that can be claimed. Insured: the loss up to the declared value; else at most so many times the freight,
    where the freight is known."""
    if declared_fen is not None:
        return min(lost_fen, declared_fen)
    limit = freight_fen * policy.uninsured_times_freight
    return min(lost_fen, limit) if limit else lost_fen


def claim_until(
    signed_at: datetime | None, last_at: datetime | None, told_at: datetime, policy: CourierClaims
) -> datetime:
    """Until when the courier takes a claim: counted from the sign-for, else from the last scan, else from when the
    parcel was told of."""
    return (signed_at or last_at or told_at) + timedelta(days=policy.within_days)


def check_in_time(until: datetime, now: datetime) -> None:
    """Raises ClaimTooLate."""
    if now >= until:
        raise ClaimTooLate(
            f"The courier took claims for this parcel until {until:%Y-%m-%d %H:%M} UTC; the loss stays with the shop, "
            "and part of a buyer's may be borne as a coupon (share_loss).",
            until=until.isoformat(),
        )


def check_amount(amount_fen: int, most_fen: int) -> None:
    """Raises ClaimAboveLimit."""
    if amount_fen > most_fen:
        raise ClaimAboveLimit(
            f"At most {most_fen} fen can be claimed: the loss, up to the declared value or the contract's limit.",
            most_fen=most_fen,
        )


def check_evidence(kind: ClaimKind, given: Collection[str], policy: CourierClaims) -> None:
    """Raises ClaimEvidenceUnknown or ClaimEvidenceMissing, each naming the kinds."""
    known = {*policy.evidence, *policy.loss_evidence, *policy.more_evidence}
    if strange := sorted(set(given) - known):
        raise ClaimEvidenceUnknown(f"No evidence is called {strange[0]!r}; use {', '.join(sorted(known))}.")
    needed = policy.evidence if kind is ClaimKind.DAMAGE else policy.loss_evidence
    if missing := [one for one in needed if one not in given]:
        raise ClaimEvidenceMissing(
            f"The courier asks for {', '.join(missing)}: take or ask the buyer for it, keep it in the case, and claim "
            "then.",
            missing=", ".join(missing),
        )


def share_of_loss(unrecovered_fen: int, policy: CourierClaims) -> int:
    """The most of a buyer's loss that the shop bears when the courier does not (S004), in whole yuan since coupons
    are; 0 where the policy bears nothing."""
    return unrecovered_fen * policy.share_percent // 100 // FEN_OF_YUAN * FEN_OF_YUAN


class DamageFinding(StrEnum):
    """Where damage came from (S004)."""

    QUALITY = "quality"
    TRANSIT = "transit"
    MISUSE = "misuse"


def suggest_finding(packaging_intact: bool | None, damaged_by_trace: bool) -> DamageFinding | None:
    """As S004 has it: packaging that is whole speaks against the way, and so for the goods' own quality; None where
    nobody knows. That somebody used the goods wrongly only a person can say."""
    if damaged_by_trace or packaging_intact is False:
        return DamageFinding.TRANSIT
    return DamageFinding.QUALITY if packaging_intact else None
