"""Who holds a key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.tables.cases import CaseFile
from db.tables.office import ApiKey, Person, PersonRole
from domain.people import Role


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """`roles` are pairs of shop (None: every shop) and role; `accounts` the ids of other accounts of the same human
    being. `case` is the row asked for along with them, which the holder may or may not see."""

    person: UUID
    login: str
    name: str
    roles: list[tuple[str | None, Role]]
    case: CaseFile | None = None
    accounts: frozenset[str] = frozenset()


_OTHER = aliased(Person)
_ACCOUNTS = (
    select(func.array_agg(_OTHER.id)).where(_OTHER.human == Person.human, _OTHER.id != Person.id).scalar_subquery()
)
# Built once: every request asks this. Most requests speak of one case, whose row comes along: one round trip, not two.
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
_HOLDER_AND_CASE = _HOLDER.add_columns(CaseFile).outerjoin(CaseFile, CaseFile.number == bindparam("case"))
_KNOWN = frozenset(Role)


async def key_holder(session: AsyncSession, hash: bytes, now: datetime, case: str | None = None) -> KeyHolder | None:
    """The active person whose key this is, with the row of that case; None for an unknown, expired or revoked key."""
    wanted, asked = (_HOLDER, {}) if case is None else (_HOLDER_AND_CASE, {"case": case})
    found = (await session.execute(wanted, {"hash": hash, "now": now, **asked})).all()
    if not found:
        return None
    first = found[0]
    # A role that a newer version wrote opens nothing here.
    roles = [(row.shop, Role(row.role)) for row in found if row.role in _KNOWN]
    accounts = frozenset(str(other) for other in first.accounts or ())
    row = None if case is None else first.CaseFile
    return KeyHolder(first.id, first.login, first.name, roles, row, accounts)
