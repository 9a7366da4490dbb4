"""Investigations of serious complaints."""

from datetime import datetime, timedelta

import pytest

from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.people import Actor, Role
from domain.policies.desk import DeskPolicy
from domain.policies.documents import load_shipped, read_document
from domain.review_case import investigations, rules
from domain.review_case.agenda import Action, Due, agenda
from domain.review_case.agreement_steps import AnswerInvestigation, OpenInvestigation
from domain.review_case.needed import due_for_people
from domain.review_case.state import Clock
from domain.review_case.steps import Command, Step
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, START, TEXT, World

TOMORROW, HOUR = START + timedelta(days=1), timedelta(hours=1)
WU = Actor(person="wu", roles=frozenset({Role.WAREHOUSE}))


@pytest.fixture
def world() -> World:
    return a_plain_case()


def ask(world: World, to: str = WU.person, due: datetime = TOMORROW) -> None:
    assert world.step(ALICE, OpenInvestigation(to=to, question=TEXT, due=due))


def refusal_of(world: World, step: Step, actor: Actor) -> str:
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, Command(actor=actor, step=step, digest="", sent_at=world.now), world.now)
    return refused.value.code


def fall_due(world: World) -> None:
    world.pass_to(next(due for due in agenda(world.case) if due.action is Action.INVESTIGATION_DUE))


@pytest.mark.covers(57)
def test_whoever_was_asked_answers_though_the_case_is_not_theirs(world: World) -> None:
    ask(world)
    assert "answer_investigation" in rules.allowed_steps(world.case, WU, world.now)
    assert world.step(WU, AnswerInvestigation(investigation=1, answer=TEXT))
    assert world.case.agreements.investigations[0].answered_by == "wu"


@pytest.mark.covers(57)
def test_an_investigation_that_falls_due_starts_the_clock_once(world: World) -> None:
    ask(world)
    fall_due(world)
    assert world.case.clocks[EscalationKind.INVESTIGATION].since == TOMORROW
    assert not [due for due in agenda(world.case) if due.action is Action.INVESTIGATION_DUE]


def test_the_desk_sees_the_time_of_an_investigation_in_its_queue(world: World) -> None:
    world.case.clocks.clear()
    ask(world)
    assert due_for_people(world.case) == Due(TOMORROW, Action.INVESTIGATION_DUE, "1")


def test_an_agent_asked_about_an_own_case_is_needed_at_once(world: World) -> None:
    world.case.clocks.clear()
    ask(world, ALICE.person)
    assert due_for_people(world.case) == Due(START, Action.INVESTIGATION_DUE, "1")


def test_the_clock_is_about_the_earliest_that_is_overdue_and_stops_with_the_last_answer(world: World) -> None:
    ask(world, "wu", TOMORROW)
    ask(world, "ann", TOMORROW + timedelta(hours=1))
    fall_due(world)
    fall_due(world)
    assert world.step(WU, AnswerInvestigation(investigation=1, answer=TEXT))
    overdue = investigations.overdue(world.case)
    assert overdue is not None
    assert overdue.to == "ann"
    assert world.step(BOB, AnswerInvestigation(investigation=2, answer=TEXT))
    assert EscalationKind.INVESTIGATION not in world.case.clocks


@pytest.mark.parametrize(
    ("who", "number", "code"),
    [(ALICE, 1, "NotYours"), (WU, 2, "NotYours"), (BOB, 3, "InvestigationUnknown")],
)
def test_an_answer_by_somebody_else_or_to_nothing_is_refused(world: World, who: Actor, number: int, code: str) -> None:
    ask(world)
    ask(world, "ann")
    assert refusal_of(world, AnswerInvestigation(investigation=number, answer=TEXT), who) == code


def test_an_answer_is_given_once(world: World) -> None:
    ask(world)
    world.step(WU, AnswerInvestigation(investigation=1, answer=TEXT))
    again = AnswerInvestigation(investigation=1, answer=TEXT)
    assert refusal_of(world, again, WU) == "InvestigationUnknown"


@pytest.mark.parametrize("due", [START, START + timedelta(days=30)])
def test_an_investigation_is_due_ahead_and_within_the_month(world: World, due: datetime) -> None:
    assert refusal_of(world, OpenInvestigation(to="wu", question=TEXT, due=due), ALICE) == "BadTime"


def test_a_desk_document_from_before_investigations_still_reads() -> None:
    document = load_shipped("desk", DeskPolicy).model_dump(mode="json", by_alias=True)
    del document["escalations"]["investigation"], document["escalations"]["promise_due"]
    rules_of_old = read_document(DeskPolicy, document).escalations
    assert rules_of_old[EscalationKind.INVESTIGATION] == rules_of_old[EscalationKind.CONTACT_MISSED]


def test_a_second_investigation_is_told_though_everybody_heard_of_the_first(world: World) -> None:
    ask(world)
    ask(world, "ann", TOMORROW + HOUR)
    fall_due(world)
    over(world)
    fall_due(world)
    assert (clock_of(world).since, clock_of(world).over) == (TOMORROW + HOUR, False)


def test_once_one_is_answered_the_clock_is_that_of_the_next(world: World) -> None:
    ask(world)
    ask(world, "ann", TOMORROW + HOUR)
    fall_due(world)
    fall_due(world)
    over(world)
    assert world.step(WU, AnswerInvestigation(investigation=1, answer=TEXT))
    assert clock_of(world) == Clock(since=TOMORROW + HOUR, told=[Role.AGENT])


def test_a_reopened_case_asks_again_for_the_answer_that_is_overdue(world: World) -> None:
    ask(world)
    fall_due(world)
    before = world.case
    before.clocks.clear()
    assert EscalationKind.INVESTIGATION in a_plain_case(before=before).case.clocks


def clock_of(world: World) -> Clock:
    return world.case.clocks[EscalationKind.INVESTIGATION]


def over(world: World) -> None:
    world.case.clocks[EscalationKind.INVESTIGATION] = clock_of(world).model_copy(update={"over": True})
