"""The staff."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.office import ApiKey, Person, PersonRole
from domain.people import Role


class RoleLine(BaseModel):
    role: Role
    shop: str | None = Field(description="null: in every shop")


class KeyLine(BaseModel):
    id: UUID
    label: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="to the quarter of an hour")
    roles: list[str] | None = Field(description="null: all of the person's")
    shops: list[str] | None = Field(description="null: all of the person's")
    routes: list[str] | None = Field(description="null: all")


class PersonLine(BaseModel):
    id: UUID
    login: str
    name: str
    skills: list[str]
    capacity: int = Field(description="how many open cases this person is given at most")
    away_until: datetime | None
    active: bool
    team: str | None = Field(description="code of the team")
    human: UUID | None = Field(description="accounts with the same one are of one human being; null: the only account")
    roles: list[RoleLine]
    keys: list[KeyLine] | None = Field(description="for administrators only")


async def names_of(session: AsyncSession) -> dict[str, str]:
    """Every person's name by id. A desk has tens of people, so all of them are one small query."""
    rows = await session.execute(select(Person.id, Person.name))
    return {str(row.id): row.name for row in rows}


async def shops_of(session: AsyncSession, person: UUID) -> frozenset[str] | None:
    """The shops in which a person holds a role; None where one counts in every shop."""
    found = list(await session.scalars(select(PersonRole.shop).where(PersonRole.person == person)))
    return None if None in found else frozenset(shop for shop in found if shop is not None)


async def list_people(
    session: AsyncSession, shops: frozenset[str] | None, with_keys: bool, only: UUID | None = None
) -> list[PersonLine]:
    """The people who hold a role in one of the shops (None: everybody), by login; of their roles those that count in
    these shops."""
    found = select(Person).order_by(Person.login)
    if only is not None:
        found = found.where(Person.id == only)
    if shops is not None:
        here = select(PersonRole.person).where(PersonRole.shop.in_(shops) | PersonRole.shop.is_(None))
        found = found.where(Person.id.in_(here))
    people = list(await session.scalars(found))
    ids = [person.id for person in people]
    held = select(PersonRole).where(PersonRole.person.in_(ids))
    if shops is not None:
        held = held.where(PersonRole.shop.in_(shops) | PersonRole.shop.is_(None))
    roles = list(await session.scalars(held))
    keys = list(await session.scalars(select(ApiKey).where(ApiKey.person.in_(ids)))) if with_keys else None
    return [_line(person, roles, keys) for person in people]


def _line(person: Person, roles: Iterable[PersonRole], keys: Iterable[ApiKey] | None) -> PersonLine:
    known = set(Role)
    held = [RoleLine(role=Role(r.role), shop=r.shop) for r in roles if r.person == person.id and r.role in known]
    return PersonLine(
        id=person.id,
        login=person.login,
        name=person.name,
        skills=person.skills,
        capacity=person.capacity,
        away_until=person.away_until,
        active=person.active,
        team=person.team,
        human=person.human,
        roles=sorted(held, key=lambda line: (line.shop or "", line.role)),
        keys=None if keys is None else [key_line(key) for key in keys if key.person == person.id],
    )


def key_line(key: ApiKey) -> KeyLine:
    return KeyLine(**{name: getattr(key, name) for name in KeyLine.model_fields})
