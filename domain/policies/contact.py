"""When and how often a buyer may be reached: the contact policy of a shop, as one validated document."""

import re
from datetime import time, timedelta
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from domain.calendar import CalendarOverride, QuietDays
from domain.contact_terms import (
    AddressType,
    CallResult,
    Channel,
    ContactPurpose,
    NextMove,
    Occupation,
    PhoneKind,
    PhoneMark,
    StopSignal,
    TalkOutcome,
)
from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart, load_shipped
from domain.policies.hours import DayWindows, HardLimit, PlaceHours, Window


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{name}" is no time zone; use an IANA name such as Asia/Shanghai') from None
    return name


Count = Annotated[int, Field(ge=0)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]


class GeneralHours(MarkedPart):
    """The hours used when nothing better is known about the buyer."""

    windows: Annotated[tuple[Window, ...], Field(min_length=1)]


class HardLimits(MarkedPart):
    """No window and no preference reaches beyond these, save a buyer's request in writing."""

    call: HardLimit
    sms: HardLimit
    im: HardLimit
    last_start_margin_minutes: Annotated[int, Field(ge=0, le=60)]

    def of(self, channel: Channel) -> HardLimit:
        match channel:
            case Channel.CALL:
                return self.call
            case Channel.SMS:
                return self.sms
            case Channel.IM:
                return self.im


class CaseCaps(MarkedPart):
    """Caps within one case; a day is a day of the buyer's life zone."""

    call_attempts_per_day: Count
    busy_retry_same_day: Count
    requested_callback_same_day: Count
    call_attempts_total: Count
    connected_calls_total: Count
    sms_total: Count
    im_messages_per_day: Count
    im_unanswered_in_a_row: Count
    asks_to_amend_total: Count


class BuyerCaps(MarkedPart):
    """Caps over all cases, shops and channels of one person, in rolling 7 × 24 hours."""

    call_attempts_per_7_days: Count
    all_touches_per_7_days: Count


class Stops(MarkedPart):
    """What ends outbound contact, for the case or for the person, and what is exempt."""

    signals: tuple[StopSignal, ...]
    person_wide: tuple[StopSignal, ...]
    exempt_purposes: tuple[ContactPurpose, ...]
    opt_out_words: Annotated[tuple[str, ...], Field(min_length=1)]


class AttemptStep(PolicyPart):
    """One rung of the month's ladder: which channel first, and how many life days after the last touch."""

    channel: Channel
    after_days: Count


class Persistence(MarkedPart):
    """How long and how densely we try. Beyond the ladder's end its last rung repeats.

    `spread_percent` is the share of a window over which contacts planned into it are spread; `appointment_minutes` is
    how long a time that the buyer named stays good.
    """

    days: Annotated[int, Field(ge=1, le=180)]
    spread_percent: Annotated[int, Field(ge=0, le=100)]
    appointment_minutes: Annotated[int, Field(ge=10, le=240)]
    attempts: Annotated[tuple[AttemptStep, ...], Field(min_length=1)]
    rotate_after_misses: Annotated[int, Field(ge=1)]

    def step(self, attempt_number: int) -> AttemptStep:
        """The rung of the 1-based attempt."""
        return self.attempts[min(max(attempt_number, 1), len(self.attempts)) - 1]


class Spreading(MarkedPart):
    """What one agent can handle, and the slots of the day in which contacts planned into one window are counted."""

    contacts_per_agent_hour: Annotated[int, Field(ge=1, le=120)] = 12
    slot_minutes: Annotated[int, Field(ge=5, le=60)] = 10


class Presence(MarkedPart):
    """How long a sign that the buyer is online stays worth acting on, and for how long after a contact that came of one
    no other does."""

    max_age_minutes: Annotated[int, Field(ge=1, le=120)]
    again_after_minutes: Annotated[int, Field(ge=30, le=10_080)] = 240


class PhoneUse(MarkedPart):
    """What one kind of number can be used for."""

    call: bool
    sms: bool


class WorkPhone(MarkedPart):
    """A landline at a place of work rings on a desk: hours that beat those of the address."""

    address_types: tuple[AddressType, ...]
    hours: DayWindows


class CallRule(MarkedPart):
    """What a call's result leads to. For `gap_minutes` the channel it happened on and `gap_channels` stay silent
    towards the person."""

    release_causes: tuple[int, ...] = ()
    counts: bool
    next: NextMove
    gap_minutes: Count = 0
    gap_channels: tuple[Channel, ...] = (Channel.CALL,)
    mark_phone: PhoneMark | None = None


class TalkRule(MarkedPart):
    """What a talk's outcome leads to."""

    next: NextMove
    stop: StopSignal | None = None
    gap_minutes: Count = 0
    gap_channels: tuple[Channel, ...] = (Channel.CALL,)
    needs_agreed_time: bool = False


