"""Shifts of people: when each works, from which day on, and what the office knows of their time now."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Uuid, and_, bindparam, case, delete, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import BadOfficeData, NotThere, lock_office, record
from db.leaves import moments_of
from db.sessions import rows
from db.tables.office import Person, PersonLeave, PersonRole, PersonShift, Shop
from domain.people import Role
from domain.policies.documents import read_document
from domain.shifts import Presence, Shift, ShiftTerm, Span

_LEAVES = (moments_of(PersonLeave.starts_at).label("begins"), moments_of(PersonLeave.ends_at).label("ends"))
_TIME = select(
    Person.id,
    Person.away_until,
    Person.active,
    *_LEAVES,
    PersonShift.hours,
    PersonShift.valid_from,
    PersonShift.valid_until,
).outerjoin(PersonShift, PersonShift.person == Person.id)
_PRESENCES = _TIME.where(Person.id.in_(bindparam("people", expanding=True)))


_AGENT = PersonRole.role == Role.AGENT
_OF_EVERY_SHOP = select(PersonRole.id).where(PersonRole.person == Person.id, _AGENT, PersonRole.shop.is_(None))
_OF_SHOP = select(PersonRole.id).where(
    PersonRole.person == Person.id, _AGENT, or_(PersonRole.shop == bindparam("shop"), PersonRole.shop.is_(None))
)
_OF_AGENTS = _TIME.where(Person.active, _OF_SHOP.exists())
_ALL_SHOPS = select(func.count()).select_from(Shop).scalar_subquery()
_THEIR_SHOPS = (
    select(func.count(PersonRole.shop.distinct()))
    .where(PersonRole.person == Person.id, _AGENT)
    .correlate(Person)
    .scalar_subquery()
)
ROSTER = (
    select(
        Person.id,
        Person.away_until,
        Person.active,
        *_LEAVES,
        PersonShift.id.label("shift"),
        PersonShift.valid_from,
        PersonShift.valid_until,
        case((not_(_OF_SHOP.exists()), 0), (_OF_EVERY_SHOP.exists(), _ALL_SHOPS), else_=_THEIR_SHOPS).label("shops"),
    )
    .outerjoin(PersonShift, PersonShift.person == Person.id)
    .where(or_(Person.id == bindparam("person", type_=Uuid), and_(Person.active, _OF_SHOP.exists())))
)


async def set_shift(
    session: AsyncSession,
    by: str,
    now: datetime,
    person_id: UUID,
    hours: dict[str, Any],
    valid_from: date,
    valid_until: date | None = None,
) -> PersonShift:
    """Say when a person works from a day on; one that begins on the same day is replaced.

    Raises PolicyUnreadable, naming the fields, BadOfficeData and NotThere.
    """
    shift = read_document(Shift, hours)
    if valid_until is not None and valid_until < valid_from:
        raise BadOfficeData("valid_until lies before valid_from; give a later day or none.", field="valid_until")
    await lock_office(session)
    if await session.get(Person, person_id) is None:
        raise NotThere(f"There is no person {person_id}; GET /people lists them.")
    same = PersonShift.person == person_id, PersonShift.valid_from == valid_from
    await session.execute(delete(PersonShift).where(*same))
    kept = shift.model_dump(mode="json")
    row = PersonShift(id=uuid4(), person=person_id, hours=kept, valid_from=valid_from, set_at=now)
    row.valid_until = valid_until
    session.add(row)
    await session.flush()
    days = {"valid_from": valid_from.isoformat(), "valid_until": valid_until.isoformat() if valid_until else None}
    await record(session, by, now, "shift.set", str(person_id), days | {"hours": kept})
    return row


async def remove_shift(session: AsyncSession, by: str, now: datetime, person_id: UUID, valid_from: date) -> None:
    """Take the shift away that begins on this day, if there is one; what counted before it counts again."""
    await lock_office(session)
    gone = delete(PersonShift).where(PersonShift.person == person_id, PersonShift.valid_from == valid_from)
    if await session.scalar(gone.returning(PersonShift.id)) is not None:
        await record(session, by, now, "shift.removed", str(person_id), {"valid_from": valid_from.isoformat()})


async def list_shifts(session: AsyncSession, person_id: UUID) -> list[PersonShift]:
    """The latest first."""
    found = select(PersonShift).where(PersonShift.person == person_id).order_by(PersonShift.valid_from.desc())
    return list(await session.scalars(found))


@dataclass(frozen=True, slots=True)
class RosterLine:
    """What is known of one person's time. `shops`: of how many they are an agent; 0: not of the shop asked about.
    `terms` are the ids of shifts with the days on which they count; such a row never changes."""

    away_until: datetime | None
    active: bool
    shops: int
    terms: tuple[tuple[UUID, date, date | None], ...]
    leaves: tuple[Span, ...] = ()


def roster_in(found: Iterable[Any]) -> dict[UUID, RosterLine]:
    """The shop's active agents and the person asked about, from rows of ROSTER."""
    lines: dict[UUID, RosterLine] = {}
    for row in found:
        known = lines[row.id].terms if row.id in lines else ()
        terms = ((row.shift, row.valid_from, row.valid_until),) if row.shift else ()
        lines[row.id] = RosterLine(row.away_until, row.active, row.shops, (*known, *terms), _leaves(row))
    return lines


async def shifts_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Shift]:
    found = await session.execute(select(PersonShift.id, PersonShift.hours).where(PersonShift.id.in_(ids)))
    return {row.id: read_document(Shift, row.hours) for row in found}


async def presences(session: AsyncSession, people: Collection[UUID]) -> dict[UUID, Presence]:
    """What is known of the time of these people, with one statement."""
    return _known(await rows(session, _PRESENCES, {"people": list(people)}))


async def agents_presences(session: AsyncSession, shop: str) -> dict[UUID, Presence]:
    """The same of the shop's active agents."""
    return _known(await rows(session, _OF_AGENTS, {"shop": shop}))


def _known(found: Iterable[Row[Any]]) -> dict[UUID, Presence]:
    known: dict[UUID, Presence] = {}
    for row in found:
        terms = known[row.id].terms if row.id in known else ()
        if row.hours is not None:
            terms = (*terms, ShiftTerm(read_document(Shift, row.hours), row.valid_from, row.valid_until))
        known[row.id] = Presence(terms, row.away_until, row.active, _leaves(row))
    return known


def _leaves(row: Row[Any]) -> tuple[Span, ...]:
    return tuple(zip(row.begins or (), row.ends or (), strict=True))
