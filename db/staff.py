"""Changes of people and their roles. Whoever's rights change is logged out everywhere, at once."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, NotThere, apply_changes, lock_office, record
from db.login_sessions import end_sessions
from db.shops import shop_of
from db.tables.office import Person, PersonRole
from db.team_reach import reach_of
from domain.errors import Refusal
from domain.people import Role

ROLES_CHANGED = "the roles were changed"


class LastAdmin(Refusal):
    """The change would leave the house without an administrator."""

    code = "LastAdmin"


async def add_person(
    session: AsyncSession,
    by: str,
    now: datetime,
    *,
    login: str,
    name: str,
    skills: list[str] | None = None,
    capacity: int = 20,
) -> Person:
    await lock_office(session)
    if await session.scalar(select(Person.id).where(Person.login == login)):
        raise AlreadyThere(f"The login {login!r} is taken; choose another.", field="login")
    person = Person(id=uuid4(), login=login, name=name, skills=skills or [], capacity=capacity, active=True)
    session.add(person)
    await session.flush()
    await record(session, by, now, "person.added", str(person.id), {"login": login, "capacity": capacity})
    return person


async def set_person(session: AsyncSession, by: str, now: datetime, person_id: UUID, changes: dict[str, Any]) -> Person:
    """Change name, skills, capacity, away_until or active."""
    await lock_office(session)
    person = await person_of(session, person_id)
    changed = apply_changes(person, changes)
    await session.flush()
    if not person.active:
        await _keep_an_admin(session)
        await end_sessions(session, by, now, person_id, "the account is not active any more")
    if changed:
        await record(session, by, now, "person.changed", str(person_id), changed)
    return person


async def link_accounts(session: AsyncSession, by: str, now: datetime, person_id: UUID, other_id: UUID | None) -> None:
    """Say that two accounts are of one human being, or (None) that this one is of nobody else. Whoever approves or
    verifies what another account of theirs made is refused."""
    await lock_office(session)
    person = await person_of(session, person_id)
    before = person.human
    if other_id is None:
        person.human = None
    else:
        other = await person_of(session, other_id)
        together = other.human or person.human or uuid4()
        theirs = [one for one in (person.human, other.human) if one is not None]
        await session.execute(
            update(Person).where(Person.id.in_([person_id, other_id]) | Person.human.in_(theirs)).values(human=together)
        )
        await session.refresh(person)
    await session.flush()
    if person.human != before:
        facts = {"same_as": str(other_id) if other_id else None, "human": str(person.human) if person.human else None}
        await record(session, by, now, "person.linked", str(person_id), facts)


async def grant(session: AsyncSession, by: str, now: datetime, person_id: UUID, role: Role, shop: str | None) -> None:
    """Give a role in one shop, or in every shop (None). Giving it twice changes nothing. Raises OutsideTeam."""
    await lock_office(session)
    person = await person_of(session, person_id)
    if shop is not None:
        await shop_of(session, shop)
    reach = await reach_of(session, person)
    if reach is not None:
        reach.check(role, shop)
    row = insert(PersonRole).values(id=uuid4(), person=person_id, shop=shop, role=role)
    if await session.scalar(row.on_conflict_do_nothing().returning(PersonRole.id)):
        await record(session, by, now, "role.granted", str(person_id), {"role": role, "shop": shop})
        await end_sessions(session, by, now, person_id, ROLES_CHANGED)


async def revoke(session: AsyncSession, by: str, now: datetime, person_id: UUID, role: Role, shop: str | None) -> None:
    """Take a role away; one that is not held is not missed. Raises LastAdmin."""
    await lock_office(session)
    in_shop = PersonRole.shop == shop if shop is not None else PersonRole.shop.is_(None)
    gone = delete(PersonRole).where(PersonRole.person == person_id, PersonRole.role == role, in_shop)
    if await session.scalar(gone.returning(PersonRole.id)):
        await _keep_an_admin(session)
        await record(session, by, now, "role.revoked", str(person_id), {"role": role, "shop": shop})
        await end_sessions(session, by, now, person_id, ROLES_CHANGED)


async def person_of(session: AsyncSession, person_id: UUID) -> Person:
    person = await session.get(Person, person_id)
    if person is None:
        raise NotThere(f"There is no person {person_id}; GET /people lists them.")
    return person


async def _keep_an_admin(session: AsyncSession) -> None:
    admins = (
        select(func.count())
        .select_from(PersonRole)
        .join(Person, Person.id == PersonRole.person)
        .where(PersonRole.role == Role.ADMIN, PersonRole.shop.is_(None), Person.active)
    )
    if not await session.scalar(admins):
        raise LastAdmin("This is the last administrator of the house; make another one first.")
