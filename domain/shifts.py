"""Who is at the desk when: a person's shift, and the desk's hours as planning a contact reads them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain import contact_slots
from domain.calendar import CalendarDays
from domain.life_zones import BEIJING
from domain.policies.desk import DeskHours, DeskWindow
from domain.policies.hours import DayWindows, Window

type Span = tuple[datetime, datetime]

_DAY = timedelta(days=1)
# A window of a day has no 24:00; nobody is called in the last minute before midnight anyway.
_LAST = time(23, 59)


class Shift(DeskHours):
    """When one person works: the same shape as the desk's hours, and checked alike."""


@dataclass(frozen=True, slots=True)
class ShiftTerm:
    """A shift and the days on which it counts, in its own zone, both included; without an end it stays."""

    shift: Shift
    valid_from: date
    valid_until: date | None = None

    def counts_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Presence:
    """What the office knows of one person's time. Without any term they work whenever the desk does; in a leave they
    don't, whatever their shift."""

    terms: tuple[ShiftTerm, ...] = ()
    away_until: datetime | None = None
    active: bool = True
    leaves: tuple[Span, ...] = ()

    def on_shift(self, now: datetime, days: CalendarDays) -> bool:
        """Whether the person is at work at this moment."""
        if not self.active or self.back_at(now) > now:
            return False
        return not self.terms or any(start <= now < end for start, end in self.spans(now - _DAY, now + _DAY, days))

    def back_at(self, now: datetime) -> datetime:
        """The first moment from now on at which they are neither away nor on leave."""
        back = max(now, self.away_until or now)
        for start, end in sorted(self.leaves):
            if start <= back < end:
                back = end
        return back

    def spans(self, start: datetime, end: datetime, days: CalendarDays) -> Iterator[Span]:
        """Their stretches of work between two moments; the newest term that counts on a day decides it."""
        yield from without(self.leaves, self._shifts(start, end, days))

    def _shifts(self, start: datetime, end: datetime, days: CalendarDays) -> Iterator[Span]:
        newest = sorted(self.terms, key=lambda term: term.valid_from, reverse=True)
        back = max(start, self.away_until) if self.away_until else start
        for number, term in enumerate(newest):
            for day in _dates(back, end, term.shift.zone):
                if term.counts_on(day) and not any(newer.counts_on(day) for newer in newest[:number]):
                    yield from _cut(_windows(term.shift, day, days), back, end)

    def working(self, desk: DeskHours, start: datetime, end: datetime, days: CalendarDays) -> Iterator[Span]:
        """Their stretches of work in order; without any term those of the desk."""
        if self.terms:
            yield from sorted(self.spans(start, end, days))
        else:
            yield from without(self.leaves, desk_spans(desk, start, end, days))

    def at_work(self, start: datetime, end: datetime, days: CalendarDays) -> Iterator[Span]:
        """When this person can make a contact between two moments; without any term that is all the time."""
        if self.active and self.terms:
            yield from self.spans(start, end, days)
        elif self.active:
            back = max(start, self.away_until) if self.away_until else start
            yield from without(self.leaves, [(back, end)] if back < end else [])


def next_start(people: Iterable[Presence], now: datetime, within: timedelta, days: CalendarDays) -> datetime | None:
    """When the next of them who is not at work begins, if that is within a time from now."""
    off = (one for one in people if not one.on_shift(now, days))
    starts = (start for one in off for start, _ in one.at_work(now, now + within, days) if start > now)
    return min(starts, default=None)


def without(leaves: Collection[Span], spans: Iterable[Span]) -> Iterator[Span]:
    """What is left of stretches of work outside of the leaves."""
    for whole in spans:
        left = [whole]
        for begins, ends in leaves:
            left = [part for span in left for part in ((span[0], min(span[1], begins)), (max(span[0], ends), span[1]))]
            left = [(opens, closes) for opens, closes in left if opens < closes]
        yield from left


@dataclass(frozen=True, slots=True)
class Hand:
    """An agent and how many shops they are an agent of: each shop can count on an equal part of them."""

    presence: Presence
    shops: int = 1


