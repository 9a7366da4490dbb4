"""Changes of people, their roles and their keys."""

import hashlib
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, BadOfficeData, NotThere, apply_changes, lock_office, record
from db.shops import shop_of
from db.tables.office import ApiKey, Person, PersonRole
from domain.errors import Refusal
from domain.people import Role

KEY_PREFIX = "ak_"


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
    person = await _person(session, person_id)
    changed = apply_changes(person, changes)
    await session.flush()
    if not person.active:
        await _keep_an_admin(session)
    if changed:
        await record(session, by, now, "person.changed", str(person_id), changed)
    return person


async def link_accounts(session: AsyncSession, by: str, now: datetime, person_id: UUID, other_id: UUID | None) -> None:
    """Say that two accounts are of one human being, or (None) that this one is of nobody else. Whoever approves or
    verifies what another account of theirs made is refused."""
    await lock_office(session)
    person = await _person(session, person_id)
    before = person.human
    if other_id is None:
        person.human = None
    else:
        other = await _person(session, other_id)
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
    """Give a role in one shop, or in every shop (None). Giving it twice changes nothing."""
    await _person(session, person_id)
    if shop is not None:
        await shop_of(session, shop)
    row = insert(PersonRole).values(id=uuid4(), person=person_id, shop=shop, role=role)
    if await session.scalar(row.on_conflict_do_nothing().returning(PersonRole.id)):
        await record(session, by, now, "role.granted", str(person_id), {"role": role, "shop": shop})


async def revoke(session: AsyncSession, by: str, now: datetime, person_id: UUID, role: Role, shop: str | None) -> None:
    """Take a role away; one that is not held is not missed. Raises LastAdmin."""
    await lock_office(session)
    in_shop = PersonRole.shop == shop if shop is not None else PersonRole.shop.is_(None)
    gone = delete(PersonRole).where(PersonRole.person == person_id, PersonRole.role == role, in_shop)
    if await session.scalar(gone.returning(PersonRole.id)):
        await _keep_an_admin(session)
        await record(session, by, now, "role.revoked", str(person_id), {"role": role, "shop": shop})


def key_hash(plain: str) -> bytes:
    """What is kept of a key. It needs no salt: the key itself is 32 random bytes."""
    return hashlib.sha256(plain.encode()).digest()


async def issue_key(
    session: AsyncSession,
    by: str,
    now: datetime,
    person_id: UUID,
    label: str,
    expires_at: datetime | None = None,
    plain: str | None = None,
) -> tuple[str, ApiKey]:
    """Make a key; its plain form is returned here once and kept nowhere. `plain` is for demo installations only."""
    await _person(session, person_id)
    if expires_at is not None and expires_at <= now:
        raise BadOfficeData("expires_at has passed; give a later moment.", field="expires_at")
    plain = plain or KEY_PREFIX + secrets.token_urlsafe(32)
    if await session.scalar(select(ApiKey.id).where(ApiKey.hash == key_hash(plain))):
        raise AlreadyThere("This key exists already; give another one or none.", field="plain")
    row = ApiKey(id=uuid4(), person=person_id, label=label, hash=key_hash(plain), made_at=now, expires_at=expires_at)
    session.add(row)
    await session.flush()
    await record(session, by, now, "key.issued", str(person_id), {"key": str(row.id), "label": label})
    return plain, row


async def revoke_key(session: AsyncSession, by: str, now: datetime, person_id: UUID, key_id: UUID) -> None:
    """From now on the key opens nothing; revoking it twice changes nothing."""
    key = await session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.person != person_id:
        raise NotThere("This person has no such key; GET /people lists people and their keys.")
    if key.revoked_at is None:
        key.revoked_at = now
        await session.flush()
        await record(session, by, now, "key.revoked", str(person_id), {"key": str(key_id), "label": key.label})


async def _person(session: AsyncSession, person_id: UUID) -> Person:
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
