"""Promises to the buyer: made with a time, remembered at that time, kept or broken."""

from datetime import datetime, timedelta

from domain.case_clocks import begin, pass_on
from domain.escalation import EscalationKind
from domain.people import TIMER, Actor, Role
from domain.review_case import agreement_steps as steps
from domain.review_case.agreements import Promise
from domain.review_case.facts import Prepared
from domain.review_case.permissions import desk, require, working
from domain.review_case.recording import record
from domain.review_case.refusals import BadTime, PromiseUnknown, WrongStage
from domain.review_case.state import Clock, ReviewCaseState

# Ours: a promise that was not kept a day after it fell due is broken. It may still be kept, late.
BROKEN_AFTER = timedelta(hours=24)


def may_promise(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    require(case.outcome is None, WrongStage, "The case is ending; reopen it later if there is more to promise.")


def check_promise(case: ReviewCaseState, actor: Actor, step: steps.MakePromise, now: datetime) -> None:
    within_the_month(case, step.due, now)


def within_the_month(case: ReviewCaseState, due: datetime, now: datetime) -> None:
    """Raises BadTime. The case answers for nothing beyond its own end."""
    assert case.identity is not None  # noqa: S101 - rules.py lets no step through before the case is registered
    require(now < due, BadTime, "That time has passed; name one that lies ahead.")
    ends = case.identity.persistence_ends_at
    require(due < ends, BadTime, f"The time for this review ends at {ends.isoformat()}; name an earlier one.")


def promise(case: ReviewCaseState, actor: Actor, step: steps.MakePromise, now: datetime, found: Prepared) -> None:
    made = Promise(number=len(case.agreements.promises) + 1, what=step.what, due_at=step.due, by=actor.person, at=now)
    case.agreements.promises.append(made)
    record(case, actor, now, "promised", promise=made.number, what=made.what, due_at=made.due_at)


def may_keep(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    waits = any(one.open for one in case.agreements.promises)
    require(waits, PromiseUnknown, "No promise waits to be kept here; look at the case again.")


def check_keep(case: ReviewCaseState, actor: Actor, step: steps.KeepPromise, now: datetime) -> None:
    open_ones = [one.number for one in case.agreements.promises if one.open]
    waiting = ", ".join(map(str, open_ones))
    require(step.promise in open_ones, PromiseUnknown, f"That promise is not open; those that wait are: {waiting}.")


def keep(case: ReviewCaseState, actor: Actor, step: steps.KeepPromise, now: datetime, found: Prepared) -> None:
    kept = _numbered(case, step.promise)
    kept.kept_at = now
    record(case, actor, now, "promise_kept", promise=kept.number, late=now > kept.due_at, note=step.note)
    waiting = min((one.reminded_at for one in case.agreements.promises if one.open and one.reminded_at), default=None)
    if waiting is None:
        case.clocks.pop(EscalationKind.PROMISE_DUE, None)
    elif kept.reminded_at is not None:
        pass_on(case, EscalationKind.PROMISE_DUE, _clock(case, waiting))


def fell_due(case: ReviewCaseState, number: int, now: datetime) -> None:
    """The reminder: the desk sees it first in its queue, and the ladder hears of it if nobody moves."""
    due = _numbered(case, number)
    if not due.open or due.reminded_at is not None:
        return
    due.reminded_at = now
    told = [case.assignee] if case.assignee else []
    begin(case, EscalationKind.PROMISE_DUE, _clock(case, now))
    record(case, TIMER, now, "promise_due", promise=number, what="promise_due", level=0, told=told)


def _clock(case: ReviewCaseState, since: datetime) -> Clock:
    """The agent hears of it at once, so the ladder goes on with the next one."""
    return Clock(since=since, told=[Role.AGENT] if case.assignee else [])


def broke(case: ReviewCaseState, number: int, now: datetime) -> None:
    late = _numbered(case, number)
    if late.open and late.broken_at is None:
        late.broken_at = now
        record(case, TIMER, now, "promise_broken", promise=number)


def unbroken(case: ReviewCaseState) -> list[Promise]:
    """Promises that a case does not close over: not kept, and not broken either."""
    return [one for one in case.agreements.promises if one.open and one.broken_at is None]


def _numbered(case: ReviewCaseState, number: int) -> Promise:
    return case.agreements.promises[number - 1]
