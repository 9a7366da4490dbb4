"""Leaves of people, said beforehand: while one lasts they are away."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, ScalarSelect, and_, func, not_, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import BadOfficeData, NotThere, lock_office, record
from db.staff import person_of
from db.tables.office import Person, PersonLeave

FARTHEST = timedelta(days=731)


def is_here(now: datetime) -> ColumnElement[bool]:
    """Whether the person of the statement is neither away nor on leave."""
    on_leave = select(PersonLeave.id).where(
        PersonLeave.person == Person.id, PersonLeave.starts_at <= now, PersonLeave.ends_at > now
    )
    return and_(or_(Person.away_until.is_(None), Person.away_until <= now), not_(on_leave.exists()))


async def is_at_hand(session: AsyncSession, person: UUID, now: datetime) -> bool:
    """Whether they still work here, and are neither away nor on leave."""
    found = select(Person.id).where(Person.id == person, Person.active, is_here(now))
    return await session.scalar(found) is not None


def moments_of(which: Any) -> ScalarSelect[Any]:
    """One moment of each leave of the statement's person, the first leave first."""
    ordered = aggregate_order_by(which, PersonLeave.starts_at, PersonLeave.ends_at)
    return select(func.array_agg(ordered)).where(PersonLeave.person == Person.id).correlate(Person).scalar_subquery()


async def add_leave(
    session: AsyncSession, by: str, now: datetime, person_id: UUID, starts_at: datetime, ends_at: datetime, why: str
) -> PersonLeave:
    """Raises BadOfficeData for a leave that has ended, ends before it starts or is too far off."""
    await lock_office(session)
    await person_of(session, person_id)
    if ends_at <= max(now, starts_at):
        raise BadOfficeData("ends_at must lie behind starts_at and in the future.", field="ends_at")
    if ends_at > now + FARTHEST:
        raise BadOfficeData("ends_at lies more than two years off; plan it when it comes nearer.", field="ends_at")
    row = PersonLeave(id=uuid4(), person=person_id, starts_at=starts_at, ends_at=ends_at, why=why, set_by=by)
    row.set_at = now
    session.add(row)
    await session.flush()
    facts = {"leave": str(row.id), "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat(), "why": why}
    await record(session, by, now, "leave.set", str(person_id), facts)
    return row


async def remove_leave(session: AsyncSession, by: str, now: datetime, person_id: UUID, id: UUID) -> None:
    """Raises NotThere."""
    row = await session.get(PersonLeave, id, with_for_update=True)
    if row is None or row.person != person_id:
        raise NotThere("This person has no such leave; GET /people/{person}/leaves lists them.")
    await session.delete(row)
    await session.flush()
    await record(session, by, now, "leave.removed", str(person_id), {"leave": str(id)})


async def list_leaves(session: AsyncSession, person_id: UUID) -> list[PersonLeave]:
    """The next first; those that have ended too."""
    found = select(PersonLeave).where(PersonLeave.person == person_id).order_by(PersonLeave.starts_at.desc())
    return list(await session.scalars(found.limit(200)))
