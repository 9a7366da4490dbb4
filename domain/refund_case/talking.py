"""Ask first, then explain, then propose; only then is anything processed."""

from datetime import datetime, timedelta

from domain.case_record import record
from domain.escalation import EscalationKind
from domain.people import TIMER, Actor
from domain.refund_case import steps
from domain.refund_case.amends import answered, check_form, offer
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.permissions import desk, going_on, in_stage, its_turn, nothing_ordered, require, unheld, working
from domain.refund_case.refusals import (
    AlternativeNotOffered,
    AmountAbovePaid,
    BadTime,
    ProposalPending,
    WrongStage,
)
from domain.refund_case.stages import RefundStage
from domain.refund_case.state import RefundCaseState
from domain.refund_case.talks import Alternative, Proposal, Trial
from domain.review_case.state import OfferStatus

TALKING = (RefundStage.ASKING, RefundStage.DECIDING, RefundStage.TRYING, RefundStage.AWAITING_BUYER)


def may_talk(case: RefundCaseState, actor: Actor) -> None:
    """While the application waits for the seller's answer."""
    in_stage(case, *TALKING)
    working(case, actor)


def may_record_reason(case: RefundCaseState, actor: Actor) -> None:
    going_on(case)
    nothing_ordered(case)
    working(case, actor)


def record_reason(
    case: RefundCaseState, actor: Actor, step: steps.RecordReason, now: datetime, found: RefundPrepared
) -> None:
    before, case.cause = case.cause, step.cause
    case.fault = found.fault or case.fault
    case.severity = found.severity or case.severity
    case.talk.asked_at, case.talk.asked_by = case.talk.asked_at or now, actor.person
    case.talk.words = step.words or case.talk.words
    case.clocks.pop(EscalationKind.NOT_CONTACTED, None)
    record(
        case, actor, now, "reason_recorded",
        cause=step.cause, before=before, fault=case.fault, severity=case.severity, words=step.words,
        policy=found.policy,
    )  # fmt: skip


def explain(case: RefundCaseState, actor: Actor, step: steps.Explain, now: datetime, found: RefundPrepared) -> None:
    case.talk.explained = [*dict.fromkeys([*case.talk.explained, *step.about])]
    record(case, actor, now, "explained", about=step.about, words=step.words)


def may_propose(case: RefundCaseState, actor: Actor) -> None:
    may_talk(case, actor)
    in_stage(case, RefundStage.DECIDING, RefundStage.TRYING, RefundStage.AWAITING_BUYER)
    open_one = case.talk.open_proposal is None
    require(open_one, ProposalPending, "The last proposal is not answered: record the buyer's answer first.")


def check_propose(case: RefundCaseState, actor: Actor, step: steps.Propose, now: datetime) -> None:
    offered = case.handling.alternatives
    known = ", ".join(offered) or "none"
    require(step.alternative in offered, AlternativeNotOffered, f"This shop's alternatives here are: {known}.")
    if step.form is not None:
        check_form(case, step.alternative, step.form, step.amount_fen)
    partial = step.alternative is Alternative.PARTIAL_REFUND or step.form is not None
    require(
        partial == (step.amount_fen is not None), AlternativeNotOffered,
        "A partial refund has an amount, and so has what the shop pays for; nothing else has.",
    )  # fmt: skip
    less = step.amount_fen is None or step.amount_fen < case.reading.amount_fen
    require(less, AmountAbovePaid, "A partial refund is less than the buyer asks for; agree to the whole instead.")


def propose(case: RefundCaseState, actor: Actor, step: steps.Propose, now: datetime, found: RefundPrepared) -> None:
    made = Proposal(
        number=len(case.talk.proposals) + 1,
        alternative=step.alternative,
        amount_fen=step.amount_fen,
        by=actor.person,
        at=now,
    )
    case.talk.proposals.append(made)
    if step.form is not None and step.amount_fen is not None:
        made.offer = offer(case, actor, step.form, step.amount_fen, now, found).number
    record(
        case, actor, now, "proposed",
        proposal=made.number, alternative=made.alternative, amount_fen=made.amount_fen, words=step.words,
        offer=made.offer,
    )  # fmt: skip


def may_answer(case: RefundCaseState, actor: Actor) -> None:
    may_talk(case, actor)
    waits = case.talk.open_proposal is not None
    require(waits, WrongStage, "No proposal waits for the buyer's answer; make one first.")
    number = case.talk.open_proposal.offer if case.talk.open_proposal else None
    approved = number is None or case.offers[number - 1].status is not OfferStatus.WAITING_APPROVAL
    require(approved, WrongStage, "The offer waits for somebody's approval; the buyer hears of it after that.")


def answer(
    case: RefundCaseState, actor: Actor, step: steps.AnswerProposal, now: datetime, found: RefundPrepared
) -> None:
    proposal = case.talk.open_proposal
    assert proposal is not None  # noqa: S101 - may_answer saw it under the same lock
    proposal.accepted = step.accepted
    kind = "proposal_accepted" if step.accepted else "proposal_declined"
    record(case, actor, now, kind, proposal=proposal.number, alternative=proposal.alternative)
    answered(case, proposal.offer, step.accepted, actor, now)


def may_try(case: RefundCaseState, actor: Actor) -> None:
    its_turn(case, actor, RefundStage.DECIDING)


def check_try(case: RefundCaseState, actor: Actor, step: steps.TryFirst, now: datetime) -> None:
    days = case.handling.try_first_max_days
    fits = now < step.until <= now + timedelta(days=days)
    require(fits, BadTime, f"A trial ends within {days} days from now; agree on such a time.")


def try_first(case: RefundCaseState, actor: Actor, step: steps.TryFirst, now: datetime, found: RefundPrepared) -> None:
    case.talk.trial = Trial(since=now, until=step.until, by=actor.person)
    record(case, actor, now, "trial_begun", until=step.until)


def may_end_trial(case: RefundCaseState, actor: Actor) -> None:
    """Anybody of the desk: the night shift too, when the buyer comes back."""
    desk(case, actor)
    unheld(case)
    in_stage(case, RefundStage.TRYING, RefundStage.AWAITING_BUYER)


def end_trial(case: RefundCaseState, actor: Actor, step: steps.EndTrial, now: datetime, found: RefundPrepared) -> None:
    """A buyer who is not satisfied after all takes back an earlier yes as well."""
    case.talk.trial, case.talk.satisfied = None, step.satisfied
    if not step.satisfied:
        for proposal in case.talk.proposals:
            if proposal.accepted:
                answered(case, proposal.offer, False, actor, now)
            proposal.accepted = proposal.accepted and False
    record(case, actor, now, "trial_ended", satisfied=step.satisfied)


def trial_over(case: RefundCaseState, now: datetime) -> None:
    """Nobody heard of the buyer: somebody asks."""
    if case.talk.trial is not None:
        case.talk.trial = None
        record(case, TIMER, now, "trial_ended")
