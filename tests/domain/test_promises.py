"""Promises to a buyer, looked at one by one."""

from datetime import datetime, timedelta

import pytest

from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.people import Actor, Role
from domain.review_case import rules
from domain.review_case.agenda import Action, Due, agenda, next_due
from domain.review_case.agreement_steps import KeepPromise, MakePromise
from domain.review_case.needed import due_for_people
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Clock
from domain.review_case.steps import Close, Command, Step
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, START, TEXT, World

TOMORROW, HOUR = START + timedelta(days=1), timedelta(hours=1)
ACTIONS = {Action.PROMISE_DUE, Action.PROMISE_BROKEN}


@pytest.fixture
def world() -> World:
    return a_plain_case()


def promise(world: World, due: datetime = TOMORROW) -> None:
    assert world.step(ALICE, MakePromise(what=TEXT, due=due))


def refusal_of(world: World, step: Step, actor: Actor = ALICE) -> str:
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, Command(actor=actor, step=step, digest="", sent_at=world.now), world.now)
    return refused.value.code


def waits(world: World) -> list[Due]:
    return [due for due in agenda(world.case) if due.action in ACTIONS]


def fall_due(world: World) -> None:
    world.pass_to(waits(world)[0])


def kinds(world: World) -> list[str]:
    return [event.kind for event in world.case.unwritten if event.kind.startswith("promise")]


@pytest.mark.covers(30)
def test_a_promise_comes_back_at_its_time_and_starts_the_clock(world: World) -> None:
    promise(world)
    assert waits(world) == [Due(TOMORROW, Action.PROMISE_DUE, "1")]
    fall_due(world)
    assert world.case.clocks[EscalationKind.PROMISE_DUE].since == TOMORROW
    assert kinds(world) == ["promised", "promise_due"]


@pytest.mark.covers(30, 56)
def test_the_desk_sees_a_promise_in_its_queue_by_its_time(world: World) -> None:
    promise(world, START + timedelta(minutes=5))
    world.case.clocks.clear()
    assert due_for_people(world.case) == Due(START + timedelta(minutes=5), Action.PROMISE_DUE, "1")


def test_a_kept_promise_stops_its_clock_and_leaves_the_agenda(world: World) -> None:
    promise(world)
    fall_due(world)
    assert world.step(ALICE, KeepPromise(promise=1, note=TEXT))
    assert EscalationKind.PROMISE_DUE not in world.case.clocks
    assert not waits(world)


def test_a_promise_that_nobody_keeps_is_broken_a_day_later_and_once(world: World) -> None:
    promise(world)
    fall_due(world)
    assert waits(world) == [Due(TOMORROW + timedelta(hours=24), Action.PROMISE_BROKEN, "1")]
    fall_due(world)
    assert not waits(world)
    assert kinds(world).count("promise_broken") == 1


def test_a_broken_promise_may_still_be_kept_late(world: World) -> None:
    promise(world)
    fall_due(world)
    fall_due(world)
    assert world.step(BOB, KeepPromise(promise=1))
    assert world.case.unwritten[-1].facts["late"] is True


def test_the_clock_runs_on_while_another_promise_is_due(world: World) -> None:
    promise(world)
    promise(world)
    fall_due(world)
    fall_due(world)
    world.step(ALICE, KeepPromise(promise=1))
    assert EscalationKind.PROMISE_DUE in world.case.clocks


@pytest.mark.parametrize("due", [START, START - timedelta(hours=1), START + timedelta(days=30)])
def test_a_promise_lies_ahead_and_within_the_month(world: World, due: datetime) -> None:
    assert refusal_of(world, MakePromise(what=TEXT, due=due)) == "BadTime"


def test_a_promise_is_kept_once(world: World) -> None:
    promise(world)
    promise(world)
    world.step(ALICE, KeepPromise(promise=1))
    assert refusal_of(world, KeepPromise(promise=1)) == "PromiseUnknown"
    assert refusal_of(world, KeepPromise(promise=3)) == "PromiseUnknown"


@pytest.mark.covers(56)
def test_nobody_closes_a_case_over_an_open_promise(world: World) -> None:
    promise(world)
    assert refusal_of(world, Close(outcome=Outcome.REFUSED, why=TEXT), BOB) == "PromiseOpen"


@pytest.mark.covers(56)
def test_a_case_that_ends_by_itself_stays_until_its_promise_is_kept_or_broken(world: World) -> None:
    promise(world, world.case.identity.persistence_ends_at - timedelta(minutes=1))  # type: ignore[union-attr]
    while world.case.closed_at is None:
        due = next_due(world.case)
        assert due is not None
        world.pass_to(due)
    written = [event.kind for event in world.case.unwritten]
    assert written.index("outcome_fixed") < written.index("promise_broken") < written.index("closed")


def clock_of(world: World) -> Clock:
    return world.case.clocks[EscalationKind.PROMISE_DUE]


def all_told(world: World) -> None:
    """The ladder of the first one is through."""
    world.case.clocks[EscalationKind.PROMISE_DUE] = clock_of(world).model_copy(update={"over": True})


def test_a_second_promise_is_told_though_everybody_heard_of_the_first(world: World) -> None:
    promise(world)
    promise(world, TOMORROW + HOUR)
    fall_due(world)
    all_told(world)
    world.pass_to(Due(TOMORROW + HOUR, Action.PROMISE_DUE, "2"))
    assert (clock_of(world).since, clock_of(world).over) == (TOMORROW + HOUR, False)


def test_once_a_promise_is_kept_the_clock_is_that_of_the_next_one_that_is_due(world: World) -> None:
    promise(world)
    promise(world, TOMORROW + HOUR)
    for number in (1, 2):
        world.pass_to(Due(TOMORROW + HOUR * (number - 1), Action.PROMISE_DUE, str(number)))
    all_told(world)
    assert world.step(ALICE, KeepPromise(promise=1, note=TEXT))
    assert clock_of(world) == Clock(since=TOMORROW + HOUR, told=[Role.AGENT])


def test_the_clock_of_a_promise_that_still_waits_goes_on_as_it_was(world: World) -> None:
    promise(world)
    promise(world, TOMORROW + HOUR)
    for number in (1, 2):
        world.pass_to(Due(TOMORROW + HOUR * (number - 1), Action.PROMISE_DUE, str(number)))
    before = clock_of(world)
    assert world.step(ALICE, KeepPromise(promise=2, note=TEXT))
    assert clock_of(world) == before
