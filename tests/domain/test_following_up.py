"""The visit after a solved case: once, never after a stop, asking and not selling."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from domain.amendment import Reading
from domain.contact_terms import CallResult, Channel, StopSignal
from domain.people import SYSTEM
from domain.platforms import AmendMode, Grade
from domain.policies.documents import load_shipped
from domain.policies.questionnaire import SELLING, Question
from domain.policies.texts import TextsPolicy
from domain.review_case import closing, following_up, progress, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.facts import FollowUpPlanned
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Amendment
from tests.domain.review_world import ALICE, TEXT, World
from tests.domain.test_replying import world

QUESTIONS = {"solved": ["yes", "partly", "no"]}


def solved(outcome: Outcome = Outcome.AMENDED_UNPAID) -> World:
    """A case whose outcome is fixed and whose notice has gone out."""
    one = world()
    if outcome in {Outcome.AMENDED_PAID, Outcome.AMENDED_UNPAID}:
        one.case.amendment = Amendment(mode=AmendMode.EDIT_RESULT, at=one.now, by="machine", evidence="x")
    closing.end(one.case, SYSTEM, outcome, one.now)
    one.case.notice_done = True
    following_up.want(one.case, one.now)
    return one


def planned(one: World) -> World:
    due = one.now + timedelta(days=3)
    plan = FollowUpPlanned(
        due_at=due, slot_ends_at=due + timedelta(hours=1), channel=Channel.CALL, why="three days", questions=QUESTIONS
    )
    following_up.planned(one.case, plan, one.now)
    return one


def due(one: World) -> World:
    planned(one)
    one.now += timedelta(days=3)
    following_up.fell_due(one.case, one.now)
    return one


def waiting(one: World) -> list[Action]:
    return [entry.action for entry in agenda(one.case) if entry.action is not Action.READ]


def test_what_the_plan_of_a_visit_warns_of_stands_with_the_visit_and_in_the_record() -> None:
    one, told = solved(), "The time that the buyer asked for cannot be kept."
    when = one.now + timedelta(days=3)
    plan = FollowUpPlanned(due_at=when, slot_ends_at=when, channel=Channel.CALL, why="three days", warnings=[told])
    following_up.planned(one.case, plan, one.now)
    assert one.case.follow_up is not None
    assert one.case.follow_up.warnings == [told]
    assert one.case.unwritten[-1].facts["warnings"] == [told]


@pytest.mark.covers(186)
@pytest.mark.parametrize("outcome", [Outcome.AMENDED_PAID, Outcome.AMENDED_UNPAID, Outcome.SETTLED_KEPT])
def test_a_solved_case_plans_one_visit_before_it_closes(outcome: Outcome) -> None:
    one = solved(outcome)
    assert waiting(one) == [Action.PLAN_FOLLOW_UP]
    assert waiting(planned(one)) == [Action.FOLLOW_UP_DUE]
    assert one.case.outcome is outcome


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {"amended_paid", "amended_unpaid", "settled_kept"}))
def test_a_case_that_was_not_solved_gets_no_visit(outcome: Outcome) -> None:
    assert waiting(solved(outcome)) == [Action.CLOSE]


@pytest.mark.covers(187)
def test_a_buyer_who_wants_no_contact_gets_no_visit() -> None:
    one = world()
    one.case.stopped = StopSignal.BUYER_OPT_OUT
    closing.end(one.case, SYSTEM, Outcome.SETTLED_KEPT, one.now)
    one.case.notice_done = True
    following_up.want(one.case, one.now)
    assert waiting(one) == [Action.CLOSE]


def test_a_stop_that_comes_while_the_visit_waits_forbids_it() -> None:
    one = due(solved())
    assert one.step(ALICE, steps.StopContact(signal=StopSignal.BUYER_OPT_OUT))
    assert not one.step(ALICE, steps.BeginFollowUp())


def test_a_visit_is_taken_only_when_it_is_due_and_by_one_person() -> None:
    one = planned(solved())
    assert not one.step(ALICE, steps.BeginFollowUp())
    one.now += timedelta(days=3)
    following_up.fell_due(one.case, one.now)
    assert [one.step(ALICE, steps.BeginFollowUp()), one.step(ALICE, steps.BeginFollowUp())] == [True, False]


def test_the_answers_are_kept_and_the_case_closes() -> None:
    one = due(solved())
    assert one.step(ALICE, steps.BeginFollowUp())
    log = steps.LogFollowUp(result=CallResult.CONNECTED, answers={"solved": "yes"}, remark=TEXT)
    assert one.step(ALICE, log)
    assert one.case.follow_up is not None
    assert one.case.follow_up.answers == {"solved": "yes"}
    assert waiting(one) == [Action.CLOSE]


@pytest.mark.parametrize(
    ("result", "answers"),
    [
        (CallResult.CONNECTED, {"solved": "perhaps"}),
        (CallResult.CONNECTED, {"weather": "yes"}),
        (CallResult.NO_ANSWER, {"solved": "yes"}),
    ],
)
def test_answers_that_nobody_can_have_given_are_refused(result: CallResult, answers: dict[str, str]) -> None:
    one = due(solved())
    assert one.step(ALICE, steps.BeginFollowUp())
    assert not one.step(ALICE, steps.LogFollowUp(result=result, answers=answers))


@pytest.mark.parametrize("taken", [False, True])
def test_a_visit_that_nobody_makes_or_logs_lapses_and_the_case_closes(taken: bool) -> None:
    one = due(solved())
    if taken:
        assert one.step(ALICE, steps.BeginFollowUp())
    one.pass_to(next(entry for entry in agenda(one.case) if entry.action is Action.FOLLOW_UP_LAPSED))
    assert waiting(one) == [Action.CLOSE]


def test_a_visit_can_be_left_out_by_a_person() -> None:
    one = planned(solved())
    assert one.step(ALICE, steps.SkipFollowUp(why=TEXT))
    assert waiting(one) == [Action.CLOSE]


def test_where_no_hour_fits_the_case_closes_without_a_visit() -> None:
    one = solved()
    following_up.planned(one.case, FollowUpPlanned(why="caps"), one.now)
    assert waiting(one) == [Action.CLOSE]


def test_a_review_that_turns_bad_again_meanwhile_ends_the_waiting() -> None:
    one = planned(solved())
    one.now += timedelta(days=1)
    bad = Reading(at=one.now, found=True, grade=Grade.BAD, other_row_readable=True)
    progress.read(one.case, bad, one.now)
    assert one.case.relapsed
    assert waiting(one) == [Action.CLOSE]


@pytest.mark.parametrize("step", [steps.MakeOffer(amount_fen=500), steps.Hold(why=TEXT)])
def test_nothing_new_begins_in_a_case_that_has_its_outcome(step: steps.Step) -> None:
    one = planned(solved(Outcome.SETTLED_KEPT))
    assert not one.step(ALICE, step)


@pytest.mark.covers(186)
def test_the_shipped_questionnaire_has_closed_and_open_questions() -> None:
    questions = load_shipped("texts", TextsPolicy).follow_up.questions
    assert {question.kind for question in questions} == {"closed", "open"}


@pytest.mark.covers(187)
@pytest.mark.parametrize("word", SELLING)
def test_a_question_that_sells_is_refused(word: str) -> None:
    with pytest.raises(ValidationError, match="sells"):
        Question(code="offer", kind="open", ask=f"我们有{word},您要看看吗?")


def test_nobody_visits_a_buyer_who_came_under_suspicion_since() -> None:
    one = due(solved())
    assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert not one.step(ALICE, steps.BeginFollowUp())
    assert one.step(ALICE, steps.SkipFollowUp(why=TEXT))
