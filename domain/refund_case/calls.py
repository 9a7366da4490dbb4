"""Calling the applicant (S002: do they want to withdraw, or another one instead?): planned by the desk's one planner,
inside hours and caps, until the buyer was asked why."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from pydantic import BaseModel

from domain.case_clocks import Clock, contact_planned
from domain.case_record import record
from domain.contact_terms import CallResult, Channel, StopSignal
from domain.escalation import EscalationKind
from domain.people import TIMER, Actor
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.permissions import desk, going_on, require, unheld, working
from domain.refund_case.refusals import (
    BadTime,
    CallLogged,
    CallNotBegun,
    CallTaken,
    ContactStopped,
    TalkMissing,
    WrongStage,
)
from domain.refund_case.stages import RefundStage, stage_of
from domain.refund_case.state import RefundCaseState
from domain.review_case.contacting import at_hand, check_over
from domain.review_case.facts import Planned
from domain.review_case.state import Attempt, Begun, ContactWait
from domain.review_case.steps import BeginContact, LogContact, StopContact
from domain.review_case.talking import check_said

LOG_WITHIN = timedelta(hours=2)
ENDS = {"missed": "contact_missed", "lapsed": "contact_lapsed", "dropped": "contact_dropped"}
AGAIN = timedelta(hours=1)
# Ours: the last hour before the marketplace acts is for deciding, not for calling.
BEFORE_THE_DEADLINE = timedelta(hours=1)
LONGEST_CALLBACK = timedelta(days=30)


class CallDue(BaseModel):
    """What the agenda makes of it: plan, due, missed or lapsed, and when."""

    at: datetime
    what: str


def wanted(case: RefundCaseState) -> bool:
    """Somebody works on the case, the buyer has not been asked yet, and has not forbidden it."""
    calls = case.calls
    open_for_it = calls.planned_by_desk and calls.stopped is None and case.held is None and case.outcome is None
    return open_for_it and case.assignee is not None and stage_of(case) is RefundStage.ASKING


def due(case: RefundCaseState) -> Iterator[CallDue]:
    call = case.calls.contact
    if call is None:
        if wanted(case) and not case.calls.hopeless:
            yield CallDue(at=case.calls.plan_again_at or case.opened_at, what="plan")
    elif call.taken_at is not None:
        yield CallDue(at=call.taken_at + LOG_WITHIN, what="lapsed")
    elif not wanted(case):
        yield CallDue(at=case.opened_at, what="dropped")
    else:
        yield CallDue(at=call.slot_ends_at, what="missed") if call.due else CallDue(at=call.due_at, what="due")


def window_ends_at(case: RefundCaseState) -> datetime:
    """Until when a call helps."""
    assert case.identity is not None  # noqa: S101 - planned for registered cases only
    if case.watch is not None:
        return case.watch.deadline.at - BEFORE_THE_DEADLINE
    return case.identity.applied_at + LONGEST_CALLBACK


def planned(case: RefundCaseState, found: Planned, now: datetime) -> None:
    """Whatever happened while the plan was made counts more than the plan."""
    calls = case.calls
    calls.plan_again_at = None
    if not wanted(case) or calls.contact is not None:
        return
    if found.due_at is None or found.slot_ends_at is None or found.channel is None:
        calls.plan_again_at, calls.hopeless = found.again_at, found.again_at is None
        if calls.note != found.why:
            record(case, TIMER, now, "no_contact_possible", why=found.why, code=found.code, policy=found.policy)
        calls.note = found.why
        return
    calls.planned += 1
    calls.note = ""
    calls.contact = ContactWait(
        number=calls.planned, channel=found.channel, due_at=found.due_at, slot_ends_at=found.slot_ends_at,
        why=found.why, why_zh=found.why_zh, warnings=found.warnings, in_surge=found.in_surge,
    )  # fmt: skip
    contact_planned(case, found.due_at)
    record(
        case, TIMER, now, "contact_planned",
        number=calls.planned, channel=found.channel, due_at=found.due_at, slot_ends_at=found.slot_ends_at,
        why=found.why, in_surge=found.in_surge or None, warnings=found.warnings or None, policy=found.policy,
    )  # fmt: skip


def by_the_clock(case: RefundCaseState, what: str, now: datetime) -> None:
    """Due: its agent sees it. Missed: it counts against no cap and is planned anew. Lapsed: taken and never logged, so
    it goes on counting. Dropped: nobody needs it any more."""
    calls, call = case.calls, case.calls.contact
    if call is None:
        return
    if what == "due":
        calls.contact = call.model_copy(update={"due": True})
        record(case, TIMER, now, "contact_due", number=call.number, channel=call.channel)
        return
    calls.contact, calls.plan_again_at = None, now + AGAIN if what == "lapsed" else now
    record(case, TIMER, now, ENDS[what], number=call.number, taken_by=call.taken_by)
    if what == "missed":
        case.clocks.setdefault(EscalationKind.CONTACT_MISSED, Clock(since=now))


def may_begin(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    call = case.calls.contact
    require(case.calls.stopped is None, ContactStopped, "The buyer wants no contact; wait for them to come back.")
    require(call is not None and call.due, WrongStage, _when(case))
    taken = call is not None and call.taken_by is not None
    require(not taken, WrongStage, "This call is taken already; whoever took it logs how it went.")


def _when(case: RefundCaseState) -> str:
    call = case.calls.contact
    if call is not None:
        due = f"The call is due at {call.due_at.isoformat()}: {call.why}"
        return f"{due} Begin it then; if the buyer comes before, log that with inbound."
    again = case.calls.plan_again_at
    next_look = f"The next one is planned from {again.isoformat()} on." if again else ""
    none = " ".join(filter(None, ("No call is planned now.", case.calls.note, next_look)))
    return f"{none} If the buyer comes by themselves, log that with inbound."


def begin(case: RefundCaseState, actor: Actor, step: BeginContact, now: datetime, found: RefundPrepared) -> None:
    call = case.calls.contact
    assert call is not None  # noqa: S101 - may_begin saw it under the same lock
    update = {"taken_by": actor.person, "taken_at": now, "attempt": found.attempt}
    case.calls.contact = call.model_copy(update=update)
    if case.edition >= 1:
        case.calls.begun = at_hand(case.calls.contact)
    case.clocks.pop(EscalationKind.CONTACT_MISSED, None)
    record(
        case, actor, now, "contact_begun",
        number=call.number, channel=call.channel, attempt=found.attempt, policy=found.policy,
    )  # fmt: skip


def put_off(case: RefundCaseState, actor: Actor, now: datetime, why: str) -> None:
    """The last look found that a due call must not be made. Nobody has missed it; it is planned anew."""
    call = case.calls.contact
    if call is not None:
        case.calls.contact, case.calls.plan_again_at = None, now
        record(case, actor, now, "contact_put_off", number=call.number, channel=call.channel, why=why)


def begun_by(case: RefundCaseState, person: str) -> Begun | None:
    """What this person began last and has not logged."""
    last = case.calls.begun or at_hand(case.calls.contact)
    return last if last is not None and last.by == person else None


def may_log(case: RefundCaseState, actor: Actor) -> None:
    """Whoever began a call logs it, though the case be somebody else's or have ended by now."""
    if case.edition >= 1 and begun_by(case, actor.person) is not None:
        desk(case, actor)
        unheld(case)
    else:
        _may_hear(case, actor)


