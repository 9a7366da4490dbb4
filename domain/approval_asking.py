"""Whom to ask for an approval: the lowest role that still counts, those of it who are at work; leave is passed over."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar import CalendarDays
from domain.escalation import DeskNeverOpens, add_desk_time
from domain.people import Role
from domain.policies.desk import DeskHours
from domain.shifts import Presence, differing_days, is_open

# An approval expires long before; whoever is away for longer is not waited for.
LOOK_AHEAD = timedelta(days=14)
SOONEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who holds roles in the shop. `human` is the same for all accounts of one human being."""

    person: str
    human: str
    roles: frozenset[Role]
    presence: Presence


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is asked now. Without a role nobody is, and it is tried again at `again_at`; None: nobody will come."""

    role: Role | None = None
    people: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    again_at: datetime | None = None


def whose_turn(
    roles: Sequence[Role],
    approvers: Iterable[Approver],
    barred: Collection[str],
    hours: DeskHours,
    now: datetime,
    days: CalendarDays,
) -> Turn:
    """The first of `roles` of which somebody is at work who may approve; `barred` are the human beings who may not."""
    able = [one for one in approvers if one.human not in barred and one.roles & set(roles) and one.presence.active]
    away: list[str] = []
    for role in roles:
        theirs = [one for one in able if role in one.roles]
        here = [one.person for one in theirs if at_work(one.presence, hours, now, days)]
        away += [one.person for one in theirs if one.person not in here]
        if here:
            return Turn(role, tuple(here), tuple(dict.fromkeys(away)))
    starts = [start for one in able if (start := next_work(one.presence, hours, now, days)) is not None]
    again_at = max(min(starts), now + SOONEST) if starts else None
    return Turn(passed_over=tuple(dict.fromkeys(away)), again_at=again_at)


def at_work(presence: Presence, hours: DeskHours, now: datetime, days: CalendarDays) -> bool:
    """Whose shift is not known works in the desk's hours."""
    return presence.on_shift(now, days) and (bool(presence.terms) or is_open(hours, now, days))


def next_work(presence: Presence, hours: DeskHours, now: datetime, days: CalendarDays) -> datetime | None:
    """When they are at work next; None where that is too far off to wait for."""
    if presence.terms:
        spans = presence.spans(now, now + LOOK_AHEAD, days)
        return min((start for start, _ in spans), default=None)
    try:
        begins = add_desk_time(presence.back_at(now), 0, hours, differing_days(hours, days))
    except DeskNeverOpens:
        return None
    return begins if begins <= now + LOOK_AHEAD else None
