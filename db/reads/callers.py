"""Who holds a key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.office import ApiKey, Person, PersonRole
from domain.people import Role


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """`roles` are pairs of shop (None: every shop) and role."""

    person: UUID
    login: str
    name: str
    roles: list[tuple[str | None, Role]]


async def key_holder(session: AsyncSession, hash: bytes, now: datetime) -> KeyHolder | None:
    """The active person whose key this is; None for an unknown, expired or revoked key."""
    rows = await session.execute(
        select(Person.id, Person.login, Person.name, PersonRole.shop, PersonRole.role)
        .join(ApiKey, ApiKey.person == Person.id)
        .outerjoin(PersonRole, PersonRole.person == Person.id)
        .where(
            ApiKey.hash == hash,
            ApiKey.revoked_at.is_(None),
            or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
            Person.active,
        )
    )
    found = rows.all()
    if not found:
        return None
    first = found[0]
    known = set(Role)
    # A role that a newer version wrote opens nothing here.
    roles = [(row.shop, Role(row.role)) for row in found if row.role in known]
    return KeyHolder(first.id, first.login, first.name, roles)
