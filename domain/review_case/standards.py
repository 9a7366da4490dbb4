"""What may be offered in one case as it stands: each form's range with its reasons, and what stands in the way."""

from domain.errors import Refusal
from domain.offers import OfferForm, OfferRange, offer_range
from domain.people import Actor
from domain.policies.compensation import CompensationPolicy
from domain.review_case import explaining, offering
from domain.review_case.refusals import OrderUnknown
from domain.review_case.state import ReviewCaseState


def range_for(case: ReviewCaseState, form: OfferForm, policy: CompensationPolicy) -> OfferRange:
    """By the review's grade, the confirmed cause (else the suggested one), severity, and what the buyer paid. Raises
    the OfferRefused that applies, or OrderUnknown."""
    paid = order_paid(case)
    assert case.identity is not None  # noqa: S101 - order_paid saw it
    cause = case.cause or case.suggested_cause or ""
    return offer_range(case.identity.grade, cause, case.severity, paid, policy, form)


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
