"""What no rule covers is asked of a supervisor, until a time; the answer may become a rule for everybody (R180)."""

from datetime import datetime, timedelta

from domain.case_clocks import Clock, begin
from domain.case_record import record
from domain.disputes import steps
from domain.disputes.rules import KEPT, DisputeFull, QuestionUnknown, ahead, require, working
from domain.disputes.state import QUESTION_NEEDS, Disputed, Found, Question
from domain.escalation import EscalationKind
from domain.people import TIMER, Actor
from domain.step_refusals import NotYours, SecondPersonNeeded

# Ours: where nobody names a time, a case does not wait for an instruction longer than a day.
ANSWER_WITHIN = timedelta(hours=24)


def may_ask(case: Disputed, actor: Actor) -> None:
    working(case, actor)
    room = len(case.disputes.questions) < KEPT
    require(room, DisputeFull, f"{KEPT} questions are kept already; ask within one that is open.")


def check_ask(case: Disputed, actor: Actor, step: steps.AskQuestion, now: datetime) -> None:
    if step.due is not None:
        ahead(step.due, now)


def ask(case: Disputed, actor: Actor, step: steps.AskQuestion, now: datetime, found: Found) -> None:
    asked = Question(
        number=len(case.disputes.questions) + 1, what=step.what, by=actor.person, at=now,
        due_at=step.due or now + ANSWER_WITHIN,
    )  # fmt: skip
    case.disputes.questions.append(asked)
    begin(case, EscalationKind.QUESTION_ASKED, Clock(since=now))
    record(case, actor, now, "question_asked", question=asked.number, text=asked.what, due_at=asked.due_at)


def may_answer(case: Disputed, actor: Actor) -> None:
    waiting = unanswered(case)
    require(bool(waiting), QuestionUnknown, "No question waits for an answer here; look at the case again.")
    may = QUESTION_NEEDS in actor.roles
    require(may, NotYours, "What no rule covers is answered by a supervisor; the case waits for one.")
    others = any(not actor.is_one_of([one.by]) for one in waiting)
    require(others, SecondPersonNeeded, "You asked this yourself; another supervisor answers it.")


def check_answer(case: Disputed, actor: Actor, step: steps.AnswerQuestion, now: datetime) -> None:
    asked = next((one for one in unanswered(case) if one.number == step.question), None)
    if asked is None:
        numbers = ", ".join(str(one.number) for one in unanswered(case))
        raise QuestionUnknown(f"That question waits for no answer; those that do are: {numbers}.")
    require(
        not actor.is_one_of([asked.by]), SecondPersonNeeded, "You asked this yourself; another supervisor answers it."
    )


def answer(case: Disputed, actor: Actor, step: steps.AnswerQuestion, now: datetime, found: Found) -> None:
    asked = case.disputes.questions[step.question - 1]
    asked.answer, asked.rule = step.answer, step.rule
    asked.answered_by, asked.answered_at = actor.person, now
    if not unanswered(case):
        case.clocks.pop(EscalationKind.QUESTION_ASKED, None)
    record(
        case, actor, now, "question_answered",
        question=asked.number, text=step.answer, rule=step.rule, late=now > asked.due_at,
        what="question_answered", told=[asked.by], level=0,
    )  # fmt: skip


def fell_due(case: Disputed, number: int, now: datetime) -> None:
    """The ladder hears of it anew: who was told when it was asked has had their time."""
    asked = case.disputes.questions[number - 1]
    if not asked.open or asked.reminded_at is not None:
        return
    asked.reminded_at = now
    case.clocks[EscalationKind.QUESTION_ASKED] = Clock(since=now)
    record(case, TIMER, now, "question_due", question=number)


def unanswered(case: Disputed) -> list[Question]:
    return [one for one in case.disputes.questions if one.open]
