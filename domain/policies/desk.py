"""The desk's hours, and when an undone thing climbs to whom."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from domain.calendar import CalendarDay, DayKind
from domain.people import Role
from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class EscalationKind(StrEnum):
    """What was left undone."""

    UNASSIGNED = "unassigned"
    NOT_CONTACTED = "not_contacted"
    CONTACT_MISSED = "contact_missed"
    STALE = "stale"
    APPROVAL_WAITING = "approval_waiting"
    DECISION_WAITING = "decision_waiting"
    REPLY_WAITING = "reply_waiting"
    PAYOUT_STUCK = "payout_stuck"
    ASKED = "asked"
    PROMISE_DUE = "promise_due"
    INVESTIGATION = "investigation"
    DECISION_ASKED = "decision_asked"
    FULFILMENT_WAITING = "fulfilment_waiting"
    BUYER_WROTE = "buyer_wrote"
    GOODS_WAITING = "goods_waiting"
    REFUND_WAITING = "refund_waiting"
    CLAIM_WAITING = "claim_waiting"
    COUNTER_CLAIM = "counter_claim"
    QUESTION_ASKED = "question_asked"


# Documents from before these kinds use the rule of an older one.
_ADDED_LATER = {
    EscalationKind.PROMISE_DUE: EscalationKind.CONTACT_MISSED,
    EscalationKind.INVESTIGATION: EscalationKind.CONTACT_MISSED,
    EscalationKind.DECISION_ASKED: EscalationKind.APPROVAL_WAITING,
    EscalationKind.FULFILMENT_WAITING: EscalationKind.APPROVAL_WAITING,
    EscalationKind.BUYER_WROTE: EscalationKind.CONTACT_MISSED,
    EscalationKind.GOODS_WAITING: EscalationKind.DECISION_WAITING,
    EscalationKind.REFUND_WAITING: EscalationKind.PAYOUT_STUCK,
    EscalationKind.CLAIM_WAITING: EscalationKind.DECISION_WAITING,
    EscalationKind.COUNTER_CLAIM: EscalationKind.DECISION_WAITING,
    EscalationKind.QUESTION_ASKED: EscalationKind.DECISION_WAITING,
}


class DeskWindow(PolicyPart):
    """Local wall-clock times "HH:MM"; a window ends at 24:00 at the latest, a night shift is two windows."""

    open: str
    close: str

    @field_validator("open", "close")
    @classmethod
    def _a_clock_time(cls, text: str) -> str:
        if not _CLOCK.fullmatch(text):
            raise ValueError(f'"{text}" is not a time of day; write it like "09:00"')
        return text

    @model_validator(mode="after")
    def _opens_first(self) -> Self:
        if self.open >= self.close:
            raise ValueError(f"opens at {self.open} and closes at {self.close}; split a night shift at 24:00")
        return self

    def on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        return _at(day, self.open, zone), _at(day, self.close, zone)


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    if clock == "24:00":
        return datetime.combine(day + timedelta(days=1), time(0), zone)
    return datetime.combine(day, time.fromisoformat(clock), zone)


class DeskHours(PolicyPart):
    """When the desk is staffed. A weekday without windows is closed; `dates` are the days that differ from the week.

    `holidays` and `makeup_workdays` (Saturdays and Sundays that are worked in exchange) say what counts on such days
    of the published calendar; left out, they are like any other day of the week.
    """

    zone: str
    week: Mapping[Weekday, tuple[DeskWindow, ...]]
    dates: Mapping[date, tuple[DeskWindow, ...]] = Field(default_factory=dict)
    holidays: tuple[DeskWindow, ...] | None = None
    makeup_workdays: tuple[DeskWindow, ...] | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; write one like Asia/Shanghai") from None
        return name

    @field_validator("week", "dates")
    @classmethod
    def _no_crossing[K](cls, days: Mapping[K, tuple[DeskWindow, ...]]) -> Mapping[K, tuple[DeskWindow, ...]]:
        for day, windows in days.items():
            for before, after in pairwise(windows):
                if after.open < before.close:
                    raise ValueError(f"{day}: the window from {after.open} begins before {before.close}; part them")
        return days

    @field_validator("holidays", "makeup_workdays")
    @classmethod
    def _in_order(cls, windows: tuple[DeskWindow, ...] | None) -> tuple[DeskWindow, ...] | None:
        for before, after in pairwise(windows or ()):
            if after.open < before.close:
                raise ValueError(f"the window from {after.open} begins before {before.close}; part them")
        return windows

    @model_validator(mode="after")
    def _opens_at_all(self) -> Self:
        if not any(self.week.values()):
            raise ValueError("week: the desk never opens; give at least one weekday a window")
        return self

    def windows(self, day: date) -> tuple[DeskWindow, ...]:
        return self.dates.get(day, self.week.get(list(Weekday)[day.weekday()], ()))

    def windows_on(self, day: CalendarDay) -> tuple[DeskWindow, ...]:
        """As `windows`, knowing what the calendar says of the day."""
        named = self.dates.get(day.date)
        if named is not None:
            return named
        if day.kind is DayKind.HOLIDAY and self.holidays is not None:
            return self.holidays
        made_up = day.kind is DayKind.WORKDAY and day.date.weekday() >= 5
        return self.makeup_workdays if made_up and self.makeup_workdays is not None else self.windows(day.date)

    @property
    def asks_the_calendar(self) -> bool:
        return self.holidays is not None or self.makeup_workdays is not None


class EscalationRule(MarkedPart):
    """Desk minutes for severity 1 to 4 until the first person of the ladder hears of it, and from each to the next."""

    minutes: tuple[int, int, int, int]
    step_minutes: int = Field(ge=1)
    ladder: tuple[Role, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _severe_is_sooner(self) -> Self:
        if list(self.minutes) != sorted(self.minutes, reverse=True) or self.minutes[3] < 1:
            raise ValueError("minutes: a severer case never waits longer; give four falling numbers of at least 1")
        if len(set(self.ladder)) != len(self.ladder):
            raise ValueError("ladder: name each role once, so that nobody hears twice of one thing")
        return self


class DeskPolicy(PolicyDocument):
    """The document `desk`. `announce_minutes` of their working time before a promise or an answer is due, its person
    hears of it; 0: only when it is due. `complaint_minutes` are for the first answer to a complaint that is no review
    yet."""

    hours: DeskHours
    escalations: Mapping[EscalationKind, EscalationRule]
    starts_with: Mapping[int, Role] = Field(default_factory=dict)
    case_capacity: int = Field(ge=1)
    seniority_for_severity: Mapping[int, int] = Field(default_factory=dict)
    skills_for_cause: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    record_minutes_after_talk: int = Field(ge=1)
    announce_minutes: int = Field(default=120, ge=0)
    complaint_minutes: int = Field(default=30, ge=1)
    follow_up_days: int = Field(ge=0)

    @field_validator("escalations")
    @classmethod
    def _filled_up(cls, rules: Mapping[EscalationKind, EscalationRule]) -> Mapping[EscalationKind, EscalationRule]:
        added = {new: rules[old] for new, old in _ADDED_LATER.items() if new not in rules and old in rules}
        return {**rules, **added}

    @model_validator(mode="after")
    def _every_kind(self) -> Self:
        missing = [kind.value for kind in EscalationKind if kind not in self.escalations]
        if missing:
            raise ValueError(f"escalations: no rule for {', '.join(missing)}; add a table for each")
        strange = sorted((set(self.starts_with) | set(self.seniority_for_severity)) - {1, 2, 3, 4})
        if strange:
            raise ValueError(f"starts_with and seniority_for_severity: severities are 1 to 4, not {strange}")
        return self

    def skills_for(self, cause: str | None) -> tuple[str, ...]:
        """What whoever takes such a case should be good at: by the cause itself, else by its first level."""
        code = cause or ""
        return self.skills_for_cause.get(code) or self.skills_for_cause.get(code.partition(".")[0], ())
