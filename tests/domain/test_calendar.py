"""Days that no calendar has published, and quiet days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import CalendarDay, CalendarDays, DayKind, QuietDays, tomb_sweeping_day, weekday_rule
from tests.domain.contact_world import POLICY

QUIET = POLICY.calendar.quiet
YEARS = st.dates(date(2024, 1, 1), date(2040, 12, 31))


@pytest.mark.covers(195)
@pytest.mark.parametrize("day", ["2027-02-05", "2027-02-06", "2027-02-07", "2027-04-05", "2026-02-16", "2028-04-04"])
def test_spring_festival_and_tomb_sweeping_are_quiet(day: str) -> None:
    assert QUIET.is_quiet(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2027-02-04", "2027-02-08", "2027-04-04", "2026-10-01"])
def test_the_days_around_them_are_not(day: str) -> None:
    assert not QUIET.is_quiet(date.fromisoformat(day))


def test_a_shop_may_name_quiet_days_of_its_own() -> None:
    assert QuietDays(dates=(date(2026, 12, 13),)).is_quiet(date(2026, 12, 13))


@pytest.mark.covers(195)
@pytest.mark.parametrize(
    ("day", "kind"),
    [
        ("2027-01-01", DayKind.HOLIDAY),
        ("2027-02-05", DayKind.HOLIDAY),
        ("2027-02-20", DayKind.WEEKEND),
        ("2027-02-22", DayKind.WORKDAY),
        ("2028-02-29", DayKind.WORKDAY),
        ("2027-10-03", DayKind.HOLIDAY),
    ],
)
def test_an_unpublished_year_follows_weekdays_and_fixed_feasts(day: str, kind: DayKind) -> None:
    assert weekday_rule(date.fromisoformat(day), QUIET).kind is kind


@given(YEARS)
def test_an_absent_day_is_answered_but_never_certain(day: date) -> None:
    answer = CalendarDays().day(day)

    assert (answer.date, answer.certain) == (day, False)


@given(YEARS)
def test_a_known_day_is_answered_as_it_is_known(day: date) -> None:
    known = CalendarDay(date=day, kind=DayKind.HOLIDAY, name="anniversary")

    assert CalendarDays.of([known]).day(day) == known


@given(st.integers(2000, 2099))
def test_tomb_sweeping_day_falls_on_the_third_to_the_sixth_of_april(year: int) -> None:
    assert date(year, 4, 3) <= tomb_sweeping_day(year) <= date(year, 4, 6)


@pytest.mark.parametrize("first", QUIET.spring_festival, ids=str)
def test_the_lunar_years_of_the_policy_are_twelve_or_thirteen_moons_apart(first: date) -> None:
    later = [day for day in QUIET.spring_festival if day > first]

    assert not later or min(later) - first in {timedelta(days=days) for days in (353, 354, 355, 383, 384, 385)}
