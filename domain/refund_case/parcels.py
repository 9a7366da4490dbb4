"""Parcels that a refund case watches, and what its buyer is told without asking, as parts of its state."""

from datetime import datetime

from pydantic import BaseModel

from domain.policies.texts import NoticeKind
from domain.tracking import ARRIVED, DelayReason, Leg, Moves, TransitState


class TrackedParcel(BaseModel):
    """One parcel by the row of its shipment. `look_at` is when its courier is asked next, None when nobody asks any
    more; `pushed`: the courier has told by itself, so its row is read instead."""

    shipment: str
    leg: Leg
    told_at: datetime
    state: TransitState = TransitState.UNKNOWN
    first_at: datetime | None = None
    last_at: datetime | None = None
    signed_at: datetime | None = None
    delay: DelayReason | None = None
    delayed_since: datetime | None = None
    look_at: datetime | None = None
    pushed: bool = False
    failed: int = 0
    trouble: str | None = None

    @property
    def arrived(self) -> bool:
        return self.state in ARRIVED

    @property
    def moves(self) -> Moves:
        return Moves(self.state, self.told_at, self.first_at, self.last_at)


class Telling(BaseModel):
    """Something that the buyer is told without asking, once. `subject` is what it is about: a shipment's row."""

    kind: NoticeKind
    subject: str
    leg: Leg
    since: datetime
    again_at: datetime | None = None
    done_at: datetime | None = None
    sent: bool = False
