"""Shifts: who is at work when, across midnight, zones, leave and holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.calendar import CalendarDay, CalendarDays, DayKind
from domain.contact_terms import NoContactCode
from domain.errors import PolicyUnreadable
from domain.escalation import add_desk_time
from domain.policies.desk import Weekday
from domain.policies.documents import read_document
from domain.shifts import Presence, Shift, ShiftTerm, as_slots, desk_hours, differing_days, joint_hours, next_start
from tests.domain.contact_world import DAYS, at, planned, refused, slot

WEEK = [day.value for day in Weekday]
MONDAY = "2026-11-23 09:00"
LONG_AGO = date(2020, 1, 1)


def shift(opens: str, closes: str, days: list[str] = WEEK, **more: object) -> Shift:
    week = {day: [{"open": opens, "close": closes}] for day in days}
    return read_document(Shift, {"zone": "Asia/Shanghai", "week": week, **more})


def working(*terms: Shift, **more: object) -> Presence:
    return Presence(tuple(ShiftTerm(term, LONG_AGO) for term in terms), **more)  # type: ignore[arg-type]


def hours(presence: Presence, now: str = MONDAY) -> object:
    return joint_hours([presence], at(now), at(now) + timedelta(days=44), DAYS)


@pytest.mark.covers(195, 196)
def test_a_person_is_on_shift_in_the_hours_of_their_shift_only() -> None:
    early = working(shift("09:00", "15:00"))

    assert [early.on_shift(at(f"2026-11-23 {clock}"), DAYS) for clock in ("08:59", "09:00", "14:59", "15:00")] == [
        False, True, True, False,
    ]  # fmt: skip


def test_who_has_no_shift_works_whenever_the_desk_does() -> None:
    assert Presence().on_shift(at(MONDAY), DAYS)
    assert hours(Presence()) is None


def test_who_is_away_is_on_no_shift_until_they_are_back() -> None:
    away = working(shift("09:00", "18:00"), away_until=at("2026-11-24 12:00"))

    assert [away.on_shift(at(f"2026-11-{clock}"), DAYS) for clock in ("23 10:00", "24 11:59", "24 12:00")] == [
        False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "begins"),
    [("06:00", "09:00"), ("09:00", "12:00"), ("04:59", None), ("10:30", "12:00"), ("15:00", None)],
)
def test_the_next_to_begin_is_one_who_is_not_at_work_yet(now: str, begins: str | None) -> None:
    back = at("2026-11-23 12:00")
    people = [working(shift("09:00", "15:00")), Presence(), Presence(away_until=back), Presence(active=False)]
    found = next_start(people, at(f"2026-11-23 {now}"), timedelta(hours=4), DAYS)
    assert found == (at(f"2026-11-23 {begins}") if begins else None)


def test_who_has_left_is_never_there() -> None:
    assert not Presence(active=False).on_shift(at(MONDAY), DAYS)
    assert refused(MONDAY, agent=hours(Presence(active=False))).code is NoContactCode.AGENT_NEVER_THERE


def test_of_two_shifts_that_count_on_a_day_the_newer_decides() -> None:
    before = ShiftTerm(shift("09:00", "12:00"), LONG_AGO)
    since_tuesday = ShiftTerm(shift("18:00", "20:00"), date(2026, 11, 24), date(2026, 11, 24))
    person = Presence((before, since_tuesday))
    moments = ("23 10:00", "24 10:00", "24 19:00", "25 10:00", "25 19:00")

    assert [person.on_shift(at(f"2026-11-{moment}"), DAYS) for moment in moments] == [True, False, True, True, False]


@pytest.mark.covers(195)
def test_a_contact_falls_into_the_shift_of_its_agent() -> None:
    evenings = working(shift("17:00", "19:00", ["wednesday"]))

    assert slot(planned(MONDAY, agent=hours(evenings))) == ("2026-11-25", "19:00")


def test_a_contact_waits_until_its_agent_is_back() -> None:
    away = Presence(away_until=at("2026-11-25 00:00"))

    assert slot(planned(MONDAY, agent=hours(away)))[0] == "2026-11-25"


def test_a_night_shift_is_two_windows_that_meet_at_midnight() -> None:
    night = shift("20:00", "24:00")
    person = working(night)

    assert person.on_shift(at("2026-11-23 23:59"), DAYS)
    assert not person.on_shift(at("2026-11-24 00:00"), DAYS)


def test_a_shift_in_another_zone_is_kept_in_that_zone() -> None:
    week = {day: [{"open": "09:00", "close": "10:00"}] for day in WEEK}
    far = working(read_document(Shift, {"zone": "America/New_York", "week": week}))

    assert far.on_shift(datetime(2026, 11, 23, 14, 30, tzinfo=UTC), DAYS)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"zone": "Asia/Nowhere"}, "zone"),
        ({"week": {}}, "(document)"),
        ({"week": {"monday": [{"open": "18:00", "close": "09:00"}]}}, "week.monday.0"),
        ({"week": {"monday": [{"open": "9", "close": "10:00"}]}}, "week.monday.0.open"),
        ({"holidays": [{"open": "09:00", "close": "12:00"}, {"open": "11:00", "close": "13:00"}]}, "holidays"),
    ],
)
def test_a_shift_that_cannot_be_is_refused_by_its_field(change: dict[str, object], path: str) -> None:
    good = {"zone": "Asia/Shanghai", "week": {"monday": [{"open": "09:00", "close": "10:00"}]}}
    with pytest.raises(PolicyUnreadable) as refusal:
        read_document(Shift, good | change)

    assert [field["path"] for field in refusal.value.facts["fields"]] == [path]  # type: ignore[attr-defined]


# The calendar

OFFICE = shift("09:00", "18:00", WEEK[:5], holidays=[], makeup_workdays=[{"open": "10:00", "close": "16:00"}])


@pytest.mark.covers(195)
def test_holidays_and_makeup_workdays_follow_the_published_calendar_where_the_desk_says_so() -> None:
    # 1 October 2026 is a holiday; Saturday 10 October is worked in exchange.
    differing = differing_days(OFFICE, DAYS)

    assert differing[date(2026, 10, 1)] == ()
    assert [window.open for window in differing[date(2026, 10, 10)]] == ["10:00"]
    assert date(2026, 10, 9) not in differing


def test_an_escalation_does_not_count_the_hours_of_a_holiday() -> None:
    eve = at("2026-09-30 17:30")
    due = add_desk_time(eve, 60, OFFICE, differing_days(OFFICE, DAYS))

    assert due == at("2026-10-08 09:30")


def test_a_date_that_the_desk_names_itself_beats_the_calendar() -> None:
    open_anyway = {"2026-10-01": [{"open": "09:00", "close": "12:00"}]}
    desk = shift("09:00", "18:00", holidays=[], dates=open_anyway)

    assert date(2026, 10, 1) not in differing_days(desk, DAYS)
    assert add_desk_time(at("2026-09-30 17:30"), 60, desk, differing_days(desk, DAYS)) == at("2026-10-01 09:30")


def test_a_desk_that_does_not_ask_the_calendar_has_no_differing_days() -> None:
    assert not differing_days(shift("09:00", "18:00"), DAYS)


CLOCKS = st.sampled_from(["00:00", "06:30", "09:00", "12:00", "13:30", "18:00", "21:00", "24:00"])
WINDOWS = st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] < pair[1])
MINUTES = st.integers(0, 20 * 24 * 60)


@given(WINDOWS, st.lists(st.sampled_from(WEEK), min_size=1, unique=True), MINUTES)
@example(("00:00", "24:00"), list(WEEK), 0)
def test_on_shift_and_the_planners_hours_agree(window: tuple[str, str], days: list[str], after: int) -> None:
    person, start = working(shift(*window, days)), at("2026-11-21 00:00")
    moment = start + timedelta(minutes=after)
    slots = joint_hours([person], start, start + timedelta(days=44), DAYS)
    local = moment.astimezone(ZoneInfo(slots.zone if slots else "Asia/Shanghai"))
    # No hours are no limit: who works around the clock, every day, is always there.
    inside = slots is None or any(w.start <= local.time() < w.end for w in slots.on(DAYS.day(local.date())))
    last_minute = local.time().hour == 23 and local.time().minute == 59

    assert inside == person.on_shift(moment, DAYS) or last_minute


@given(st.lists(st.tuples(MINUTES, st.integers(1, 3000)), max_size=5))
def test_stretches_of_time_lose_nothing_when_they_are_cut_into_days(spans: list[tuple[int, int]]) -> None:
    start = at("2026-12-30 00:00")
    cut = as_slots((start + timedelta(minutes=a), start + timedelta(minutes=a + b)) for a, b in spans)
    minutes = sum(w.minutes_within(w.start, w.end) for windows in cut.dated.values() for w in windows)
    midnights = sum((a + b) // 1440 - a // 1440 for a, b in spans)

    assert minutes == sum(b for _, b in spans) - midnights


def test_the_desk_is_closed_on_a_day_without_windows() -> None:
    desk = desk_hours(OFFICE, at("2026-11-20 00:00"), at("2026-12-20 00:00"), DAYS)

    assert desk.on(CalendarDay(date=date(2026, 11, 22), kind=DayKind.WEEKEND)) == ()


def test_an_empty_calendar_is_answered_by_the_weekday() -> None:
    person = working(OFFICE)

    assert person.on_shift(at("2026-11-23 10:00"), CalendarDays())
    assert not person.on_shift(at("2026-11-22 10:00"), CalendarDays())


LEAVE = (at("2026-11-24 00:00"), at("2026-11-26 12:00"))


@pytest.mark.covers(195)
def test_who_is_on_leave_is_on_no_shift_while_it_lasts() -> None:
    person = working(shift("09:00", "18:00"), leaves=(LEAVE,))
    moments = ("23 10:00", "24 10:00", "25 10:00", "26 11:59", "26 12:00")
    assert [person.on_shift(at(f"2026-11-{clock}"), DAYS) for clock in moments] == [True, False, False, False, True]


def test_a_leave_counts_for_whoever_has_no_shift_too() -> None:
    person = Presence(leaves=(LEAVE,))
    assert list(person.at_work(at(MONDAY), at("2026-11-27 00:00"), DAYS)) == [
        (at(MONDAY), LEAVE[0]),
        (LEAVE[1], at("2026-11-27 00:00")),
    ]


def test_one_leave_after_the_other_is_one_absence() -> None:
    person = Presence(leaves=((LEAVE[1], at("2026-11-30 00:00")), LEAVE), away_until=at("2026-11-24 08:00"))
    assert person.back_at(at("2026-11-23 10:00")) == at("2026-11-30 00:00")
    assert person.back_at(at("2026-12-01 10:00")) == at("2026-12-01 10:00")


HOURS_OF_A_WEEK = st.integers(0, 24 * 7)
LEAVES = st.lists(st.tuples(HOURS_OF_A_WEEK, st.integers(1, 80)), max_size=4)


@given(LEAVES, HOURS_OF_A_WEEK, st.booleans())
def test_nobody_works_in_a_leave_and_everything_else_stays(
    leaves: list[tuple[int, int]], hour: int, has_shift: bool
) -> None:
    monday = at("2026-11-23 00:00")
    spans = tuple((monday + timedelta(hours=a), monday + timedelta(hours=a + n)) for a, n in leaves)
    terms = (shift("09:00", "18:00"),) if has_shift else ()
    moment = monday + timedelta(hours=hour, minutes=30)
    before, after = working(*terms), working(*terms, leaves=spans)
    off = any(start <= moment < end for start, end in spans)
    week = monday, monday + timedelta(days=8)
    there = [any(a <= moment < b for a, b in one.at_work(*week, DAYS)) for one in (before, after)]
    assert there[1] == (there[0] and not off)
    assert after.on_shift(moment, DAYS) == (before.on_shift(moment, DAYS) and not off)