def _may_hear(case: RefundCaseState, actor: Actor) -> None:
    """In a case that has its outcome only the answer to a buyer who wrote."""
    working(case, actor)
    if EscalationKind.BUYER_WROTE not in case.clocks:
        going_on(case)


def check_log(case: RefundCaseState, actor: Actor, step: LogContact, now: datetime) -> None:
    reached = step.result is CallResult.CONNECTED
    require(reached == (step.talk is not None), TalkMissing, "A talk has an outcome, and a call without one has none.")
    require(not step.asked_to_amend, WrongStage, "A refund is talked about here, and no review.")
    if step.next_at is not None:
        fits = now < step.next_at <= now + LONGEST_CALLBACK
        require(fits, BadTime, f"The next talk lies within {LONGEST_CALLBACK.days} days; agree on such a time.")
    if step.inbound:
        _may_hear(case, actor)
        begun = case.identity.applied_at if case.identity else None
        require(step.channel is not None, WrongStage, "Say on which channel the buyer came.")
    else:
        planned = step.channel is None
        require(planned, WrongStage, "The channel is the planned one; leave it out unless the buyer came.")
        begun = _theirs(case, actor).at
    if case.edition >= 1:
        check_said(step)
        check_over(step, begun, now)


def _theirs(case: RefundCaseState, actor: Actor) -> Begun:
    """What they began and have not logged; else what there is to do instead."""
    begun = begun_by(case, actor.person)
    if begun is not None:
        return begun
    call, made = case.calls.contact, [attempt for attempt in case.calls.attempts if not attempt.inbound]
    waits = call is not None and call.due and call.taken_by is None
    others = not waits and (case.calls.begun or at_hand(call)) is not None
    require(not others, CallTaken, "Somebody else began this call; they log how it went.")
    require(waits or not made, CallLogged, f"Call {made[-1].number if made else 0} is logged. {_when(case)}")
    then = "" if waits else f" {_when(case)}"
    raise CallNotBegun(f"Begin the call first (begin_contact); nobody dials before caps and hours were checked.{then}")


