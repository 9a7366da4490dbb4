"""What an agent may not grant: put to a leader, remembered, never decided by whoever asked."""

from datetime import datetime, timedelta

import pytest

from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.people import Actor, Role
from domain.review_case import decisions, rules
from domain.review_case.agenda import Action, agenda
from domain.review_case.agreement_steps import AskDecision, Decide
from domain.review_case.needed import due_for_people
from domain.review_case.steps import Command, Step
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, START, TEXT, World

LEE = Actor(person="lee", roles=frozenset({Role.LEAD}))
A_DAY = timedelta(days=1)
YES = Decide(decision=1, granted=True, answer=TEXT)


@pytest.fixture
def world() -> World:
    return a_plain_case()


def ask(world: World, who: Actor = ALICE, due: datetime | None = None) -> None:
    assert world.step(who, AskDecision(what=TEXT, due=due))


def refusal_of(world: World, step: Step, actor: Actor) -> str:
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, Command(actor=actor, step=step, digest="", sent_at=world.now), world.now)
    return refused.value.code


def dues(world: World) -> list[timedelta]:
    return [due.at - START for due in agenda(world.case) if due.action is Action.DECISION_DUE]


@pytest.mark.covers(82)
def test_what_an_agent_may_not_grant_a_lead_decides(world: World) -> None:
    ask(world)
    assert "decide" in rules.allowed_steps(world.case, LEE, world.now)
    assert world.step(LEE, YES)
    made = world.case.agreements.decisions[0]
    assert (made.granted, made.decided_by, EscalationKind.DECISION_ASKED in world.case.clocks) == (True, "lee", False)
    assert refusal_of(world, YES, LEE) == "DecisionUnknown"


def test_the_ladder_hears_of_it_as_soon_as_it_is_asked_and_anew_when_it_is_due(world: World) -> None:
    ask(world)
    world.case.clocks[EscalationKind.DECISION_ASKED].told.append(Role.LEAD)
    world.pass_to(next(due for due in agenda(world.case) if due.action is Action.DECISION_DUE))
    clock = world.case.clocks[EscalationKind.DECISION_ASKED]
    assert (clock.since - START, clock.told) == (A_DAY, [])
    assert dues(world) == []


def test_a_decision_is_due_within_a_day_or_when_its_asker_says(world: World) -> None:
    ask(world)
    ask(world, due=START + 3 * A_DAY)
    assert dues(world) == [A_DAY, 3 * A_DAY]


@pytest.mark.parametrize("days", [-1, 0, 30])
def test_a_time_that_the_case_does_not_answer_for_is_refused(world: World, days: int) -> None:
    step = AskDecision(what=TEXT, due=START + days * A_DAY)
    assert refusal_of(world, step, ALICE) == "BadTime"


@pytest.mark.covers(201)
def test_nobody_decides_what_they_asked_for_themselves(world: World) -> None:
    ask(world, BOB)
    assert refusal_of(world, YES, BOB) == "SecondPersonNeeded"


@pytest.mark.covers(201)
def test_what_a_lead_asks_for_is_a_supervisors(world: World) -> None:
    ask(world, Actor(person="lena", roles=frozenset({Role.LEAD})))
    assert refusal_of(world, YES, LEE) == "NotYours"
    assert world.step(BOB, YES)


def test_an_agent_decides_nothing(world: World) -> None:
    ask(world)
    assert refusal_of(world, YES, Actor(person="ann", roles=frozenset({Role.AGENT}))) == "NotYours"


def test_of_two_questions_the_clock_runs_until_both_are_decided(world: World) -> None:
    ask(world)
    ask(world)
    assert world.step(LEE, YES)
    assert EscalationKind.DECISION_ASKED in world.case.clocks
    assert world.step(LEE, Decide(decision=2, granted=False, answer=TEXT))
    assert decisions.undecided(world.case) == []


def test_lists_know_when_a_decision_is_due(world: World) -> None:
    world.case.clocks.clear()
    ask(world)
    due = due_for_people(world.case)
    assert due is not None
    assert (due.action, due.at) == (Action.DECISION_DUE, START + A_DAY)


def test_what_is_asked_after_everybody_heard_of_the_last_is_told_as_well(world: World) -> None:
    ask(world)
    first = world.case.clocks[EscalationKind.DECISION_ASKED]
    world.case.clocks[EscalationKind.DECISION_ASKED] = first.model_copy(update={"over": True})
    world.now += A_DAY
    ask(world)
    clock = world.case.clocks[EscalationKind.DECISION_ASKED]
    assert (clock.since, clock.over) == (START + A_DAY, False)


def test_what_was_asked_before_a_case_was_reopened_still_waits_for_somebody(world: World) -> None:
    ask(world)
    world.case.clocks.clear()
    assert EscalationKind.DECISION_ASKED in a_plain_case(before=world.case).case.clocks
