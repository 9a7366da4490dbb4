"""Giving amends by hand: a person of the right role gives and shows proof, another one looks at the proof."""

from datetime import datetime

from domain.escalation import EscalationKind
from domain.fulfilment import needs_address
from domain.gate import GateMode
from domain.handwork import CHECKERS, NUMBERED, Given, HandMove, HandWork, moves_of_giving
from domain.payouts import PayoutStatus
from domain.people import Actor, Role
from domain.review_case import fulfilment_steps as by_hand
from domain.review_case import steps
from domain.review_case.facts import Prepared
from domain.review_case.permissions import desk, require
from domain.review_case.recording import record
from domain.review_case.refusals import (
    FulfilmentUnknown,
    MoneyFrozen,
    NotYours,
    ProofMissing,
    ReasonMissing,
    SecondPersonNeeded,
    WrongStage,
)
from domain.review_case.state import Clock, PayoutRef, ReviewCaseState


def hand_of(case: ReviewCaseState) -> tuple[PayoutRef, HandWork]:
    """The payout that waits for a hand, with what is known of it. Raises FulfilmentUnknown."""
    payout = case.payout
    if payout is None or payout.hand is None or payout.settled or payout.remedy == steps.MendAction.CANCEL:
        raise FulfilmentUnknown("Nothing waits to be given by hand in this case; look at its payouts.")
    return payout, payout.hand


