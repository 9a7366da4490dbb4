"""What planning is asked and what it answers."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import ClassVar

from domain.contact_history import StatedPreference
from domain.contact_slots import DeskHours
from domain.contact_terms import AddressType, Channel, ContactBasis, NoContactCode, Occupation, PhoneKind
from domain.errors import Refusal
from domain.policies.contact import ContactPolicy


class ContactTimeUnclear(Refusal):
    """A time without a zone came in; give it one."""

    code: ClassVar[str] = "ContactTimeUnclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """All that planning may know about one contact. Times are aware; `state` is the province of the address.

    `desk` and `agents` are the hours in which the shop's desk is open and at least one of its agents is at work,
    `agent` those of the very person who works on the case; all of them must hold.
    """

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
    agents: DeskHours | None = None
    agent: DeskHours | None = None
    attempt_number: int = 1
    jitter_seed: str = ""

    def __post_init__(self) -> None:
        for name in (item.name for item in fields(self)):
            value = getattr(self, name)
            if isinstance(value, datetime) and value.utcoffset() is None:
                raise ContactTimeUnclear(f"{name} has no time zone; send it as UTC or with its offset.", field=name)

    def appointment(self, policy: ContactPolicy) -> datetime | None:
        """The moment that the buyer named, while it is still good."""
        stated = self.stated_preference
        if stated is None or stated.earliest is None or stated.windows or stated.earliest >= self.window_ends_at:
            return None
        return stated.earliest if self._still_good(stated.earliest, policy) else None

    def wish_stands(self, policy: ContactPolicy) -> bool:
        """Whether the buyer asked for a time that is not over: one that was kept, or missed, asks for nothing more."""
        stated = self.stated_preference
        if stated is None or stated.windows:
            return stated is not None
        return stated.earliest is not None and self._still_good(stated.earliest, policy)

    def _still_good(self, agreed: datetime, policy: ContactPolicy) -> bool:
        return self.now < agreed + timedelta(minutes=policy.persistence.appointment_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedContact:
    """A contact to be made from `due_at` (UTC) on; after `slot_ends_at` it is missed and planned anew.
    `presence_again_at`: until then no other contact comes of the buyer's being online, since this one does.
    """

    due_at: datetime
    slot_ends_at: datetime
    channel: Channel
    basis: ContactBasis
    reason: str
    reason_zh: str
    warnings: tuple[str, ...] = ()
    presence_again_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoContact:
    """No contact can be planned. `retry_at` None: asking again changes nothing until something happens."""

    code: NoContactCode
    reason: str
    reason_zh: str
    retry_at: datetime | None = None
