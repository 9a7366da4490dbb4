"""What an agent may not grant: put to a leader with a time, remembered, decided by somebody else than who asked."""

from datetime import datetime, timedelta

from domain.case_clocks import begin
from domain.escalation import EscalationKind
from domain.people import LEADERS, TIMER, Actor, Role
from domain.review_case import agreement_steps as steps
from domain.review_case.agreements import Decision
from domain.review_case.facts import Prepared
from domain.review_case.permissions import leaders, require, working
from domain.review_case.promises import within_the_month
from domain.review_case.recording import record
from domain.review_case.refusals import DecisionUnknown, NotYours, SecondPersonNeeded, WrongStage
from domain.review_case.resting import undecided_contact
from domain.review_case.state import Clock, ReviewCaseState
from domain.sealed import SealedRef

# Ours: where nobody names a time, a buyer is not left without an answer for longer than a day.
DECIDE_WITHIN = timedelta(hours=24)
# The last moment of the month that can still be named.
BEFORE_THE_END = timedelta(minutes=1)


def may_ask(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    require(case.outcome is None, WrongStage, "The case is ending; reopen it later if there is more to decide.")


def check_ask(case: ReviewCaseState, actor: Actor, step: steps.AskDecision, now: datetime) -> None:
    if step.due is not None:
        within_the_month(case, step.due, now)


def ask(case: ReviewCaseState, actor: Actor, step: steps.AskDecision, now: datetime, found: Prepared) -> None:
    """What a leader asks goes one further up, so that nobody decides among their own kind alone."""
    needs = Role.SUPERVISOR if actor.holds(LEADERS) else Role.LEAD
    _put(case, actor, step.what, needs, step.due or _a_day_from(case, now), now)


def ask_about_contact(case: ReviewCaseState, actor: Actor, what: SealedRef, now: datetime) -> None:
    """After such a talk a supervisor says whether the buyer is contacted again; until then nobody does. One who has
    led it themselves knows, and nothing is asked twice."""
    if Role.SUPERVISOR not in actor.roles and not undecided_contact(case):
        _put(case, actor, what, Role.SUPERVISOR, _a_day_from(case, now), now, about_contact=True)
        case.plan_note = "A supervisor decides first whether the buyer is contacted again (decide)."


def _put(
    case: ReviewCaseState,
    actor: Actor,
    what: SealedRef,
    needs: Role,
    due_at: datetime,
    now: datetime,
    *,
    about_contact: bool = False,
) -> None:
    number = len(case.agreements.decisions) + 1
    asked = Decision(
        number=number, what=what, needs=needs, by=actor.person, at=now, due_at=due_at, about_contact=about_contact
    )
    case.agreements.decisions.append(asked)
    begin(case, EscalationKind.DECISION_ASKED, Clock(since=now))
    record(
        case, actor, now, "decision_asked",
        decision=asked.number, what=asked.what, needs=asked.needs, due_at=asked.due_at,
        about_contact=about_contact or None,
    )  # fmt: skip


def _a_day_from(case: ReviewCaseState, now: datetime) -> datetime:
    assert case.identity is not None  # noqa: S101 - rules.py lets no step through before the case is registered
    return max(now, min(now + DECIDE_WITHIN, case.identity.persistence_ends_at - BEFORE_THE_END))


def may_decide(case: ReviewCaseState, actor: Actor) -> None:
    waiting = undecided(case)
    require(bool(waiting), DecisionUnknown, "Nothing waits for a decision here; look at the case again.")
    leaders(case, actor)
    require(
        any(not actor.is_one_of([one.by]) for one in waiting), SecondPersonNeeded,
        "You asked for this yourself; somebody else decides it.",
    )  # fmt: skip


def check_decide(case: ReviewCaseState, actor: Actor, step: steps.Decide, now: datetime) -> None:
    asked = next((one for one in undecided(case) if one.number == step.decision), None)
    numbers = ", ".join(str(one.number) for one in undecided(case))
    if asked is None:
        raise DecisionUnknown(f"That does not wait for a decision; what does is: {numbers}.")
    require(
        not actor.is_one_of([asked.by]), SecondPersonNeeded, "You asked for this yourself; somebody else decides it."
    )
    high_enough = asked.needs is not Role.SUPERVISOR or Role.SUPERVISOR in actor.roles
    require(high_enough, NotYours, "This is a supervisor's to decide.")


def decide(case: ReviewCaseState, actor: Actor, step: steps.Decide, now: datetime, found: Prepared) -> None:
    asked = case.agreements.decisions[step.decision - 1]
    asked.granted, asked.answer, asked.decided_by, asked.decided_at = step.granted, step.answer, actor.person, now
    if not undecided(case):
        case.clocks.pop(EscalationKind.DECISION_ASKED, None)
    record(
        case, actor, now, "decided",
        decision=asked.number, granted=step.granted, answer=step.answer, late=now > asked.due_at,
        what="decided", told=[asked.by], level=0,
    )  # fmt: skip
    if asked.about_contact:
        case.plan_again_at = now if step.granted else None
        case.plan_note = "" if step.granted else "A supervisor decided that nobody contacts the buyer unless they come."


def fell_due(case: ReviewCaseState, number: int, now: datetime) -> None:
    """The ladder hears of it anew: who was told when it was asked has had their time."""
    asked = case.agreements.decisions[number - 1]
    if not asked.open or asked.reminded_at is not None:
        return
    asked.reminded_at = now
    case.clocks[EscalationKind.DECISION_ASKED] = Clock(since=now)
    record(case, TIMER, now, "decision_due", decision=number)


def reopened(case: ReviewCaseState, now: datetime) -> None:
    """The clock ended with the run before, and what was asked then still waits."""
    if case.edition >= 1 and undecided(case):
        case.clocks[EscalationKind.DECISION_ASKED] = Clock(since=now)


def undecided(case: ReviewCaseState) -> list[Decision]:
    return [one for one in case.agreements.decisions if one.open]


def unreminded(case: ReviewCaseState) -> list[Decision]:
    return [one for one in undecided(case) if one.reminded_at is None]
