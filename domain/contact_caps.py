"""Caps, cool-downs, stops and hours: whether a contact may be made now, and if not, until when not.

Without new touches every block only ever ends, so one look at the history answers for all later times.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import ClassVar

from domain.calendar import CalendarDay
from domain.contact_outcomes import consequence
from domain.contact_terms import CallResult, CapName, Channel, ContactPurpose, NextMove, StopSignal, TalkOutcome
from domain.errors import Refusal
from domain.life_zones import BEIJING, LifeZone
from domain.policies.contact import ContactPolicy

__all__ = ["Block", "CapName", "ContactHistory", "ContactNotAllowed", "ContactStop", "ContactTouch"]

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactTouch:
    """One contact that really happened, in either direction. `counted` is what the consequence said at the time."""

    at: datetime
    channel: Channel
    case: str
    result: CallResult | None = None
    talk: TalkOutcome | None = None
    counted: bool = True
    outbound: bool = True
    asks_to_amend: bool = False

    @property
    def inbound(self) -> bool:
        return not self.outbound


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactStop:
    """A stop signal and the case in which it came; a lifted one (the buyer asked for contact again) is left out."""

    at: datetime
    case: str
    signal: StopSignal


@dataclass(frozen=True, slots=True)
class ContactHistory:
    """All touches and stops of one person over every case, shop and channel of the last 90 days, in any order."""

    touches: tuple[ContactTouch, ...] = ()
    stops: tuple[ContactStop, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """What holds a channel back. `until` None: never again for this case, unless the buyer comes back."""

    cap: CapName
    until: datetime | None
    why: str


class ContactNotAllowed(Refusal):
    """The contact may not be made now; `facts` hold cap (CapName) and until (aware datetime or None)."""

    code: ClassVar[str] = "ContactNotAllowed"


def blocked_until(
    channel: Channel,
    now: datetime,
    case: str,
    history: ContactHistory,
    policy: ContactPolicy,
    zone: LifeZone,
    *,
    requested_at: datetime | None = None,
    purpose: ContactPurpose = ContactPurpose.CASE_TALK,
) -> Block | None:
    """The block on `channel` that ends last (a final one before all), or None where it is free now."""
    raise NotImplementedError


def may_contact_now(
    channel: Channel,
    now: datetime,
    case: str,
    history: ContactHistory,
    policy: ContactPolicy,
    zone: LifeZone,
    day: CalendarDay,
    *,
    asks_to_amend: bool = False,
    requested_at: datetime | None = None,
    purpose: ContactPurpose = ContactPurpose.CASE_TALK,
) -> None:
    """Raise ContactNotAllowed unless hours, day, stops, caps and cool-downs all allow the contact at `now`.

    `day` is the calendar day of `now` in the buyer's life zone. Call it under the lock on the buyer's person.
    """
    raise NotImplementedError
