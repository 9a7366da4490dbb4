"""The published calendar, its end, and the overrides above it."""

from datetime import date

import pytest

from activities.holidays import calendar_days
from domain.calendar import CalendarOverride, DayKind, QuietDays

DAYS = calendar_days(date(2026, 1, 1), date(2028, 12, 31))


@pytest.mark.covers(195)
@pytest.mark.parametrize("day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_a_make_up_day_is_a_workday(day: str) -> None:
    found = DAYS.day(date.fromisoformat(day))

    assert (found.kind, found.certain) == (DayKind.WORKDAY, True)


@pytest.mark.covers(195)
@pytest.mark.parametrize(
    ("day", "kind", "quiet"),
    [
        ("2026-02-16", DayKind.HOLIDAY, True),
        ("2026-02-17", DayKind.HOLIDAY, True),
        ("2026-02-18", DayKind.HOLIDAY, True),
        ("2026-02-19", DayKind.HOLIDAY, False),
        ("2026-02-23", DayKind.HOLIDAY, False),
        ("2026-04-05", DayKind.HOLIDAY, True),
        ("2026-11-21", DayKind.WEEKEND, False),
        ("2026-11-23", DayKind.WORKDAY, False),
        ("2026-10-01", DayKind.HOLIDAY, False),
    ],
)
def test_a_published_day_is_what_the_state_council_says(day: str, kind: DayKind, quiet: bool) -> None:
    found = DAYS.day(date.fromisoformat(day))

    assert (found.kind, found.quiet) == (kind, quiet)


def test_the_turn_of_the_year_leaves_the_published_calendar() -> None:
    assert [DAYS.day(day).certain for day in (date(2026, 12, 31), date(2027, 1, 1))] == [True, False]


def test_spring_festival_is_quiet_even_in_a_year_nobody_published() -> None:
    assert [DAYS.day(date(2027, 2, day)).quiet for day in (4, 5, 6, 7, 8)] == [False, True, True, True, False]


def test_a_leap_day_is_a_day() -> None:
    assert DAYS.day(date(2028, 2, 29)).kind is DayKind.WORKDAY


@pytest.mark.covers(195)
def test_an_override_beats_the_published_calendar() -> None:
    own = CalendarOverride(date=date(2026, 11, 23), kind=DayKind.HOLIDAY, name="stocktaking")

    assert calendar_days(own.date, own.date, [own]).day(own.date).name == "stocktaking"


def test_an_override_makes_an_unpublished_day_certain() -> None:
    own = CalendarOverride(date=date(2027, 2, 20), kind=DayKind.WORKDAY, name="make-up for Spring Festival")

    assert calendar_days(own.date, own.date, [own]).day(own.date).certain


def test_a_shop_without_quiet_days_has_none() -> None:
    day = date(2026, 2, 17)

    assert not calendar_days(day, day, (), QuietDays()).day(day).quiet


def test_an_empty_range_answers_by_the_weekday_rule() -> None:
    assert not calendar_days(date(2026, 5, 2), date(2026, 5, 1)).day(date(2026, 5, 1)).certain
