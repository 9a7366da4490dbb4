"""Spreading: contacts planned into one window are laid over it by what the desk can handle, so that they don't bunch.

The day is cut into short slots, the same for every contact, each with room for what the agents who are then on shift
can handle. A contact stays where it was wanted while its slot has room; else it goes to the least loaded slot of its
window, of equals to the nearest. db/places.py counts what is planned into a slot, under the shop's planning lock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.policies.contact import Spreading

AN_HOUR = timedelta(hours=1)

# How many agents of the shop are on shift at a moment; an agent of three shops is a third of one here.
type Hands = Callable[[datetime], float]


@dataclass(frozen=True, slots=True)
class Place:
    """A moment at which a contact could be made, and how many contacts the desk can handle in its slot."""

    at: datetime
    room: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a contact was placed, how many others stood in the slot in which it was wanted, and whether even its own
    slot holds as many as the desk can handle."""

    at: datetime
    others_there: int
    crowded: bool = False


def places(wanted: datetime, earliest: datetime, latest: datetime, policy: Spreading, hands: Hands) -> list[Place]:
    """The moments that a contact may be moved to, whole slots away from where it is wanted: the nearest first."""
    slot = timedelta(minutes=policy.slot_minutes)
    before, after = max(wanted - earliest, timedelta()) // slot, max(latest - wanted, timedelta()) // slot
    steps = sorted(range(-before, after + 1), key=lambda step: (abs(step), -step))
    each = policy.contacts_per_agent_hour * (slot / AN_HOUR)
    return [Place(at, hands(at) * each) for at in (wanted + step * slot for step in steps)]
