"""The published calendar of mainland China, the one place that asks the calendar library."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import chinese_calendar

from domain.calendar import CalendarDay, CalendarDays, CalendarOverride, DayKind, QuietDays, weekday_rule
from domain.policies.contact import ContactPolicy, shipped_contact_policy

# A case's month, and a day on either side for zones.
AHEAD = timedelta(days=45)


def calendar_days(
    start: date, end: date, overrides: Sequence[CalendarOverride] = (), quiet: QuietDays | None = None
) -> CalendarDays:
    """Every day from `start` to `end`, both included. An override beats the library; a year that the library does not
    know is answered by the weekday rule, uncertain. `quiet` defaults to the shipped policy's quiet days."""
    rules = quiet or shipped_contact_policy().calendar.quiet
    own = {override.date: override for override in overrides}
    count = (end - start).days + 1
    days = (start + timedelta(days=step) for step in range(count))
    return CalendarDays.of((_day(day, own.get(day), rules) for day in days), rules)


def calendar_around(now: datetime, policy: ContactPolicy) -> CalendarDays:
    """The days that one case may need to know, from yesterday on."""
    start = (now - timedelta(days=1)).astimezone(UTC).date()
    return _month(start, policy.calendar.overrides, policy.calendar.quiet)


@lru_cache(maxsize=64)
def _month(start: date, overrides: tuple[CalendarOverride, ...], quiet: QuietDays) -> CalendarDays:
    """Kept, because the library takes milliseconds and every contact planned today asks for the same days."""
    return calendar_days(start, start + AHEAD, overrides, quiet)


def _day(day: date, override: CalendarOverride | None, quiet: QuietDays) -> CalendarDay:
    if override:
        return CalendarDay(date=day, kind=override.kind, quiet=quiet.is_quiet(day), name=override.name)
    try:
        works = chinese_calendar.is_workday(day)
        _, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return weekday_rule(day, quiet)
    kind = DayKind.WORKDAY if works else DayKind.HOLIDAY if name else DayKind.WEEKEND
    return CalendarDay(date=day, kind=kind, quiet=quiet.is_quiet(day), name=name)
