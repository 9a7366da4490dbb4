"""What people may do about a transfer that failed, and about one that nobody knows about for too long."""

from datetime import datetime

from domain.escalation import EscalationKind
from domain.payouts import PayoutStatus
from domain.people import Actor
from domain.review_case.facts import Prepared
from domain.review_case.offering_case import OfferingCase
from domain.review_case.payout_steps import DecidePayout, MendAction, MendPayout
from domain.review_case.permissions import money_people, require
from domain.review_case.recording import record
from domain.review_case.refusals import PayoutMoveWrong, PayoutUnknown, ReferenceMissing, SecondPersonNeeded
from domain.review_case.state import PayoutRef

MAYBE = frozenset({PayoutStatus.SENDING, PayoutStatus.UNKNOWN})


def may_mend(case: OfferingCase, actor: Actor) -> None:
    money_people(case, actor)
    payout = case.payout
    waits = payout is not None and not payout.settled and _waits(payout)
    require(waits, PayoutUnknown, "No failed or unknown transfer waits here, and nothing that is still to be given.")


def _waits(payout: PayoutRef) -> bool:
    if payout.hand is not None:
        return payout.hand.to_give
    return payout.status in MAYBE or payout.status is PayoutStatus.FAILED


def check_mend(case: OfferingCase, actor: Actor, step: MendPayout, now: datetime) -> None:
    payout = _the_one(case, step.payout)
    if payout.hand is not None:
        cancels = step.action is MendAction.CANCEL
        require(cancels, PayoutUnknown, "No wallet sends this: give it by hand (fulfil_offer), or cancel it.")
        return
    _check_transfer(payout, step.action)


def _check_transfer(payout: PayoutRef, action: MendAction) -> None:
    maybe, asks = payout.status in MAYBE, action is MendAction.ASK_NOW
    require(
        maybe or not asks, PayoutMoveWrong,
        "The wallet has said that this transfer failed; send it again, pay anew or cancel it.",
    )  # fmt: skip
    require(
        asks or not maybe, PayoutMoveWrong,
        "Nobody knows whether this transfer happened: it may only be asked about (ask_now) until that is known.",
    )  # fmt: skip
    require(
        action is not MendAction.SEND_AGAIN or not payout.closed, PayoutMoveWrong,
        "The wallet has closed this number for good, so sending it again changes nothing; pay anew or cancel.",
    )  # fmt: skip
    require(
        action is not MendAction.PAY_ANEW or payout.closed, PayoutMoveWrong,
        "This number can still be paid: mend the cause and send it again, so that nothing is paid twice.",
    )  # fmt: skip


def mend(case: OfferingCase, actor: Actor, step: MendPayout, now: datetime, found: Prepared) -> None:
    """The payout's own workflow does it and reports back; here the decision is kept."""
    payout = case.payouts[-1]
    if step.action is not MendAction.ASK_NOW:
        payout.remedy = str(step.action)
        case.clocks.pop(EscalationKind.FULFILMENT_WAITING, None)
        case.clocks.pop(EscalationKind.PAYOUT_STUCK, None)
    record(case, actor, now, "payout_decided", payout=payout.key, action=step.action)


def may_decide(case: OfferingCase, actor: Actor) -> None:
    money_people(case, actor)
    payout = case.payout
    stuck = payout is not None and payout.status in MAYBE and payout.person_at is not None and payout.hand is None
    require(stuck, PayoutUnknown, "No transfer waits for a person's word; an unknown one is asked about first.")
    maker = case.offers[payout.offer - 1].maker if payout else None
    require(
        not actor.is_one_of([maker, case.assignee]), SecondPersonNeeded,
        "Whoever made the offer or works on the case does not say that it was paid; ask another person.",
    )  # fmt: skip


def check_decide(case: OfferingCase, actor: Actor, step: DecidePayout, now: datetime) -> None:
    _the_one(case, step.payout)
    named = bool((step.reference or "").strip())
    require(named or not step.paid, ReferenceMissing, "Name the wallet's own order number of what was paid.")


def decide(case: OfferingCase, actor: Actor, step: DecidePayout, now: datetime, found: Prepared) -> None:
    """Told to the payout's workflow, which asks the wallet once more and reports what counts."""
    record(
        case, actor, now, "payout_word_given",
        payout=step.payout, paid=step.paid, reference=step.reference, why=step.why,
    )  # fmt: skip


def _the_one(case: OfferingCase, key: str) -> PayoutRef:
    payout = case.payout
    if payout is None or payout.key != key:
        raise PayoutUnknown("That payout is not the one that waits; look at the case again.")
    return payout
