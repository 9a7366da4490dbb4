"""Slots: the stretches of real time that windows, hard limits, desk and quiet days leave open."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.calendar import CalendarDay, CalendarDays
from domain.contact_caps import hard_hours
from domain.contact_terms import Channel
from domain.life_zones import LifeZone, instant, life_midnight
from domain.policies.contact import ContactPolicy
from domain.policies.hours import DayWindows, Window

# No case's month is longer; it bounds the search where a caller passes an end in the far future.
HORIZON = timedelta(days=200)

type Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskHours:
    """When somebody is at the desk: windows by kind of day in the desk's zone; `dated` beats them for single dates."""

    windows: DayWindows
    zone: str = "Asia/Shanghai"
    dated: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)

    def on(self, day: CalendarDay) -> tuple[Window, ...]:
        return self.dated.get(day.date, self.windows.on(day.kind))


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch in which a contact may start, as UTC, with the day of the buyer's life it lies in."""

    start: datetime
    end: datetime
    day: CalendarDay
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class SlotSearch:
    """Finds slots for one channel between two moments (UTC), each at least the policy's start margin long."""

    channel: Channel
    earliest: datetime
    latest: datetime
    zone: LifeZone
    policy: ContactPolicy
    days: CalendarDays
    desks: tuple[DeskHours, ...] = ()
    # What each day leaves open, kept because every basis asks for the same days again.
    seen: dict[tuple[date, bool], list[Span]] = field(default_factory=dict)

    def first(self, windows_on: Callable[[CalendarDay], tuple[Window, ...]], *, lifted: bool = False) -> Slot | None:
        """The earliest slot inside the windows; `lifted` puts a written request above the hard limits."""
        for day in self._life_days():
            windows = () if day.quiet else windows_on(day)
            if windows and (slot := self._on(day, windows, lifted)):
                return slot
        return None

    def between(self, start: datetime, end: datetime) -> Slot | None:
        """The slot that begins at `start` at the earliest and ends by `end`, on the life day of `start`."""
        begins, ends = max(start.astimezone(UTC), self.earliest), min(end.astimezone(UTC), self.latest)
        day = self.days.day(begins.astimezone(self.zone.tz).date())
        spans = [] if day.quiet else self._open(day, lifted=False)
        return self._longest_enough(((max(begins, a), min(ends, b)) for a, b in spans), day)

    def _life_days(self) -> Iterator[CalendarDay]:
        today = self.earliest.astimezone(self.zone.tz).date()
        last = min(self.latest, self.earliest + HORIZON).astimezone(self.zone.tz).date()
        for step in range((last - today).days + 1):
            yield self.days.day(today + timedelta(days=step))

    def _on(self, day: CalendarDay, windows: tuple[Window, ...], lifted: bool) -> Slot | None:
        spans = self._open(day, lifted)
        if not spans:
            return None
        slots = []
        for window in windows:
            opens, closes = _span(day.date, window, self.zone.tz)
            cuts = ((max(a, opens, self.earliest), min(b, closes, self.latest)) for a, b in spans)
            slots += [slot] if (slot := self._longest_enough(cuts, day, window)) else []
        return min(slots, key=lambda slot: slot.start, default=None)

    def _longest_enough(self, spans: Iterator[Span], day: CalendarDay, window: Window | None = None) -> Slot | None:
        margin = timedelta(minutes=max(self.policy.hard_limits.last_start_margin_minutes, 1))
        first = min((span for span in spans if span[1] - span[0] >= margin), default=None)
        return Slot(*first, day, window) if first else None

    def _open(self, day: CalendarDay, lifted: bool) -> list[Span]:
        key = (day.date, lifted)
        if key not in self.seen:
            self.seen[key] = self._attended_hours(self._hours(day.date, lifted))
        return self.seen[key]

    def _hours(self, day: date, lifted: bool) -> Span:
        if lifted:
            return life_midnight(day, self.zone), life_midnight(day + timedelta(days=1), self.zone)
        return hard_hours(day, self.channel, self.zone, self.policy)

    def _attended_hours(self, hours: Span) -> list[Span]:
        spans = [hours] if hours[0] < hours[1] else []
        for desk in self.desks:
            attended = list(self._attended(desk, hours))
            spans = [(max(a, c), min(b, d)) for a, b in spans for c, d in attended if max(a, c) < min(b, d)]
        return spans

    def _attended(self, desk: DeskHours, hours: Span) -> Iterator[Span]:
        zone = ZoneInfo(desk.zone)
        first, last = (moment.astimezone(zone).date() for moment in hours)
        for step in range((last - first).days + 1):
            date_there = first + timedelta(days=step)
            for window in desk.on(self.days.day(date_there)):
                yield _span(date_there, window, zone)


def _span(day: date, window: Window, zone: ZoneInfo) -> Span:
    return instant(day, window.start, zone), instant(day, window.end, zone)