type Staffed = tuple[tuple[datetime, datetime, float], ...]


def staffed(hands: Iterable[Hand], start: datetime, end: datetime, days: CalendarDays) -> Staffed:
    """From when to when how much of an agent is at work between two moments, one entry for each stretch of each."""
    return tuple(
        (opens, closes, 1 / hand.shops) for hand in hands for opens, closes in hand.presence.at_work(start, end, days)
    )


def hands_at(moment: datetime, stretches: Staffed) -> float:
    """How many agents are at work at a moment."""
    return sum(part for opens, closes, part in stretches if opens <= moment < closes)


def joint_hours(
    people: Collection[Presence], start: datetime, end: datetime, days: CalendarDays
) -> contact_slots.DeskHours | None:
    """The hours in which at least one of them is at work; None where nothing is known against any hour."""
    stretches = _merged(span for one in people for span in one.at_work(start, end, days))
    return None if not people or stretches == [(start, end)] else as_slots(stretches)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for opens, closes in sorted(spans):
        if merged and opens <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], closes)
        else:
            merged.append((opens, closes))
    return merged


def desk_hours(hours: DeskHours, start: datetime, end: datetime, days: CalendarDays) -> contact_slots.DeskHours:
    """The desk's hours between two moments, as the search for slots reads them."""
    return as_slots(desk_spans(hours, start, end, days))


def desk_spans(hours: DeskHours, start: datetime, end: datetime, days: CalendarDays) -> Iterator[Span]:
    """The stretches in which the desk is staffed between two moments, in order."""
    dates = _dates(start, end, hours.zone)
    return (span for day in dates for span in _cut(_windows(hours, day, days), start, end))


def is_open(hours: DeskHours, now: datetime, days: CalendarDays) -> bool:
    """Whether the desk is staffed at this moment."""
    dates = _dates(now, now, hours.zone)
    return any(opens <= now < closes for day in dates for opens, closes in _windows(hours, day, days))


def differing_days(hours: DeskHours, days: CalendarDays) -> Mapping[date, Sequence[DeskWindow]]:
    """The known days on which the calendar gives the desk other windows than its week does."""
    if not hours.asks_the_calendar:
        return {}
    found = {day.date: hours.windows_on(day) for day in days.known.values()}
    return {day: windows for day, windows in found.items() if windows != hours.windows(day)}


def as_slots(spans: Iterable[Span]) -> contact_slots.DeskHours:
    """Stretches of time as windows of Beijing days; on a day without one nobody is there."""
    dated: defaultdict[date, tuple[Window, ...]] = defaultdict(tuple)
    for span in sorted(spans):
        for day, window in _by_days(span):
            dated[day] += (window,)
    return contact_slots.DeskHours(windows=DayWindows(), zone=BEIJING.key, dated=dict(dated))


def _by_days(span: Span) -> Iterator[tuple[date, Window]]:
    start, end = (moment.astimezone(BEIJING) for moment in span)
    for day in (start.date() + n * _DAY for n in range((end.date() - start.date()).days + 1)):
        opens = start.time() if day == start.date() else time(0)
        closes = end.time() if day == end.date() else _LAST
        if opens < closes:
            # Known to be in order; thousands a second are made, so they are not checked once more.
            yield day, Window.model_construct(start=opens, end=closes)


def _dates(start: datetime, end: datetime, zone: str) -> Iterator[date]:
    first, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (start, end))
    return (first + n * _DAY for n in range((last - first).days + 1))


def _windows(hours: DeskHours, day: date, days: CalendarDays) -> Iterator[Span]:
    for window in hours.windows_on(days.day(day)):
        opens, closes = window.on(day, ZoneInfo(hours.zone))
        yield opens.astimezone(UTC), closes.astimezone(UTC)


def _cut(spans: Iterable[Span], start: datetime, end: datetime) -> Iterator[Span]:
    return ((max(a, start), min(b, end)) for a, b in spans if max(a, start) < min(b, end))
