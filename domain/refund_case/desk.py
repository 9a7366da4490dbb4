"""Steps of the desk: claim, hand over, notes, hold and resume, escalate."""

from datetime import datetime, timedelta
from typing import Any

from domain import desk_steps as steps
from domain.case_clocks import Clock, Held, go_on, start_not_contacted
from domain.case_record import record
from domain.escalation import EscalationKind
from domain.people import LEADERS, SYSTEM, TIMER, Actor
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.permissions import desk, require, unheld
from domain.refund_case.refusals import BadTime, NotYours, WrongStage
from domain.refund_case.state import RefundCaseState

LONGEST_HOLD = timedelta(days=30)


def may_claim(case: RefundCaseState, actor: Actor) -> None:
    desk(case, actor)
    unheld(case)
    require(case.assignee != actor.person, WrongStage, "You work on this case already; take its next step.")
    free = case.assignee is None or actor.holds(LEADERS)
    require(free, NotYours, "Somebody works on this case; ask a lead to hand it over.")


def claim(case: RefundCaseState, actor: Actor, step: steps.Claim, now: datetime, found: RefundPrepared) -> None:
    assign(case, actor, actor.person, "claimed", now)


def check_hand_over(case: RefundCaseState, actor: Actor, step: steps.HandOver, now: datetime) -> None:
    require(step.to != case.assignee, WrongStage, "That person works on this case already; choose another.")


def hand_over(case: RefundCaseState, actor: Actor, step: steps.HandOver, now: datetime, found: RefundPrepared) -> None:
    assign(case, actor, step.to, "handed_over", now, why=step.why)


def assign(case: RefundCaseState, actor: Actor, person: str, kind: str, now: datetime, **facts: Any) -> None:
    before, case.assignee, case.assigned_at, case.assign_again_at = case.assignee or case.taken_from, person, now, None
    case.taken_from = None
    if case.edition >= 1 and person != before:
        _leave_call(case, before, now)
    case.clocks.pop(EscalationKind.UNASSIGNED, None)
    if case.talk.asked_at is None and case.outcome is None:
        start_not_contacted(case, case.calls.contact.due_at if case.calls.contact else None, now)
    record(case, actor, now, kind, to=person, before=before, **facts)


def _leave_call(case: RefundCaseState, before: str | None, now: datetime) -> None:
    """What the last agent had begun may have been made: it goes on counting, and the next call is planned anew."""
    call = case.calls.contact
    if call is not None and call.taken_by is not None and call.taken_by == before:
        case.calls.contact, case.calls.plan_again_at = None, now


def take_back(case: RefundCaseState, person: str, now: datetime) -> None:
    """Its agent is away or gone: the case looks for another one. Whoever else has it by now keeps it."""
    over = case.closed_at if case.edition >= 1 else case.outcome
    if case.assignee != person or over is not None:
        return
    case.assignee, case.assigned_at, case.assign_again_at, case.taken_from = None, None, None, person
    if case.outcome is None:  # else nobody may be needed any more; a search in vain starts the clock
        case.clocks[EscalationKind.UNASSIGNED] = Clock(since=now)
    record(case, SYSTEM, now, "taken_back", before=person)


def note(case: RefundCaseState, actor: Actor, step: steps.Note, now: datetime, found: RefundPrepared) -> None:
    record(case, actor, now, "noted", text=step.text)


def check_read(case: RefundCaseState, actor: Actor, step: Any, now: datetime, found: RefundPrepared) -> None:
    case.read_again_at = now
    record(case, actor, now, "reading_asked")


def may_hold(case: RefundCaseState, actor: Actor) -> None:
    desk(case, actor)
    unheld(case)


def check_hold(case: RefundCaseState, actor: Actor, step: steps.Hold, now: datetime) -> None:
    fits = step.until is None or now < step.until <= now + LONGEST_HOLD
    require(fits, BadTime, f"A hold ends within {LONGEST_HOLD.days} days from now; name such a time or none.")


def hold(case: RefundCaseState, actor: Actor, step: steps.Hold, now: datetime, found: RefundPrepared) -> None:
    """The marketplace's deadline does not know of it: it is warned of and acted on all the same."""
    case.held = Held(since=now, until=step.until)
    call = case.calls.contact
    if case.edition >= 1 and call is not None and call.taken_by is None:
        case.calls.contact = None
    record(case, actor, now, "held", why=step.why, until=step.until)


def may_resume(case: RefundCaseState, actor: Actor) -> None:
    desk(case, actor)
    require(case.held is not None, WrongStage, "The case is not on hold; go on with its next step.")


def resume(
    case: RefundCaseState, actor: Actor, step: steps.Resume | None, now: datetime, found: RefundPrepared
) -> None:
    assert case.held is not None  # noqa: S101 - may_resume and the agenda see to it
    held, case.held = case.held, None
    go_on(case, held, now)
    if case.edition >= 1:
        _go_on_calling(case, held, now)
    if case.talk.trial is not None:
        case.talk.trial = case.talk.trial.model_copy(
            update={"until": case.talk.trial.until + (now - max(case.talk.trial.since, held.since))}
        )
    record(case, actor, now, "resumed", paused_seconds=int((now - held.since).total_seconds()))


def _go_on_calling(case: RefundCaseState, held: Held, now: datetime) -> None:
    """A call that somebody had taken can still be logged; any other one is planned anew."""
    call = case.calls.contact
    if call is None or call.taken_at is None:
        case.calls.contact, case.calls.plan_again_at = None, max(case.calls.plan_again_at or now, now)
    else:
        stood = now - max(call.taken_at, held.since)
        case.calls.contact = call.model_copy(update={"taken_at": call.taken_at + stood})


def resume_by_timer(case: RefundCaseState, now: datetime) -> None:
    if case.held is not None:
        resume(case, TIMER, None, now, RefundPrepared())


def escalate(case: RefundCaseState, actor: Actor, step: steps.Escalate, now: datetime, found: RefundPrepared) -> None:
    case.clocks[EscalationKind.ASKED] = Clock(since=now)
    record(case, actor, now, "escalation_asked", why=step.why)