def log(case: RefundCaseState, actor: Actor, step: LogContact, now: datetime, found: RefundPrepared) -> None:
    """What was said is recorded by record_reason; here it is how the call went."""
    calls, over_at = case.calls, step.over_at(now)
    call = None if step.inbound else begun_by(case, actor.person)
    channel = call.channel if call else step.channel or Channel.CALL
    attempt = Attempt(
        number=call.number if call else calls.planned + 1, channel=channel, at=over_at, by=actor.person,
        result=step.result, talk=step.talk, explained=step.explained, convinced=step.convinced, inbound=step.inbound,
    )  # fmt: skip
    calls.attempts.append(attempt)
    calls.planned = max(calls.planned, attempt.number)
    if call is not None:
        calls.begun = None
    if call is not None and calls.contact is not None and calls.contact.number == call.number:
        calls.contact = None
    _drop(case)
    calls.plan_again_at = step.next_at or found.again_at or now + AGAIN
    calls.preference_at = step.next_at
    calls.preference_stated_at = now if step.next_at is not None else None
    case.clocks.pop(EscalationKind.NOT_CONTACTED, None)
    case.clocks.pop(EscalationKind.BUYER_WROTE, None)
    record(
        case, actor, now, "contact_logged",
        number=attempt.number, channel=channel, result=step.result, talk=step.talk, seconds=step.seconds,
        explained=step.explained, convinced=step.convinced, inbound=step.inbound, next_at=step.next_at,
        temper=step.temper or None, cautions=step.cautions, note=step.note, policy=found.policy,
    )  # fmt: skip
    if found.stop is not None and (case.edition < 1 or calls.stopped is None):
        _stop(case, actor, found.stop, now)


def _drop(case: RefundCaseState) -> None:
    """Forget a planned call. One that somebody has begun may be under way: they log it, or it lapses."""
    call = case.calls.contact
    if case.edition < 1 or call is None or call.taken_by is None:
        case.calls.contact = None


def may_stop(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    going_on(case)
    require(case.calls.stopped is None, ContactStopped, "Contact has ended already; nothing more is needed.")


def stop_contact(case: RefundCaseState, actor: Actor, step: StopContact, now: datetime, found: RefundPrepared) -> None:
    _stop(case, actor, step.signal, now)


def opted_out(case: RefundCaseState, by: Actor, now: datetime) -> None:
    """The buyer wrote that they want no contact; nobody owes them an answer then."""
    case.clocks.pop(EscalationKind.BUYER_WROTE, None)
    if case.calls.stopped is None and case.outcome is None:
        _stop(case, by, StopSignal.BUYER_OPT_OUT, now)


def _stop(case: RefundCaseState, actor: Actor, signal: StopSignal, now: datetime) -> None:
    case.clocks.pop(EscalationKind.BUYER_WROTE, None)
    case.calls.stopped, case.calls.plan_again_at = signal, None
    _drop(case)
    case.calls.note = "The buyer wants no contact."
    record(case, actor, now, "contact_stopped", signal=signal)
