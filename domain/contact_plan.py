"""The next hour to reach a buyer: chosen from what is known about them, inside every limit, with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from domain.calendar import CalendarDays, DayKind
from domain.contact_caps import ContactHistory
from domain.contact_terms import AddressType, Channel, ContactBasis, NoContactCode, Occupation, PhoneKind
from domain.policies.contact import ContactPolicy
from domain.policies.hours import DayWindows, Window

__all__ = ["Channel", "ContactBasis", "ContactRequest", "DeskHours", "NoContact", "NoContactCode", "PlannedContact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskHours:
    """When somebody is at the desk: windows by kind of day in the desk's zone; `dated` beats them for single dates."""

    windows: DayWindows
    zone: str = "Asia/Shanghai"
    dated: Mapping[date, tuple[Window, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPreference:
    """What the buyer asked for: no earlier than a moment, only within windows of the day (life time), or both.

    `written` marks a request in the buyer's own writing; only such windows reach beyond the hard limits.
    `stated_at` frees the asked-for contact from the cool-downs of contacts before it.
    """

    earliest: datetime | None = None
    windows: tuple[Window, ...] = ()
    written: bool = False
    stated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """All that planning may know about one contact. Times are aware; `state` is the province of the address."""

    now: datetime
    case: str
    review_created_at: datetime
    window_ends_at: datetime
    state: str = ""
    address_type: AddressType = AddressType.UNKNOWN
    occupation: Occupation | None = None
    stated_preference: StatedPreference | None = None
    online_seen_at: datetime | None = None
    phone: PhoneKind = PhoneKind.INVALID
    sms_by_platform: bool = False
    im_available: bool = True
    preferred_channel: Channel | None = None
    surge: bool = False
    desk: DeskHours | None = None
    agent: DeskHours | None = None
    attempt_number: int = 1
    jitter_seed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedContact:
    """A contact to be made from `due_at` (UTC) on; after `slot_ends_at` it is missed and planned anew."""

    due_at: datetime
    slot_ends_at: datetime
    channel: Channel
    basis: ContactBasis
    reason: str
    reason_zh: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoContact:
    """No contact can be planned. `retry_at` None: asking again changes nothing until something happens."""

    code: NoContactCode
    reason: str
    reason_zh: str
    retry_at: datetime | None = None


def plan_contact(
    request: ContactRequest, history: ContactHistory, policy: ContactPolicy, days: CalendarDays
) -> PlannedContact | NoContact:
    """The earliest fitting slot of the first basis that yields one, on the first channel that is open."""
    raise NotImplementedError
