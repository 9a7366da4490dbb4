"""The escalation clocks of a case of any kind: started, reckoned in the desk's hours, told once per target, held."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from domain.case_record import Recorded, record
from domain.escalation import EscalationKind
from domain.people import TIMER, Role

# Ours: in the first minutes of a contact's hour nobody has neglected it, and most are taken then. So a rush of contacts
# is not a rush of reckoning as well.
FIRST_MINUTES = timedelta(minutes=5)


class Clock(BaseModel):
    """An escalation clock. `due_at` lies in the desk's hours; it is None until it was reckoned, and `over` says that
    everybody on the ladder has been told. `told` holds the roles that heard of it: each does so once. `pauses` are the
    holds, from when to when, in which it stood."""

    since: datetime
    due_at: datetime | None = None
    told: list[Role] = []
    over: bool = False
    pauses: list[tuple[datetime, datetime]] = []

    @property
    def counts_from(self) -> datetime:
        """When it would have been started, had it never stood."""
        return self.since + sum((ends - begins for begins, ends in self.pauses), timedelta())


class Held(BaseModel):
    since: datetime
    until: datetime | None = None


class Reckoned(BaseModel):
    """When the next one on a clock's ladder hears of it; None when everybody has."""

    model_config = ConfigDict(frozen=True)

    kind: EscalationKind
    since: datetime
    due_at: datetime | None
    policy: str = ""


class Told(BaseModel):
    """An escalation: the role on the ladder and the people who hold it in the shop now."""

    model_config = ConfigDict(frozen=True)

    kind: EscalationKind
    role: Role
    people: list[str]
    next_at: datetime | None = None
    policy: str = ""


class Clocked(Recorded, Protocol):
    edition: int
    assigned_at: datetime | None
    clocks: dict[EscalationKind, Clock]


def waiting(case: Clocked) -> Iterator[tuple[datetime, EscalationKind, bool]]:
    """When each clock wants something next: to be reckoned (true), or that somebody is told."""
    for kind, clock in case.clocks.items():
        if clock.over:
            if anew := _stale_anew(case, kind):
                yield anew, kind, False
        elif clock.due_at is None:
            patient = kind is EscalationKind.NOT_CONTACTED and case.edition >= 1
            yield clock.since + (FIRST_MINUTES if patient else timedelta()), kind, True
        else:
            yield clock.due_at, kind, False


def start_not_contacted(case: Clocked, planned_for: datetime | None, now: datetime) -> None:
    """Runs from the assignment or the first permitted hour, whichever is later."""
    since = max(now, planned_for) if planned_for is not None and case.edition >= 1 else now
    case.clocks[EscalationKind.NOT_CONTACTED] = Clock(since=since)


def contact_planned(case: Clocked, planned_for: datetime) -> None:
    """The first permitted hour is known now, or is another one. One that passed unused stays the first."""
    clock = case.clocks.get(EscalationKind.NOT_CONTACTED)
    if case.edition < 1 or clock is None or clock.told or EscalationKind.CONTACT_MISSED in case.clocks:
        return
    since = max(case.assigned_at or clock.since, planned_for)
    if since != clock.since:
        case.clocks[EscalationKind.NOT_CONTACTED] = Clock(since=since)


def reckoned_from_now(case: Clocked, kind: EscalationKind, due_at: datetime | None, now: datetime) -> None:
    """What was reckoned along with another thing, unless the clock begins later than that."""
    clock = case.clocks.get(kind)
    if clock is not None and (case.edition < 1 or clock.since <= now):
        case.clocks[kind] = clock.model_copy(update={"due_at": due_at})


def reckoned(case: Clocked, found: Reckoned) -> None:
    clock = case.clocks.get(found.kind)
    if clock is not None and clock.since == found.since:
        case.clocks[found.kind] = clock.model_copy(update={"due_at": found.due_at, "over": found.due_at is None})


def escalated(case: Clocked, found: Told, now: datetime) -> None:
    """Once per target: the clock remembers the role, and goes on to the next one up the ladder."""
    clock = case.clocks.get(found.kind)
    if clock is None:
        return
    told = [*clock.told, found.role]
    update = {"told": told, "due_at": found.next_at, "over": found.next_at is None}
    case.clocks[found.kind] = clock.model_copy(update=update)
    record(
        case, TIMER, now, "escalated",
        what=found.kind, role=found.role, told=found.people, level=len(told), policy=found.policy,
    )  # fmt: skip


def begin(case: Clocked, kind: EscalationKind, clock: Clock) -> None:
    """Start a clock, unless one runs: it tells of both. One that is over would tell nobody of what came after it."""
    running = case.clocks.get(kind)
    if running is None or (running.over and case.edition >= 1):
        case.clocks[kind] = clock


def pass_on(case: Clocked, kind: EscalationKind, clock: Clock) -> None:
    """What the clock ran for is done; it is that of the next one now, unless it was so all the while."""
    running = case.clocks.get(kind)
    if case.edition >= 1 and (running is None or running.since != clock.since):
        case.clocks[kind] = clock


def _stale_anew(case: Clocked, kind: EscalationKind) -> datetime | None:
    """When a person took a step after everybody had heard that nobody did; from then on it counts once more."""
    clock, touched = case.clocks[kind], case.touched_at
    anew = case.edition >= 1 and kind is EscalationKind.STALE and touched is not None and touched > clock.since
    return touched if anew else None


def still_stale(case: Clocked, planned_for: datetime | None = None) -> bool:
    """Asked when the clock for stale cases has run out: it starts anew from the last step that a person took, or from
    the hour of a planned contact, before which nobody has anything to do. One after a missed contact excuses nobody.

    Looked at only then, so that a step costs no reckoning of desk hours.
    """
    clock, begins = case.clocks[EscalationKind.STALE], [case.touched_at]
    if case.edition >= 1 and EscalationKind.CONTACT_MISSED not in case.clocks:
        begins.append(planned_for)
    last = max((moment for moment in begins if moment is not None), default=None)
    if last is None or last <= clock.since:
        return True
    case.clocks[EscalationKind.STALE] = Clock(since=last)
    return False


def go_on(case: Clocked, held: Held, now: datetime) -> None:
    """Every clock goes on with the time it had left when the hold began, or since it was started in the meantime."""
    for kind, clock in case.clocks.items():
        if case.edition >= 1:
            case.clocks[kind] = _paused(clock, max(clock.since, held.since), now)
            continue
        stood = now - max(clock.since, held.since)
        due = clock.due_at + stood if clock.due_at else None
        case.clocks[kind] = clock.model_copy(update={"since": clock.since + stood, "due_at": due})


def _paused(clock: Clock, begins: datetime, ends: datetime) -> Clock:
    """What is left of it lies in the desk's hours, so it is reckoned anew; who has heard of it has."""
    if begins >= ends:
        return clock
    return clock.model_copy(update={"pauses": [*clock.pauses, (begins, ends)], "due_at": None})
