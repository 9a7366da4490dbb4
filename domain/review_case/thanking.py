"""Thanks after a solved case: something small by the shop's policy, where no amends were made (S004, R83). It is given
like amends, through the same gate and the same books, and never holds a case open."""

from datetime import datetime

from domain.gate import GateMode
from domain.people import Actor
from domain.review_case.facts import Prepared
from domain.review_case.fulfilment_steps import GiveThanks
from domain.review_case.outcomes import SOLVED
from domain.review_case.permissions import desk, require
from domain.review_case.recording import record
from domain.review_case.refusals import ContactStopped, MoneyFrozen, OfferPending, WrongStage
from domain.review_case.state import Offer, OfferStatus, ReviewCaseState

OF_VALUE = frozenset({OfferStatus.ACCEPTED, OfferStatus.FULFILLED})


def may_thank(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    require(case.outcome in SOLVED, WrongStage, "Thanks follow a solved case; this one has not come to that.")
    require(not (case.suspected or case.malicious), MoneyFrozen, "Nothing is given while the review is suspected.")
    require(case.stopped is None, ContactStopped, "The buyer wants to hear no more of us; leave it at that.")
    given = any(offer.status in OF_VALUE or offer.thanks for offer in case.offers)
    require(not given, OfferPending, "For this review the buyer got amends or thanks; nobody gets twice.")
    require(case.cause is not None, WrongStage, "Confirm the cause first; nothing of value is given without one.")
    identity = case.identity
    shut = identity is not None and identity.gate_mode is GateMode.AFTER_AMENDMENT and case.amendment is None
    require(not shut, WrongStage, "Under after_amendment nothing of value is given for a review that stands.")


def thank(case: ReviewCaseState, actor: Actor, step: GiveThanks, now: datetime, found: Prepared) -> None:
    """A gift needs nobody's yes: it counts as accepted at once."""
    offer = Offer(
        number=len(case.offers) + 1,
        form=step.form,
        amount_fen=found.amount_fen or 0,
        maker=actor.person,
        at=now,
        valid_until=now,
        status=OfferStatus.ACCEPTED,
        policy=found.policy,
        answered_at=now,
        thanks=True,
    )
    case.offers.append(offer)
    case.pay_again_at = now
    record(
        case, actor, now, "thanks_given",
        offer=offer.number, form=offer.form, amount_fen=offer.amount_fen, month=found.month, policy=found.policy,
    )  # fmt: skip