def may_set_delivery(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    payout = case.payout
    sent = payout is not None and payout.hand is not None and payout.hand.given is not None and not payout.settled
    require(not sent, WrongStage, "The parcel is on its way to the last address; wait until its proof was looked at.")


def set_delivery(
    case: ReviewCaseState, actor: Actor, step: by_hand.SetDelivery, now: datetime, found: Prepared
) -> None:
    case.delivery = step.to
    record(case, actor, now, "delivery_set", address=step.to)


def may_fulfil(case: ReviewCaseState, actor: Actor) -> None:
    _, work = hand_of(case)
    require(work.to_give, FulfilmentUnknown, "It was given already; another person looks at the proof.")
    names = " or ".join(work.roles)
    require(actor.holds(frozenset(work.roles)), NotYours, f"This is given by {names}; leave it to one of them.")
    unfrozen(case)


def unfrozen(case: ReviewCaseState) -> None:
    """Raises MoneyFrozen where what opened the gate is gone, or a supervisor has to decide about the buyer first."""
    frozen = case.suspected or case.malicious
    require(not frozen, MoneyFrozen, "Signals of extortion came up since: a supervisor decides before it is given.")
    identity = case.identity
    undone = identity is not None and identity.gate_mode is GateMode.AFTER_AMENDMENT and case.amendment is None
    require(
        not undone, MoneyFrozen, "The review was turned back since, so the gate is shut: wait, or have it cancelled."
    )


def enter_mend(case: ReviewCaseState, actor: Actor, step: steps.MendPayout, now: datetime) -> None:
    """A failed transfer that is sent again is money that moves. Another number for it passes the gate by itself."""
    if step.action is steps.MendAction.SEND_AGAIN:
        unfrozen(case)


def check_fulfil(case: ReviewCaseState, actor: Actor, step: by_hand.FulfilOffer, now: datetime) -> None:
    payout, work = hand_of(case)
    _of_the_offer(payout, step.offer)
    whole = step.file is not None and step.sha256 is not None
    words_only = step.text is not None and step.file is None and step.sha256 is None
    require(whole or words_only, ProofMissing, "Send the proof: words as text, or a file's name and its sha256.")
    used = step.sha256 in work.refused
    require(not used, ProofMissing, "This very file did not show it; send another proof, or have it cancelled.")
    form = case.offers[payout.offer - 1].form
    wanted = "its waybill" if needs_address(form) else "the marketplace's number of it"
    numbered = step.reference is not None or form not in NUMBERED
    require(numbered, ProofMissing, f"For {form} send {wanted} as reference.")


def _of_the_offer(payout: PayoutRef, offer: int) -> None:
    require(offer == payout.offer, FulfilmentUnknown, f"What waits is offer number {payout.offer}; name that one.")


def given_by(step: by_hand.FulfilOffer, actor: Actor, now: datetime) -> Given:
    digest = step.sha256 or (step.text.digest if step.text else "")
    return Given(
        by=actor.person, at=now, proof=digest, text=step.text, file=step.file, reference=step.reference
    )  # fmt: skip


def fulfil(case: ReviewCaseState, actor: Actor, step: by_hand.FulfilOffer, now: datetime, found: Prepared) -> None:
    payout, work = hand_of(case)
    given = given_by(step, actor, now)
    payout.hand = work.model_copy(update={"given": given})
    _clock(case, payout, now)
    record(
        case, actor, now, "given_by_hand",
        payout=payout.key, offer=payout.offer, amount_fen=payout.amount_fen, proof=given.proof,
        reference=given.reference, text=given.text, file=given.file,
    )  # fmt: skip


def _clock(case: ReviewCaseState, payout: PayoutRef, now: datetime) -> None:
    """The next person has the same time as the one before."""
    waits = payout.hand is not None and (payout.hand.to_give or payout.hand.to_check)
    if waits:
        case.clocks[EscalationKind.FULFILMENT_WAITING] = Clock(since=now)
    else:
        case.clocks.pop(EscalationKind.FULFILMENT_WAITING, None)


def may_check(case: ReviewCaseState, actor: Actor) -> None:
    payout, work = hand_of(case)
    require(work.to_check, FulfilmentUnknown, "No proof waits for a second look here; it is given first.")
    require(actor.holds(CHECKERS), NotYours, "The proof is looked at by finance, a lead or a supervisor; ask one.")
    involved = {work.given.by if work.given else "", case.offers[payout.offer - 1].maker}
    require(
        not actor.is_one_of(involved),
        SecondPersonNeeded,
        "Somebody other than who gave it and who made the offer looks at the proof.",
    )


def check_check(case: ReviewCaseState, actor: Actor, step: by_hand.CheckFulfilment, now: datetime) -> None:
    _of_the_offer(hand_of(case)[0], step.offer)
    told = step.shown or step.why is not None
    require(told, ReasonMissing, "Say what the proof does not show (why), so that a better one can be sent.")


def check(case: ReviewCaseState, actor: Actor, step: by_hand.CheckFulfilment, now: datetime, found: Prepared) -> None:
    payout, work = hand_of(case)
    if step.shown:
        seen: dict[str, object] = {"checked_by": actor.person, "checked_at": now}
    else:
        proof = work.given.proof if work.given else ""
        seen = {"given": None, "refused": [*work.refused, proof]}
    payout.hand = work.model_copy(update=seen)
    _clock(case, payout, now)
    record(
        case, actor, now, "fulfilment_checked",
        payout=payout.key, offer=payout.offer, shown=step.shown, why=step.why,
    )  # fmt: skip


def whose(case: ReviewCaseState) -> list[Role]:
    """Who is waited for, where amends wait for a hand."""
    work = case.payout.hand if case.payout is not None else None
    if work is None:
        return []
    return sorted(CHECKERS) if work.to_check else list(work.roles)


def moves(case: ReviewCaseState, actor: Actor, step: steps.Step, now: datetime) -> tuple[str, list[HandMove]] | None:
    """What a step that was just carried out tells the payout, with its key; None where it tells it nothing."""
    payout = case.payout
    if payout is None or payout.hand is None:
        return None
    match step:
        case by_hand.FulfilOffer():
            return payout.key, moves_of_giving(payout.hand, given_by(step, actor, now))
        case by_hand.CheckFulfilment():
            status = PayoutStatus.PAID if step.shown else PayoutStatus.FAILED
            return payout.key, [HandMove(status=status, by=actor.person)]
        case steps.MendPayout():
            return payout.key, [HandMove(status=PayoutStatus.CANCELLED, by=actor.person)]
        case _:
            return None
