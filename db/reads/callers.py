"""Who holds a key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.tables.office import ApiKey, Person, PersonRole
from domain.people import Role


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """`roles` are pairs of shop (None: every shop) and role; `accounts` the ids of other accounts of the same human
    being."""

    person: UUID
    login: str
    name: str
    roles: list[tuple[str | None, Role]]
    accounts: frozenset[str] = frozenset()


_OTHER = aliased(Person)
_ACCOUNTS = (
    select(func.array_agg(_OTHER.id)).where(_OTHER.human == Person.human, _OTHER.id != Person.id).scalar_subquery()
)
# Built once: every request asks this.
_HOLDER = (
    select(Person.id, Person.login, Person.name, PersonRole.shop, PersonRole.role, _ACCOUNTS.label("accounts"))
    .join(ApiKey, ApiKey.person == Person.id)
    .outerjoin(PersonRole, PersonRole.person == Person.id)
    .where(
        ApiKey.hash == bindparam("hash"),
        ApiKey.revoked_at.is_(None),
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("now")),
        Person.active,
    )
)
_KNOWN = frozenset(Role)


async def key_holder(session: AsyncSession, hash: bytes, now: datetime) -> KeyHolder | None:
    """The active person whose key this is; None for an unknown, expired or revoked key."""
    found = (await session.execute(_HOLDER, {"hash": hash, "now": now})).all()
    if not found:
        return None
    first = found[0]
    # A role that a newer version wrote opens nothing here.
    roles = [(row.shop, Role(row.role)) for row in found if row.role in _KNOWN]
    accounts = frozenset(str(other) for other in first.accounts or ())
    return KeyHolder(first.id, first.login, first.name, roles, accounts)
