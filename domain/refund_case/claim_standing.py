"""What claims and losses of a refund case still wait for."""

from domain.courier_claims import ClaimStatus, DamageFinding
from domain.refund_case.claims import CourierClaim
from domain.refund_case.outcomes import PAID_BACK
from domain.refund_case.state import RefundCaseState

# Of a claim that is over, and brought less than was claimed.
SHORT = frozenset({ClaimStatus.REFUSED, ClaimStatus.PAID, ClaimStatus.DROPPED})


def open_claims(case: RefundCaseState) -> list[CourierClaim]:
    return [claim for claim in case.claims if claim.open]


def claim_missing(case: RefundCaseState) -> bool:
    """Whether damage on the way waits for somebody to claim. A claim that was not even taken waits again."""
    judged = case.damage is not None and case.damage.finding is DamageFinding.TRANSIT
    last = case.claims[-1].status if case.claims else ClaimStatus.REJECTED
    return judged and bool(case.parcels) and last is ClaimStatus.REJECTED


def claim_overdue(case: RefundCaseState) -> bool:
    return any(claim.overdue for claim in open_claims(case))


def paid_back(case: RefundCaseState) -> bool:
    """Whether the buyer has the money back, in this run of the case or before it."""
    return case.outcome in PAID_BACK or case.ended_before in PAID_BACK


def short_claim(case: RefundCaseState) -> CourierClaim | None:
    """A claim that brought too little while the loss is the buyer's and nobody has offered to bear a part."""
    if paid_back(case) or case.shares:
        return None
    return next((one for one in case.claims if one.status in SHORT and one.unrecovered_fen > 0), None)


def share_waits(case: RefundCaseState) -> bool:
    """Whether the buyer's answer, or the coupon, is still out; or a refusal that nobody has followed up. A claim that
    a person gave up was followed up by that."""
    if any(share.open for share in case.shares):
        return True
    short = short_claim(case)
    bears = case.handling.claims is not None and case.handling.claims.share_percent > 0
    return bears and short is not None and short.status is not ClaimStatus.DROPPED and not case.loss_kept


def settled(case: RefundCaseState) -> bool:
    """Nothing of claims or losses keeps the case from closing."""
    return not open_claims(case) and not share_waits(case)
