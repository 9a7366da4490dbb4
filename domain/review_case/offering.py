"""Steps about money: the offer, the buyer's answer, and mending a transfer that failed."""

from datetime import datetime

from domain.escalation import EscalationKind
from domain.payees import check_kind
from domain.people import Actor
from domain.review_case import steps
from domain.review_case.explaining import check_unconvinced, explanation
from domain.review_case.facts import Prepared
from domain.review_case.permissions import desk, require, unheld, working
from domain.review_case.recording import record
from domain.review_case.refusals import (
    ExplainFirst,
    MoneyFrozen,
    OfferLapsed,
    OfferPending,
    OfferUnknown,
    ReasonMissing,
)
from domain.review_case.state import Clock, Offer, OfferStatus, ReviewCaseState

LIVE = {OfferStatus.WAITING_APPROVAL, OfferStatus.MADE, OfferStatus.ACCEPTED}


def may_offer(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    require(not case.suspected, MoneyFrozen, "Signals of extortion are open: a supervisor decides before any offer.")
    require(not case.malicious, MoneyFrozen, "The review was found to be malicious: nothing is offered for it.")
    require(case.explained, ExplainFirst, "Explain the cause to the buyer first and log that contact; then offer.")
    offer = case.offer
    require(
        offer is None or offer.status not in LIVE, OfferPending, "An offer is open; wait for its answer or its end."
    )
    paid = offer is not None and offer.status is OfferStatus.FULFILLED
    require(not paid, OfferPending, "Amends were made for this review; nobody is paid twice for one review.")


def check_offer(case: ReviewCaseState, actor: Actor, step: steps.MakeOffer, now: datetime) -> None:
    second = bool(case.offers)
    require(not second or step.reason is not None, ReasonMissing, "A second offer needs its reason; write why.")


def enter_offer(case: ReviewCaseState, actor: Actor, step: steps.MakeOffer, now: datetime) -> None:
    made = any(offer.status is OfferStatus.FULFILLED for offer in case.offers)
    require(not made, OfferPending, "Amends were made for this review; nobody is paid twice for one review.")
    check_unconvinced(case)


def make(case: ReviewCaseState, actor: Actor, step: steps.MakeOffer, now: datetime, found: Prepared) -> None:
    waits = bool(found.need_roles)
    until = found.approval_until if waits else found.valid_until
    told = explanation(case)
    offer = Offer(
        number=len(case.offers) + 1,
        form=step.form,
        amount_fen=step.amount_fen,
        maker=actor.person,
        at=now,
        valid_until=until or now,
        status=OfferStatus.WAITING_APPROVAL if waits else OfferStatus.MADE,
        need_roles=found.need_roles,
        need_both=found.need_both,
        policy=found.policy,
        reason=step.reason,
        explained_in=told.contact if told else None,
        unconvinced_in=told.heard_in if told else None,
    )
    case.offers.append(offer)
    if waits:
        case.clocks[EscalationKind.APPROVAL_WAITING] = Clock(since=now)
    record(
        case, actor, now, "offer_made",
        offer=offer.number, form=offer.form, amount_fen=offer.amount_fen, needs=found.need_roles,
        buyer_reversals=case.buyer_reversals or None,
        fixes=[fix.number for fix in case.agreements.fixes] or None, paid_back_fen=found.paid_back_fen,
        range_fen=found.range_fen, month=found.month, valid_until=offer.valid_until, reason=step.reason,
        explained_in=offer.explained_in, unconvinced_in=offer.unconvinced_in, policy=found.policy,
    )  # fmt: skip


def may_answer(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    offer = case.offer
    made = offer is not None and offer.status is OfferStatus.MADE
    require(made, OfferUnknown, "No offer waits for the buyer's answer; it was answered, ended, or awaits approval.")


def check_answer(case: ReviewCaseState, actor: Actor, step: steps.AnswerOffer, now: datetime) -> None:
    offer = case.offer
    current = offer is not None and step.offer == offer.number
    require(current, OfferUnknown, f"The offer that waits is number {offer.number if offer else 0}; answer that one.")


def enter_answer(case: ReviewCaseState, actor: Actor, step: steps.AnswerOffer, now: datetime) -> None:
    fresh = case.offer is None or not step.accepted or now < case.offer.valid_until
    require(fresh, OfferLapsed, "The offer has run out; make a new one if it still fits.")


def answer(case: ReviewCaseState, actor: Actor, step: steps.AnswerOffer, now: datetime, found: Prepared) -> None:
    offer = case.offers[-1]
    offer.status = OfferStatus.ACCEPTED if step.accepted else OfferStatus.DECLINED
    offer.answered_at = now
    if step.accepted:
        # Accepting is when the buyer may act at once: look soon, and not only once a day.
        case.read_again_at = now
    record(case, actor, now, "offer_accepted" if step.accepted else "offer_declined", offer=offer.number)


def may_set_payee(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    unheld(case)
    payout = case.payout
    require(payout is None or payout.settled, OfferPending, "A transfer is under way to the last account; wait for it.")


def check_payee(case: ReviewCaseState, actor: Actor, step: steps.SetPayee, now: datetime) -> None:
    """An account that another wallet pays is refused while an offer says which wallet it will be."""
    offer = case.offer
    if offer is not None and offer.status in LIVE:
        check_kind(offer.form, step.payee.kind)
