"""How parcels are watched, and what the couriers' names mean."""

from collections.abc import Mapping

from pydantic import Field

from domain.policies.documents import PolicyPart


class TrackingPolicy(PolicyPart):
    """`look_every_hours` is how often a courier is asked by itself; pushes come on top. A parcel is late when nothing
    was scanned for `silent_hours`, when it has not arrived after `slow_days`, when nobody knows its number after
    `collect_hours`, or when its courier says so. `couriers` are the trace's codes by the names that people type."""

    look_every_hours: int = Field(default=6, ge=1, le=168)
    silent_hours: int = Field(default=48, ge=1)
    slow_days: int = Field(default=7, ge=1)
    collect_hours: int = Field(default=48, ge=1)
    give_up_days: int = Field(default=45, ge=1)
    tell_buyer: bool = True
    couriers: Mapping[str, str] = Field(default_factory=dict)
