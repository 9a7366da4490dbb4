"""Investigations of serious complaints: a question to one person, due, escalated, answered."""

from datetime import datetime

from domain.case_clocks import begin, pass_on
from domain.escalation import EscalationKind
from domain.people import LEADERS, TIMER, Actor, Role
from domain.review_case import agreement_steps as steps
from domain.review_case.agreements import Investigation
from domain.review_case.facts import Prepared
from domain.review_case.permissions import require, working
from domain.review_case.promises import within_the_month
from domain.review_case.recording import record
from domain.review_case.refusals import InvestigationUnknown, NotYours, WrongStage
from domain.review_case.state import Clock, ReviewCaseState


def may_open(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    require(case.outcome is None, WrongStage, "The case is ending; reopen it later to investigate.")


def check_open(case: ReviewCaseState, actor: Actor, step: steps.OpenInvestigation, now: datetime) -> None:
    within_the_month(case, step.due, now)


def investigate(
    case: ReviewCaseState, actor: Actor, step: steps.OpenInvestigation, now: datetime, found: Prepared
) -> None:
    asked = Investigation(
        number=len(case.agreements.investigations) + 1,
        to=step.to,
        question=step.question,
        due_at=step.due,
        by=actor.person,
        at=now,
    )
    case.agreements.investigations.append(asked)
    record(
        case, actor, now, "investigation_opened",
        investigation=asked.number, to=asked.to, question=asked.question, due_at=asked.due_at,
        what="investigation_asked", level=0, told=[asked.to] if asked.to != asked.by else [],
    )  # fmt: skip


def may_answer(case: ReviewCaseState, actor: Actor) -> None:
    """Whoever was asked, of whatever department, or a leader in their place."""
    waiting = unanswered(case)
    require(bool(waiting), InvestigationUnknown, "No investigation waits for an answer here; look at the case again.")
    mine = any(one.to == actor.person for one in waiting) or actor.holds(LEADERS)
    require(mine, NotYours, "Somebody else was asked; tell them what you know, or write a note.")


def check_answer(case: ReviewCaseState, actor: Actor, step: steps.AnswerInvestigation, now: datetime) -> None:
    asked = next((one for one in unanswered(case) if one.number == step.investigation), None)
    numbers = ", ".join(str(one.number) for one in unanswered(case))
    if asked is None:
        raise InvestigationUnknown(f"That investigation waits for no answer; those that do are: {numbers}.")
    mine = asked.to == actor.person or actor.holds(LEADERS)
    require(mine, NotYours, "Somebody else was asked that; a leader may answer in their place.")


def answer(
    case: ReviewCaseState, actor: Actor, step: steps.AnswerInvestigation, now: datetime, found: Prepared
) -> None:
    asked = _numbered(case, step.investigation)
    asked.answer, asked.answered_by, asked.answered_at = step.answer, actor.person, now
    record(
        case, actor, now, "investigation_answered",
        investigation=asked.number, answer=step.answer, late=now > asked.due_at,
    )  # fmt: skip
    waiting = overdue(case)
    if waiting is None or waiting.reminded_at is None:
        case.clocks.pop(EscalationKind.INVESTIGATION, None)
    elif asked.reminded_at is not None:
        pass_on(case, EscalationKind.INVESTIGATION, Clock(since=waiting.reminded_at, told=[Role.AGENT]))


def fell_due(case: ReviewCaseState, number: int, now: datetime) -> None:
    asked = _numbered(case, number)
    if not asked.open or asked.reminded_at is not None:
        return
    asked.reminded_at = now
    # Whoever was asked hears of it now, so the ladder goes on with the next one.
    begin(case, EscalationKind.INVESTIGATION, Clock(since=now, told=[Role.AGENT]))
    record(
        case, TIMER, now, "investigation_due",
        investigation=number, to=asked.to, what="investigation_due", level=0, told=[asked.to],
    )  # fmt: skip


def reopened(case: ReviewCaseState, now: datetime) -> None:
    """The clock ended with the run before; what fell due then and has no answer is asked for from the first on."""
    if case.edition >= 1 and overdue(case) is not None:
        case.clocks[EscalationKind.INVESTIGATION] = Clock(since=now)


def unanswered(case: ReviewCaseState) -> list[Investigation]:
    return [one for one in case.agreements.investigations if one.open]


def overdue(case: ReviewCaseState) -> Investigation | None:
    """The one that the clock runs for: the earliest that fell due and has no answer."""
    waiting = [one for one in unanswered(case) if one.reminded_at is not None]
    return min(waiting, key=lambda one: one.due_at, default=None)


def _numbered(case: ReviewCaseState, number: int) -> Investigation:
    return case.agreements.investigations[number - 1]
