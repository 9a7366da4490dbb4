"""Which days are working days, days off and quiet days in mainland China.

Kinds come from a library that only an activity may ask; here live the shapes, and the rule for days it does not know.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class DayKind(StrEnum):
    """A make-up Saturday is a workday; a day off in lieu is a holiday."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"


class QuietRule(StrEnum):
    """Days on which a stranger's call is an affront."""

    SPRING_FESTIVAL_EVE = "spring_festival_eve"
    SPRING_FESTIVAL_DAY_1 = "spring_festival_day_1"
    SPRING_FESTIVAL_DAY_2 = "spring_festival_day_2"
    TOMB_SWEEPING_DAY = "tomb_sweeping_day"


class CalendarOverride(BaseModel):
    """A shop's or the State Council's word on one date; beats every other source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    kind: DayKind
    name: str | None = None


class QuietDays(BaseModel):
    """Days without outbound contact: rules, the lunar new year's dates they need, and a shop's own dates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[QuietRule, ...] = ()
    spring_festival: tuple[date, ...] = ()
    dates: tuple[date, ...] = ()

    def is_quiet(self, day: date) -> bool:
        return day in self.dates or any(rule in self.rules for rule in self.rules_met(day))

    def rules_met(self, day: date) -> tuple[QuietRule, ...]:
        """The feasts that fall on `day`, whether or not the policy keeps them quiet."""
        met = [rule for days, rule in _AROUND_SPRING_FESTIVAL if day - days in self.spring_festival]
        return (*met, QuietRule.TOMB_SWEEPING_DAY) if day == tomb_sweeping_day(day.year) else tuple(met)


_AROUND_SPRING_FESTIVAL = (
    (timedelta(days=-1), QuietRule.SPRING_FESTIVAL_EVE),
    (timedelta(), QuietRule.SPRING_FESTIVAL_DAY_1),
    (timedelta(days=1), QuietRule.SPRING_FESTIVAL_DAY_2),
)
# Fixed by the State Council's regulation on statutory holidays (2025 text); the lunar feasts besides
# Spring Festival are left to the library and to overrides.
_STATUTORY = {
    (1, 1): "New Year's Day",
    (5, 1): "Labour Day",
    (5, 2): "Labour Day",
    (10, 1): "National Day",
    (10, 2): "National Day",
    (10, 3): "National Day",
}


class CalendarDay(BaseModel):
    """One date; `certain` is false where make-up workdays and days in lieu are not published or not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    date: date
    kind: DayKind
    quiet: bool = False
    certain: bool = True
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CalendarDays:
    """The known days of a range; any other date is answered by the weekday rule, uncertain."""

    known: Mapping[date, CalendarDay] = field(default_factory=dict)
    quiet: QuietDays = field(default_factory=QuietDays)

    @classmethod
    def of(cls, days: Iterable[CalendarDay], quiet: QuietDays | None = None) -> "CalendarDays":
        return cls({day.date: day for day in days}, quiet or QuietDays())

    def day(self, day: date) -> CalendarDay:
        return self.known.get(day) or weekday_rule(day, self.quiet)


def tomb_sweeping_day(year: int) -> date:
    """The solar term Qingming by the usual approximation, right for 2000-2099."""
    short = year % 100
    return date(year, 4, int(short * 0.2422 + 4.81) - short // 4)


def weekday_rule(day: date, quiet: QuietDays) -> CalendarDay:
    """The answer for a year without a published calendar: fixed feasts, else Saturday and Sunday off."""
    name = _STATUTORY.get((day.month, day.day))
    if name is None and (met := quiet.rules_met(day)):
        name = "Tomb-sweeping Day" if QuietRule.TOMB_SWEEPING_DAY in met else "Spring Festival"
    weekend = DayKind.WEEKEND if day.weekday() >= 5 else DayKind.WORKDAY
    kind = DayKind.HOLIDAY if name else weekend
    return CalendarDay(date=day, kind=kind, quiet=quiet.is_quiet(day), certain=False, name=name)
