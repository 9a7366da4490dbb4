"""What may be offered in one case as it stands: each form's range with its reasons, and what stands in the way."""

from domain.errors import Refusal
from domain.offers import OfferForm, OfferRange, left_of_order, offer_range, on_top
from domain.people import Actor
from domain.policies.compensation import CompensationPolicy
from domain.review_case import explaining, fixing, offering
from domain.review_case.refusals import OrderUnknown
from domain.review_case.state import ReviewCaseState


def range_for(case: ReviewCaseState, form: OfferForm, policy: CompensationPolicy, paid_back_fen: int = 0) -> OfferRange:
    """By the review's grade, the confirmed cause (else the suggested one), severity, and what the buyer paid and did
    not get back: `paid_back_fen` is what the marketplace says of that, the case may know more. Raises the OfferRefused
    that applies, or OrderUnknown."""
    back = max(paid_back_fen, fixing.paid_back(case))
    paid = left_of_order(order_paid(case), back, policy)
    assert case.identity is not None  # noqa: S101 - order_paid saw it
    cause = case.cause or case.suggested_cause or ""
    found = offer_range(case.identity.grade, cause, case.severity, paid, policy, form)
    return on_top(found, back, [str(fix.kind) for fix in case.agreements.fixes])


def order_paid(case: ReviewCaseState) -> int:
    """Raises OrderUnknown."""
    paid = case.identity.order_paid_fen if case.identity else None
    if paid is None:
        raise OrderUnknown("What the buyer paid is not known; enter the case with its order amount, then offer.")
    return paid


def in_the_way(case: ReviewCaseState, actor: Actor) -> Refusal | None:
    """Why this person may offer nothing now; None where they may."""
    try:
        offering.may_offer(case, actor)
        explaining.check_unconvinced(case)
        order_paid(case)
    except Refusal as refusal:
        return refusal
    return None