class Calls(MarkedPart):
    """Limits on how calls are read and repeated."""

    short_hangup_below_seconds: Count
    max_technical_retries: Count


class AddressRule(MarkedPart):
    """Patterns over an address's detail. Matches of `ignoring` are blanked first; `unless` cancels the rule."""

    type: AddressType
    any: re.Pattern[str]
    ignoring: re.Pattern[str] | None = None
    unless: re.Pattern[str] | None = None


class Region(MarkedPart):
    """A province whose people live by other hours than Beijing's."""

    zone: ZoneName
    names: Annotated[tuple[str, ...], Field(min_length=1)]


class LifeTime(MarkedPart):
    """The zones people live by, by province."""

    default_zone: ZoneName
    regions: dict[str, Region]


class CalendarRules(MarkedPart):
    """Quiet days, and dates on which the shop's word beats the published calendar."""

    quiet: QuietDays
    overrides: tuple[CalendarOverride, ...] = ()


class Reports(MarkedPart):
    """When people need their figures, Beijing time."""

    daily_supervisor_report_ready_by: time


class ContactPolicy(PolicyDocument):
    """Everything about contact that may differ between shops. Windows are life time of the buyer's province."""

    general_windows: GeneralHours
    hard_limits: HardLimits
    per_case: CaseCaps
    per_buyer: BuyerCaps
    stops: Stops
    persistence: Persistence
    spreading: Spreading = Spreading()
    presence: Presence
    phones: dict[PhoneKind, PhoneUse]
    work_phone: WorkPhone
    calls: Calls
    call_results: dict[CallResult, CallRule]
    talk_outcomes: dict[TalkOutcome, TalkRule]
    address_rules: tuple[AddressRule, ...]
    address_hours: dict[AddressType, PlaceHours]
    occupation_hours: dict[Occupation, PlaceHours]
    life_time: LifeTime
    calendar: CalendarRules
    reports: Reports

    def hours_at(self, place: AddressType) -> PlaceHours:
        return self._followed(self.address_hours[place])

    def hours_of(self, work: Occupation) -> PlaceHours:
        return self._followed(self.occupation_hours[work])

    def _followed(self, row: PlaceHours) -> PlaceHours:
        return row if row.every() or row.same_as is None else self.address_hours[row.same_as]

    @cached_property
    def longest_gap(self) -> timedelta:
        """No result and no talk keeps a channel silent for longer."""
        rules: list[CallRule | TalkRule] = [*self.call_results.values(), *self.talk_outcomes.values()]
        return timedelta(minutes=max(rule.gap_minutes for rule in rules))

    @cached_property
    def causes(self) -> dict[int, CallResult]:
        """Release cause of the number platform to result."""
        return {code: result for result, rule in self.call_results.items() for code in rule.release_causes}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for name, words in _CLOSED_LISTS.items():
            missing = [str(word) for word in words if word not in getattr(self, name)]
            if missing:
                raise ValueError(f"{name} lacks rows for {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _borrows_from_rows_with_hours(self) -> Self:
        for name, row in self._rows():
            if not self._followed(row).every():
                raise ValueError(f"{name}.same_as must name an address type that has windows of its own")
        return self

    @model_validator(mode="after")
    def _windows_are_usable(self) -> Self:
        for path, window in self._named_windows():
            if not any(self._usable(window, channel) for channel in Channel):
                raise ValueError(
                    f"{path} {window} leaves no room for a contact inside the hard limits of any channel; "
                    "move the window or widen hard_limits"
                )
        return self

    def _usable(self, window: Window, channel: Channel) -> bool:
        limit = self.hard_limits.of(channel)
        room = window.minutes_within(limit.life_not_before, limit.life_not_after)
        return room > self.hard_limits.last_start_margin_minutes

    def _rows(self) -> list[tuple[str, PlaceHours]]:
        places = [(f"address_hours.{place}", row) for place, row in self.address_hours.items()]
        return places + [(f"occupation_hours.{work}", row) for work, row in self.occupation_hours.items()]

    def _named_windows(self) -> list[tuple[str, Window]]:
        named = [("general_windows", window) for window in self.general_windows.windows]
        for name, row in self._rows():
            named += [(name, window) for window in (*row.every(), *row.after_misses)]
        return named + [("work_phone.hours", window) for window in self.work_phone.hours.every()]


_CLOSED_LISTS = {
    "phones": PhoneKind,
    "call_results": CallResult,
    "talk_outcomes": TalkOutcome,
    "address_hours": AddressType,
    "occupation_hours": Occupation,
}


def shipped_contact_policy() -> ContactPolicy:
    """The product's default contact policy."""
    policy: ContactPolicy = load_shipped("contact", ContactPolicy)
    return policy
