from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import PolicyUnreadable
from domain.escalation import (
    DeskHours,
    DeskNeverOpens,
    Escalation,
    EscalationKind,
    add_desk_time,
    escalation_due,
    next_escalation,
    targets,
)
from domain.people import Role
from domain.policies.desk import DeskPolicy, DeskWindow, Weekday
from domain.policies.documents import load_shipped, read_document

POLICY = load_shipped("desk", DeskPolicy)
DAYS = [day.value for day in Weekday]
SPLIT = [{"open": "09:00", "close": "12:00"}, {"open": "13:30", "close": "18:00"}]
OFFICE = read_document(DeskHours, {"zone": "Asia/Shanghai", "week": dict.fromkeys(DAYS[:5], SPLIT)})
NIGHT = {"zone": "America/New_York", "week": {day: [{"open": "00:00", "close": "24:00"}] for day in DAYS}}
ROUND_THE_CLOCK = read_document(DeskHours, NIGHT)
DESKS = st.sampled_from([OFFICE, POLICY.hours, ROUND_THE_CLOCK])
MOMENTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
MINUTES = st.integers(0, 5000)


def shanghai(day: int, clock: str) -> datetime:
    """A moment of November 2026 in Shanghai; the 20th is a Friday."""
    return datetime.fromisoformat(f"2026-11-{day:02d}T{clock}:00+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ((20, "10:00"), 60, (20, "11:00")),
        ((20, "11:30"), 60, (20, "14:00")),
        ((20, "12:30"), 30, (20, "14:00")),
        ((20, "17:30"), 60, (23, "09:30")),
        ((21, "10:00"), 0, (23, "09:00")),
        ((20, "17:00"), 60, (20, "18:00")),
        ((20, "18:00"), 0, (23, "09:00")),
    ],
)
def test_desk_time_passes_only_while_the_desk_is_staffed(
    start: tuple[int, str], minutes: int, end: tuple[int, str]
) -> None:
    assert add_desk_time(shanghai(*start), minutes, OFFICE) == shanghai(*end)


def test_a_holiday_passes_no_desk_time() -> None:
    assert add_desk_time(shanghai(20, "17:30"), 60, OFFICE, {date(2026, 11, 23): []}) == shanghai(24, "09:30")


def test_a_make_up_workday_is_staffed() -> None:
    saturday = {date(2026, 11, 21): [DeskWindow(open="09:00", close="12:00")]}

    assert add_desk_time(shanghai(20, "17:30"), 60, OFFICE, saturday) == shanghai(21, "09:30")


def test_a_desk_that_closes_for_good_is_refused() -> None:
    closed: dict[date, list[DeskWindow]] = {date(2026, 11, 20) + timedelta(days=one): [] for one in range(401)}

    with pytest.raises(DeskNeverOpens):
        add_desk_time(shanghai(20, "10:00"), 1, OFFICE, closed)


def test_an_hour_that_the_clock_skips_does_not_count() -> None:
    before = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)

    assert add_desk_time(before, 120, ROUND_THE_CLOCK) == before + timedelta(minutes=120)


@given(MOMENTS, MINUTES, MINUTES, DESKS)
def test_more_desk_time_ends_no_earlier(start: datetime, less: int, more: int, desk: DeskHours) -> None:
    less, more = sorted((less, more))

    assert add_desk_time(start, less, desk) <= add_desk_time(start, more, desk)


@given(MOMENTS, MOMENTS, MINUTES, DESKS)
def test_a_later_start_ends_no_earlier(one: datetime, other: datetime, minutes: int, desk: DeskHours) -> None:
    earlier, later = sorted((one, other))

    assert add_desk_time(earlier, minutes, desk) <= add_desk_time(later, minutes, desk)


@given(MOMENTS, MINUTES, MINUTES, DESKS)
def test_desk_time_adds_up(start: datetime, first: int, second: int, desk: DeskHours) -> None:
    halfway = add_desk_time(start, first, desk)

    assert add_desk_time(halfway, second + 1, desk) == add_desk_time(start, first + second + 1, desk)


@given(MOMENTS, MINUTES, DESKS)
def test_desk_time_is_never_shorter_than_the_clock(start: datetime, minutes: int, desk: DeskHours) -> None:
    assert add_desk_time(start, minutes, desk) - start >= timedelta(minutes=minutes)


@given(MOMENTS, st.integers(1, 1000))
def test_a_desk_round_the_clock_is_the_clock(start: datetime, minutes: int) -> None:
    assert add_desk_time(start, minutes, ROUND_THE_CLOCK) == start + timedelta(minutes=minutes)


@pytest.mark.covers(5)
@pytest.mark.parametrize(("severity", "minutes"), [(1, 240), (2, 120), (3, 30), (4, 15)])
def test_the_severer_the_case_the_sooner_the_first_contact(severity: int, minutes: int) -> None:
    since = shanghai(20, "10:00")

    due = escalation_due(EscalationKind.NOT_CONTACTED, since, severity, 0, POLICY.hours, POLICY)

    assert due == since + timedelta(minutes=minutes)


@pytest.mark.covers(7, 197)
def test_an_escalation_climbs_and_tells_each_once() -> None:
    told: list[Role] = []
    since, due = shanghai(20, "10:00"), []
    while step := next_escalation(EscalationKind.NOT_CONTACTED, since, 2, told, POLICY):
        told.append(step.target)
        due.append(step.at)

    assert told == [Role.AGENT, Role.LEAD, Role.SUPERVISOR]
    assert due == sorted(due)


def test_a_dangerous_case_goes_straight_to_the_supervisor() -> None:
    assert targets(EscalationKind.NOT_CONTACTED, 4, POLICY) == (Role.SUPERVISOR,)


def test_a_ladder_without_the_severe_start_is_climbed_whole() -> None:
    assert targets(EscalationKind.DECISION_WAITING, 3, POLICY) == (Role.SUPERVISOR,)


def test_an_unassigned_case_is_first_told_to_the_lead() -> None:
    first = next_escalation(EscalationKind.UNASSIGNED, shanghai(20, "10:00"), 1, [], POLICY)

    assert first == Escalation(EscalationKind.UNASSIGNED, shanghai(20, "11:00"), Role.LEAD)


def test_desk_hours_are_read_by_themselves_too() -> None:
    with pytest.raises(PolicyUnreadable, match="week"):
        read_document(DeskHours, {"zone": "Asia/Shanghai"})
