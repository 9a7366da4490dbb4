"""The published calendar of mainland China, the one place that asks the calendar library."""

from collections.abc import Sequence
from datetime import date, timedelta

import chinese_calendar

from domain.calendar import CalendarDay, CalendarDays, CalendarOverride, DayKind, QuietDays, weekday_rule
from domain.policies.contact import shipped_contact_policy


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
