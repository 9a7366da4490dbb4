"""Who came in with a key or a session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, null, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.tables.cases import CaseFile
from db.tables.login import LoginSession
from db.tables.office import ApiKey, Person, PersonRole
from db.tables.pushes import SigningKey
from domain.entry import WIDE, Entry, EntryKind, Scope
from domain.people import Role


@dataclass(frozen=True, slots=True)
class Holder:
    """A person, what they came in with, and how far that reaches. `roles` are pairs of shop (None: every shop) and
    role; `accounts` the ids of other accounts of the same human being. `case` is the row asked for along with them,
    which the holder may or may not see."""

    person: UUID
    login: str
    name: str
    active: bool
    roles: list[tuple[str | None, Role]]
    entry: Entry
    entry_id: UUID
    scope: Scope = WIDE
    case: CaseFile | None = None
    accounts: frozenset[str] = frozenset()


_OTHER = aliased(Person)
_ACCOUNTS = (
    select(func.array_agg(_OTHER.id)).where(_OTHER.human == Person.human, _OTHER.id != Person.id).scalar_subquery()
)
_KNOWN = frozenset(Role)
_SERVICE = Scope(roles=frozenset({Role.SERVICE}))


def _holder(
    of: type[ApiKey] | type[LoginSession] | type[SigningKey], match: ColumnElement[bool], *more: ColumnElement[Any]
) -> Select[Any]:
    """Built once: every request asks this, by one index. Whether it opens anything is a rule of domain/entry.py, so
    that each refusal has its name."""
    person = (Person.id, Person.login, Person.name, Person.active, _ACCOUNTS.label("accounts"))
    entry = (of.id.label("entry"), of.made_at, of.expires_at)
    return (
        select(*person, PersonRole.shop, PersonRole.role, *entry, *more)
        .join(of, of.person == Person.id)
        .outerjoin(PersonRole, PersonRole.person == Person.id)
        .where(match)
    )


_OF_KEY = _holder(
    ApiKey,
    ApiKey.hash == bindparam("hash"),
    ApiKey.revoked_at.label("ended_at"),
    null().label("why_ended"),
    ApiKey.last_used_at.label("seen_at"),
    ApiKey.roles.label("for_roles"),
    ApiKey.shops.label("for_shops"),
    ApiKey.routes.label("for_routes"),
)
_OF_SESSION = _holder(
    LoginSession,
    LoginSession.hash == bindparam("hash"),
    LoginSession.ended_at.expression,
    LoginSession.why_ended.expression,
    LoginSession.seen_at.expression,
)
_OF_SIGNING = _holder(
    SigningKey,
    SigningKey.id == bindparam("hash"),
    SigningKey.revoked_at.label("ended_at"),
    null().label("why_ended"),
    SigningKey.last_used_at.label("seen_at"),
    SigningKey.secret.expression,
)


def _with_case(of: Select[Any]) -> Select[Any]:
    """Most requests speak of one case, whose row comes along: one round trip, not two."""
    return of.add_columns(CaseFile).outerjoin(CaseFile, CaseFile.number == bindparam("case"))


_OF_KEY_AND_CASE, _OF_SESSION_AND_CASE = _with_case(_OF_KEY), _with_case(_OF_SESSION)
_OF_SIGNING_AND_CASE = _with_case(_OF_SIGNING)


async def key_holder(session: AsyncSession, hash: bytes, case: str | None = None) -> Holder | None:
    """Whose key this is, with the row of that case; None for an unknown key."""
    found = await _found(session, _OF_KEY, _OF_KEY_AND_CASE, hash, case)
    if not found:
        return None
    first = found[0]
    scope = Scope.of(first.for_roles, first.for_shops, first.for_routes)
    return _as_holder(found, _entry(first, EntryKind.KEY), scope, case)


async def session_holder(session: AsyncSession, hash: bytes, idle: timedelta, case: str | None = None) -> Holder | None:
    """Whose session this is, with the row of that case; None for an unknown one."""
    found = await _found(session, _OF_SESSION, _OF_SESSION_AND_CASE, hash, case)
    return _as_holder(found, _entry(found[0], EntryKind.SESSION, idle), WIDE, case) if found else None


async def signing_holder(session: AsyncSession, id: UUID, case: str | None = None) -> tuple[Holder, str] | None:
    """Whose signing key this is, with its secret and the row of that case; None for an unknown one. Whatever else the
    account has become, what signs by itself does a service's work only."""
    found = await _found(session, _OF_SIGNING, _OF_SIGNING_AND_CASE, id, case)
    if not found:
        return None
    return _as_holder(found, _entry(found[0], EntryKind.SIGNATURE), _SERVICE, case), str(found[0].secret)


async def _found(
    session: AsyncSession, alone: Select[Any], along: Select[Any], hash: bytes | UUID, case: str | None
) -> list[Row[Any]]:
    wanted, asked = (alone, {}) if case is None else (along, {"case": case})
    return list((await session.execute(wanted, {"hash": hash, **asked})).all())


def _entry(row: Row[Any], kind: EntryKind, idle: timedelta | None = None) -> Entry:
    seen: datetime | None = row.seen_at
    return Entry(kind, row.made_at, row.expires_at, row.ended_at, row.why_ended or "", seen, idle)


def _as_holder(found: list[Row[Any]], entry: Entry, scope: Scope, case: str | None) -> Holder:
    first = found[0]
    # A role that a newer version wrote opens nothing here.
    roles = [(row.shop, Role(row.role)) for row in found if row.role in _KNOWN]
    accounts = frozenset(str(other) for other in first.accounts or ())
    row = None if case is None else first.CaseFile
    return Holder(first.id, first.login, first.name, first.active, roles, entry, first.entry, scope, row, accounts)
