"""Desk time, and the ladder that an undone thing climbs: each target hears of it once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Refusal
from domain.people import Role
from domain.policies.desk import DeskHours, DeskPolicy, DeskWindow, EscalationKind
from domain.shifts import Span, without

__all__ = [
    "DeskHours",
    "DeskNeverOpens",
    "DifferingDays",
    "Escalation",
    "EscalationKind",
    "add_desk_time",
    "escalation_due",
    "next_escalation",
    "targets",
]

_LOOK_AHEAD_DAYS = 400

type DifferingDays = Mapping[date, Sequence[DeskWindow]]


class DeskNeverOpens(Refusal):
    """The desk's hours leave no time within a year; only differing days can do that."""

    code = "DeskNeverOpens"


@dataclass(frozen=True)
class Escalation:
    """At `at` (UTC) tell `target`, unless it was done by then."""

    kind: EscalationKind
    at: datetime
    target: Role


def add_desk_time(
    start: datetime, minutes: int, desk: DeskHours, days: DifferingDays | None = None, pauses: Collection[Span] = ()
) -> datetime:
    """When `minutes` of staffed time have passed since `start`; with 0 the first staffed moment from then on.

    `days` are dates whose windows differ (a holiday: none), beyond those that the desk's own hours name. What lies in
    `pauses` does not count.
    """
    left = timedelta(minutes=minutes)
    for opens, closes in without(pauses, _staffed(start, desk, days or {})):
        begin = max(start.astimezone(UTC), opens)
        if begin < closes and left <= closes - begin:
            return begin + left
        left -= max(closes - begin, timedelta())
    raise DeskNeverOpens(
        f"The desk is not staffed for {minutes} minutes within {_LOOK_AHEAD_DAYS} days; check its hours."
    )


def _staffed(start: datetime, desk: DeskHours, days: DifferingDays) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(desk.zone)
    first = start.astimezone(zone).date()
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = first + timedelta(days=ahead)
        for window in days.get(day, desk.windows(day)):
            opens, closes = window.on(day, zone)
            yield opens.astimezone(UTC), closes.astimezone(UTC)


def targets(kind: EscalationKind, severity: int, policy: DeskPolicy) -> tuple[Role, ...]:
    """The ladder for this severity, lowest first; severe cases begin higher up, except where it begins with the only
    one who can do it."""
    ladder = policy.escalations[kind].ladder
    if kind is EscalationKind.FULFILMENT_WAITING:
        return ladder
    first = policy.starts_with.get(severity)
    return ladder[ladder.index(first) :] if first in ladder else ladder


def escalation_due(
    kind: EscalationKind,
    since: datetime,
    severity: int,
    level: int,
    desk: DeskHours,
    policy: DeskPolicy,
    days: DifferingDays | None = None,
    pauses: Collection[Span] = (),
) -> datetime:
    """When the target of a level (0 is the first) hears of it. `since` is the assignment or the first permitted hour,
    whichever is later."""
    rule = policy.escalations[kind]
    return add_desk_time(since, rule.minutes[severity - 1] + level * rule.step_minutes, desk, days, pauses)


def next_escalation(
    kind: EscalationKind,
    since: datetime,
    severity: int,
    told: Collection[Role],
    policy: DeskPolicy,
    days: DifferingDays | None = None,
    pauses: Collection[Span] = (),
) -> Escalation | None:
    """Who hears next and when, or None when everybody on the ladder has."""
    for level, target in enumerate(targets(kind, severity, policy)):
        if target not in told:
            due = escalation_due(kind, since, severity, level, policy.hours, policy, days, pauses)
            return Escalation(kind, due, target)
    return None
