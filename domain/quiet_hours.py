"""Quiet hours of a person: stretches of their day in which no channel makes a sound."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

_DAY = timedelta(days=1)
_MINUTES = 24 * 60
# Somebody who is never to be told anything has no use for channels.
LEAST_OPEN_MINUTES = 60


def _plain(given: time) -> time:
    if given.tzinfo is not None or given.second or given.microsecond:
        raise ValueError("write it as HH:MM, without a zone")
    return given


def _known(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError("must be a name of the tz database, like Asia/Shanghai")
    return zone


# HH:MM on the wire: the format `time` of a schema would be a moment with its offset.
ClockTime = Annotated[
    time,
    AfterValidator(_plain),
    PlainSerializer(lambda moment: f"{moment:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["22:00"]}),
]
ZoneName = Annotated[str, AfterValidator(_known)]


class QuietWindow(BaseModel):
    """From `start` to `end` in the person's zone; an end that is not later is of the next day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def not_empty(self) -> "QuietWindow":
        if self.start == self.end:
            raise ValueError("start and end must differ")
        return self

    def minutes(self) -> frozenset[int]:
        start, end = (moment.hour * 60 + moment.minute for moment in (self.start, self.end))
        return frozenset(minute % _MINUTES for minute in range(start, end if end > start else end + _MINUTES))


class QuietHours(BaseModel):
    """All windows of a day together leave at least an hour open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: ZoneName = "Asia/Shanghai"
    windows: tuple[QuietWindow, ...] = Field(default=(), max_length=6)

    @model_validator(mode="after")
    def some_time_is_open(self) -> "QuietHours":
        quiet = frozenset[int]().union(*(window.minutes() for window in self.windows))
        if _MINUTES - len(quiet) < LEAST_OPEN_MINUTES:
            raise ValueError("quiet hours must leave at least an hour of the day open")
        return self


def heard_at(quiet: QuietHours, now: datetime) -> datetime:
    """`now` (aware) outside of quiet hours, else the moment (UTC) at which they end."""
    moment = now.astimezone(UTC)
    # Each round leaves at least one window behind; more windows than there are can't follow one another.
    for _ in range(len(quiet.windows) * 3 + 1):
        ends = [end for start, end in _stretches(quiet.windows, quiet.zone, moment) if start <= moment < end]
        if not ends:
            break
        moment = max(ends)
    return moment


def _stretches(windows: Sequence[QuietWindow], zone: str, around: datetime) -> Iterator[tuple[datetime, datetime]]:
    """As they lie on the days around a moment. Where the clocks change, a window is as long as that day makes it."""
    place = ZoneInfo(zone)
    today = around.astimezone(place).date()
    for day in (today - _DAY, today, today + _DAY):
        for window in windows:
            last = day if window.end > window.start else day + _DAY
            start, end = datetime.combine(day, window.start, place), datetime.combine(last, window.end, place)
            yield start.astimezone(UTC), end.astimezone(UTC)
