"""An offer above its maker's right: who is asked to approve it, in which order, and what they decide."""

from datetime import datetime

from domain.approvals import ApprovalNeed, role_stood_for, still_needed
from domain.escalation import EscalationKind
from domain.people import TIMER, Actor, Role
from domain.review_case import steps
from domain.review_case.facts import Asked, Prepared
from domain.review_case.offering_case import OfferingCase
from domain.review_case.permissions import require, unheld
from domain.review_case.recording import record
from domain.review_case.refusals import AmountChanged, OfferDecided, OfferLapsed, OfferUnknown
from domain.review_case.state import Approval, Offer, OfferStatus

# How an offer that waited for approval may stand when the next one comes to decide about it.
DECIDED = {
    OfferStatus.MADE: "is approved",
    OfferStatus.REJECTED: "was refused",
    OfferStatus.EXPIRED: "has expired",
    OfferStatus.ACCEPTED: "is approved and accepted",
}


def may_decide(case: OfferingCase, actor: Actor) -> None:
    unheld(case)
    offer = _waiting(case)
    role_stood_for(actor, offer.maker, need_of(offer), given_of(offer))


def waiting(case: OfferingCase) -> Offer | None:
    """The offer that waits for approval, if one does."""
    offer = case.offer
    return offer if offer is not None and offer.status is OfferStatus.WAITING_APPROVAL else None


def _waiting(case: OfferingCase) -> Offer:
    offer = case.offer
    if offer is not None and offer.need_roles and offer.status in DECIDED:
        said = DECIDED[offer.status]
        raise OfferDecided(f"Offer {offer.number} {said} already; look at the case again.", status=str(offer.status))
    if offer is None or offer.status is not OfferStatus.WAITING_APPROVAL:
        raise OfferUnknown("No offer waits for approval here; look at the case again.")
    return offer


def need_of(offer: Offer) -> ApprovalNeed:
    return ApprovalNeed(tuple(offer.need_roles), offer.need_both)


def given_of(offer: Offer) -> list[tuple[str, Role]]:
    return [(given.person, given.role) for given in offer.approvals]


def missing_roles(offer: Offer) -> list[Role]:
    """Whose approval still counts, the lowest first."""
    return list(still_needed(need_of(offer), given_of(offer)))


def check_approve(case: OfferingCase, actor: Actor, step: steps.Approve, now: datetime) -> None:
    offer = _waiting(case)
    require(
        step.offer == offer.number, OfferUnknown, f"The offer that waits is number {offer.number}; approve that one."
    )
    same = step.amount_fen == offer.amount_fen
    require(same, AmountChanged, "The offer's amount is another one; look at it again and approve that amount.")


def enter_decision(case: OfferingCase, actor: Actor, step: steps.Approve, now: datetime) -> None:
    """The timer comes a moment later, or late after an outage."""
    fresh = now < _waiting(case).valid_until
    require(fresh, OfferLapsed, "The time for an approval is over; if it still fits, a new offer is made.")


def approve(case: OfferingCase, actor: Actor, step: steps.Approve, now: datetime, found: Prepared) -> None:
    offer = _waiting(case)
    role = role_stood_for(actor, offer.maker, need_of(offer), given_of(offer))
    offer.approvals.append(Approval(person=actor.person, role=role, at=now))
    if not missing_roles(offer):
        offer.status = OfferStatus.MADE
        offer.valid_until = found.valid_until or offer.valid_until
        case.clocks.pop(EscalationKind.APPROVAL_WAITING, None)
    record(
        case, actor, now, "offer_approved",
        offer=offer.number, amount_fen=offer.amount_fen, role=role, complete=offer.status is OfferStatus.MADE,
        valid_until=offer.valid_until,
    )  # fmt: skip


def check_reject(case: OfferingCase, actor: Actor, step: steps.Reject, now: datetime) -> None:
    offer = _waiting(case)
    require(
        step.offer == offer.number, OfferUnknown, f"The offer that waits is number {offer.number}; reject that one."
    )


def reject(case: OfferingCase, actor: Actor, step: steps.Reject, now: datetime, found: Prepared) -> None:
    _waiting(case).status = OfferStatus.REJECTED
    case.clocks.pop(EscalationKind.APPROVAL_WAITING, None)
    record(case, actor, now, "offer_rejected", offer=step.offer, why=step.why)


def asked(case: OfferingCase, found: Asked, now: datetime) -> None:
    """The next ones were asked, or nobody of them is at work and they are asked when the first one comes."""
    clock = case.clocks.get(EscalationKind.APPROVAL_WAITING)
    offer = waiting(case)
    if clock is None or offer is None or clock.since != found.since:
        return
    told = [*clock.told, found.role] if found.role else clock.told
    update = {"told": told, "due_at": found.next_at, "over": found.next_at is None}
    case.clocks[EscalationKind.APPROVAL_WAITING] = clock.model_copy(update=update)
    passed_over = found.passed_over or None
    if found.role is None:
        record(
            case, TIMER, now, "approval_put_off",
            offer=offer.number, until=found.next_at, passed_over=passed_over, policy=found.policy,
        )  # fmt: skip
        return
    record(
        case, TIMER, now, "escalated",
        what=EscalationKind.APPROVAL_WAITING, role=found.role, told=found.people, level=len(told), offer=offer.number,
        passed_over=passed_over, policy=found.policy,
    )  # fmt: skip
