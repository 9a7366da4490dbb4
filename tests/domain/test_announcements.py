"""What falls due is announced before: at which moment, to whom, once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.announcements import Announced, announce_at
from domain.calendar import CalendarDays
from domain.escalation import EscalationKind
from domain.people import Role
from domain.policies.desk import DeskPolicy
from domain.policies.documents import load_shipped, read_document
from domain.policies.notices import NoticesPolicy
from domain.review_case import announcing
from domain.review_case.agenda import Action, Due, agenda
from domain.review_case.agreement_steps import KeepPromise, MakePromise, OpenInvestigation
from domain.review_case.steps import Hold, Resume
from domain.shifts import Presence, Shift, ShiftTerm, desk_spans
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, START, TEXT, World

DESK = load_shipped("desk", DeskPolicy)
DAYS = CalendarDays({})
NIGHT = Presence(
    (
        ShiftTerm(
            read_document(
                Shift,
                {
                    "zone": "Asia/Shanghai",
                    "week": {day: [{"open": "09:00", "close": "11:00"}] for day in ("friday", "saturday")},
                },
            ),
            START.date() - timedelta(days=30),
        ),
    )
)
SOON = {Action.RECKON_ANNOUNCEMENT, Action.ANNOUNCE}


def beijing(day: int, clock: str) -> datetime:
    """A moment of November 2026; the 20th is a Friday."""
    return datetime.fromisoformat(f"2026-11-{day}T{clock}:00+08:00").astimezone(UTC)


def at(asked: datetime, due: datetime, minutes: int = 120, who: Presence | None = None) -> datetime | None:
    return announce_at(asked, due, minutes, (who or Presence()).working(DESK.hours, asked, due, DAYS))


@pytest.mark.covers(197)
@pytest.mark.parametrize(
    ("asked", "due", "told"),
    [
        ((20, "10:00"), (20, "18:00"), (20, "16:00")),
        ((20, "10:00"), (21, "10:00"), (20, "20:00")),
        ((20, "10:00"), (21, "06:00"), (20, "19:00")),
        ((20, "22:00"), (21, "09:30"), (21, "09:00")),
    ],
)
def test_it_is_told_with_two_hours_of_work_left(
    asked: tuple[int, str], due: tuple[int, str], told: tuple[int, str]
) -> None:
    assert at(beijing(*asked), beijing(*due)) == beijing(*told)


def test_whoever_has_just_heard_of_it_is_not_told_again_before_it_is_due() -> None:
    assert at(beijing(20, "10:00"), beijing(20, "11:30")) is None
    assert at(beijing(20, "21:30"), beijing(21, "08:00")) is None
    assert at(beijing(20, "10:00"), beijing(20, "18:00"), minutes=0) is None


@pytest.mark.covers(197)
def test_whoever_has_a_shift_is_told_within_it() -> None:
    assert at(beijing(19, "10:00"), beijing(20, "18:00"), who=NIGHT) == beijing(20, "09:00")
    assert at(beijing(19, "10:00"), beijing(21, "10:00"), who=NIGHT) == beijing(20, "10:00")


MOMENTS = st.integers(0, 40 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


@given(MOMENTS, st.integers(1, 20 * 24 * 60), st.integers(1, 3000))
def test_it_is_told_between_asking_and_due_while_the_desk_is_staffed(
    asked: datetime, length: int, minutes: int
) -> None:
    due = asked + timedelta(minutes=length)
    told = at(asked, due, minutes)
    if told is not None:
        left = list(desk_spans(DESK.hours, told, due, DAYS))
        assert asked < told < due
        assert left[0][0] == told
        assert sum((b - a for a, b in left), timedelta()) <= timedelta(minutes=minutes)


@pytest.fixture
def world() -> World:
    return a_plain_case()


def waits(world: World) -> list[Due]:
    return [due for due in agenda(world.case) if due.action in SOON]


def pass_all(world: World) -> None:
    while waits(world):
        world.pass_to(waits(world)[0])


def told(world: World, kind: str) -> list[list[str]]:
    return [event.facts["told"] for event in world.case.unwritten if event.kind == kind]


@pytest.mark.covers(30, 197)
def test_a_promise_is_told_to_the_cases_agent_before_and_when_it_is_due_and_then_to_the_next_one_up(
    world: World,
) -> None:
    due = START + timedelta(days=1)
    assert world.step(ALICE, MakePromise(what=TEXT, due=due))
    pass_all(world)
    assert world.now < due
    assert told(world, "promise_soon") == [[world.case.assignee]]
    world.pass_to(next(one for one in agenda(world.case) if one.action is Action.PROMISE_DUE))
    assert told(world, "promise_due") == [[world.case.assignee]]
    assert world.case.clocks[EscalationKind.PROMISE_DUE].told == [Role.AGENT]


@pytest.mark.covers(57, 197)
def test_whoever_is_asked_to_investigate_hears_of_it_at_once_before_and_when_it_is_due(world: World) -> None:
    assert world.step(ALICE, OpenInvestigation(to="wu", question=TEXT, due=START + timedelta(days=1)))
    pass_all(world)
    world.pass_to(next(one for one in agenda(world.case) if one.action is Action.INVESTIGATION_DUE))
    heard = [told(world, f"investigation_{when}") for when in ("opened", "soon", "due")]
    assert heard == [[["wu"]]] * 3
    assert world.case.clocks[EscalationKind.INVESTIGATION].told == [Role.AGENT]


def test_each_announcement_has_words_of_its_own_in_what_is_sent_to_the_staff() -> None:
    policy = load_shipped("notices", NoticesPolicy)
    kinds = ("promise_soon", "promise_due", "investigation_asked", "investigation_soon", "investigation_due")
    assert len({policy.said(kind) for kind in kinds} - {policy.otherwise}) == len(kinds)


def test_whoever_asks_themselves_is_not_told_that_they_asked(world: World) -> None:
    assert world.step(ALICE, OpenInvestigation(to="alice", question=TEXT, due=START + timedelta(days=1)))
    assert told(world, "investigation_opened") == [[]]


def test_what_is_kept_is_not_announced(world: World) -> None:
    world.step(ALICE, MakePromise(what=TEXT, due=START + timedelta(days=1)))
    world.step(ALICE, KeepPromise(promise=1))
    assert not waits(world)


def test_after_a_hold_only_what_is_still_to_come_is_announced(world: World) -> None:
    world.step(ALICE, MakePromise(what=TEXT, due=START + timedelta(days=1)))
    world.step(ALICE, MakePromise(what=TEXT, due=START + timedelta(days=5)))
    world.step(ALICE, Hold(why=TEXT))
    assert not waits(world)
    world.now += timedelta(days=3)
    world.step(ALICE, Resume())
    pass_all(world)
    soon = [event.facts["promise"] for event in world.case.unwritten if event.kind == "promise_soon"]
    assert soon == [2]


def test_what_was_promised_before_there_were_announcements_is_told_when_it_is_due(world: World) -> None:
    world.step(ALICE, MakePromise(what=TEXT, due=START + timedelta(days=1)))
    world.case.agreements.promises[0].ahead = None
    assert not waits(world)


def test_nothing_to_reckon_means_nothing_before_it_is_due(world: World) -> None:
    world.step(ALICE, MakePromise(what=TEXT, due=START + timedelta(days=1)))
    announcing.reckoned(world.case, "promise 1", Announced(at=None))
    assert not waits(world)
