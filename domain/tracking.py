"""Where a parcel is, and whether it is late: read from its courier's trace, judged by the shop's policy."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.policies.tracking import TrackingPolicy


class Leg(StrEnum):
    """Whose way a parcel is on."""

    ORDER = "order"  # the order itself, to its buyer
    BACK = "back"  # what the buyer sends back
    OUT = "out"  # what goes out in a case: an exchange, a repaired piece, what was missing


class TransitState(StrEnum):
    """Where a parcel is, in the coarse words that couriers' many states come down to."""

    UNKNOWN = "unknown"  # no courier knows the number, or not yet
    COLLECTED = "collected"
    MOVING = "moving"
    DELIVERING = "delivering"
    TROUBLE = "trouble"  # the courier itself says that something is wrong
    DAMAGED = "damaged"
    SIGNED = "signed"
    REFUSED = "refused"  # whoever should receive it did not
    RETURNING = "returning"
    RETURNED = "returned"


ARRIVED = frozenset({TransitState.SIGNED, TransitState.RETURNED})
# The courier says so by itself; nobody has to reckon anything.
SAID_SO = frozenset({TransitState.TROUBLE, TransitState.DAMAGED, TransitState.REFUSED, TransitState.RETURNING})


class DelayReason(StrEnum):
    UNCOLLECTED = "uncollected"  # its number is known to nobody although it was told long ago
    SILENT = "silent"  # nothing was scanned for long
    SLOW = "slow"  # it moves and does not arrive
    TROUBLE = "trouble"
    DAMAGED = "damaged"
    TURNED_BACK = "turned_back"


_SAID = {
    TransitState.TROUBLE: DelayReason.TROUBLE,
    TransitState.DAMAGED: DelayReason.DAMAGED,
    TransitState.REFUSED: DelayReason.TURNED_BACK,
    TransitState.RETURNING: DelayReason.TURNED_BACK,
}


@dataclass(frozen=True, slots=True)
class Scan:
    """One line of a trace. `words` may name a courier's clerk with phone number, or where the buyer lives."""

    at: datetime
    state: TransitState | None
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trace:
    """The latest scan first; times are UTC."""

    waybill: str = field(repr=False)
    company: str
    state: TransitState
    scans: tuple[Scan, ...]

    @property
    def signed_at(self) -> datetime | None:
        """When it was signed for: the scan that says so, else the latest."""
        if self.state is not TransitState.SIGNED or not self.scans:
            return None
        return next((one.at for one in self.scans if one.state is TransitState.SIGNED), self.scans[0].at)


@dataclass(frozen=True, slots=True)
class Moves:
    """What a trace says: `told_at` is when we heard of the parcel, `first_at` and `last_at` when it was scanned."""

    state: TransitState
    told_at: datetime
    first_at: datetime | None = None
    last_at: datetime | None = None


def delay_of(moves: Moves, policy: TrackingPolicy, now: datetime) -> DelayReason | None:
    """Why the parcel is late, None where it is not. What the courier says comes before what we reckon."""
    if moves.state in ARRIVED:
        return None
    if moves.state in _SAID:
        return _SAID[moves.state]
    if moves.last_at is None:
        late = now - moves.told_at >= timedelta(hours=policy.collect_hours)
        return DelayReason.UNCOLLECTED if late else None
    if now - moves.last_at >= timedelta(hours=policy.silent_hours):
        return DelayReason.SILENT
    slow = now - (moves.first_at or moves.told_at) >= timedelta(days=policy.slow_days)
    return DelayReason.SLOW if slow else None


def late_at(moves: Moves, policy: TrackingPolicy) -> datetime | None:
    """When the parcel would be late if nothing is scanned any more; None where it has arrived or is late by the
    courier's own word."""
    if moves.state in ARRIVED or moves.state in _SAID:
        return None
    if moves.last_at is None:
        return moves.told_at + timedelta(hours=policy.collect_hours)
    slow = (moves.first_at or moves.told_at) + timedelta(days=policy.slow_days)
    return min(moves.last_at + timedelta(hours=policy.silent_hours), slow)
