"""Windows of the day and the limits around them, as policy documents write them."""

from datetime import time
from typing import Self

from pydantic import field_serializer, model_serializer, model_validator

from domain.calendar import DayKind
from domain.contact_terms import AddressType, Channel
from domain.policies.documents import PolicyPart


class Window(PolicyPart):
    """A stretch of one day, written "12:00-13:00"; it may not cross midnight."""

    start: time
    end: time

    @model_validator(mode="before")
    @classmethod
    def _read_text(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        start, _, end = value.partition("-")
        try:
            return {"start": time.fromisoformat(start.strip()), "end": time.fromisoformat(end.strip())}
        except ValueError:
            raise ValueError(f'write a window as "12:00-13:00", not "{value}"') from None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("a window is in life time and carries no zone")
        if self.start >= self.end:
            raise ValueError(f"the window {self} ends before it starts; split it if it crosses midnight")
        return self

    @model_serializer
    def _write_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def minutes_within(self, start: time, end: time) -> int:
        """How many of its minutes lie between two times of the same day."""
        return minutes(min(self.end, end)) - minutes(max(self.start, start))


def minutes(moment: time) -> int:
    """Minutes since midnight."""
    return moment.hour * 60 + moment.minute


class DayWindows(PolicyPart):
    """Windows for each kind of day; an empty list means no contact on such days."""

    workday: tuple[Window, ...] = ()
    weekend: tuple[Window, ...] = ()
    holiday: tuple[Window, ...] = ()

    def on(self, kind: DayKind) -> tuple[Window, ...]:
        match kind:
            case DayKind.WORKDAY:
                return self.workday
            case DayKind.WEEKEND:
                return self.weekend
            case DayKind.HOLIDAY:
                return self.holiday

    def every(self) -> tuple[Window, ...]:
        return (*self.workday, *self.weekend, *self.holiday)


class PlaceHours(DayWindows):
    """When people of one place or work can be reached, in life time.

    A row without windows borrows those of `same_as`. `after_misses` replaces the day's windows once as many attempts
    failed as the policy's `rotate_after_misses`.
    """

    same_as: AddressType | None = None
    after_misses: tuple[Window, ...] = ()
    first_channel: Channel | None = None
    note: str = ""

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        if not self.every() and self.same_as is None:
            raise ValueError("give windows for at least one kind of day, or same_as")
        return self


class HardLimit(PolicyPart):
    """The outermost hours of one channel: the buyer's life time, and an upper bound in Beijing time."""

    life_not_before: time
    life_not_after: time
    beijing_not_after: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.life_not_before >= self.life_not_after:
            raise ValueError("life_not_before must be earlier than life_not_after")
        return self

    @field_serializer("life_not_before", "life_not_after", "beijing_not_after")
    def _write_text(self, moment: time) -> str:
        return f"{moment:%H:%M}"
