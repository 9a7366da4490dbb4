"""Keys with which people and programs call the api: making, narrowing, rotating, revoking."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, BadOfficeData, NotThere, record
from db.shops import shop_of
from db.staff import person_of
from db.tables.office import ApiKey
from domain.entry import WIDE, KeyExpired, KeyRevoked, Scope

KEY_PREFIX = "ak_"
# A use is written down when the one that was written before is as old as this.
SPARSE = timedelta(minutes=15)


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
    scope: Scope = WIDE,
) -> tuple[str, ApiKey]:
    """Make a key; its plain form is returned here once and kept nowhere. `plain` is for demo installations only."""
    await person_of(session, person_id)
    if expires_at is not None and expires_at <= now:
        raise BadOfficeData("expires_at has passed; give a later moment.", field="expires_at")
    for shop in scope.shops or ():
        await shop_of(session, shop)
    plain = plain or KEY_PREFIX + secrets.token_urlsafe(32)
    if await session.scalar(select(ApiKey.id).where(ApiKey.hash == key_hash(plain))):
        raise AlreadyThere("This key exists already; give another one or none.", field="plain")
    row = ApiKey(id=uuid4(), person=person_id, label=label, hash=key_hash(plain), made_at=now, expires_at=expires_at)
    row.roles, row.shops, row.routes = _listed(scope.roles), _listed(scope.shops), _listed(scope.routes)
    session.add(row)
    await session.flush()
    await record(session, by, now, "key.issued", str(person_id), _said(row))
    return plain, row


async def rotate_key(
    session: AsyncSession, by: str, now: datetime, person_id: UUID, key_id: UUID, old_until: datetime
) -> tuple[str, ApiKey]:
    """A new key of the same label, scope and length of life; the old one is good until `old_until` at most. Raises
    KeyRevoked or KeyExpired for one that is good for nothing."""
    old = await _key(session, person_id, key_id)
    if old.revoked_at is not None:
        raise KeyRevoked("This key was revoked; issue a new one.")
    if old.expires_at is not None and old.expires_at <= now:
        raise KeyExpired("This key has expired; issue a new one.")
    lasts = old.expires_at - old.made_at if old.expires_at else None
    plain, new = await issue_key(
        session, by, now, person_id, old.label, now + lasts if lasts else None, scope=scope_of(old)
    )
    old.expires_at = min(old_until, old.expires_at or old_until)
    await session.flush()
    facts = {"key": str(key_id), "new": str(new.id), "old_until": old.expires_at.isoformat()}
    await record(session, by, now, "key.rotated", str(person_id), facts)
    return plain, new


async def revoke_key(session: AsyncSession, by: str, now: datetime, person_id: UUID, key_id: UUID) -> None:
    """From now on the key opens nothing; revoking it twice changes nothing."""
    key = await _key(session, person_id, key_id)
    if key.revoked_at is None:
        key.revoked_at = now
        await session.flush()
        await record(session, by, now, "key.revoked", str(person_id), {"key": str(key_id), "label": key.label})


async def note_key_used(session: AsyncSession, key_id: UUID, now: datetime) -> None:
    used = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    await session.execute(used.values(last_used_at=now))


async def keys_of(session: AsyncSession, person_id: UUID) -> list[ApiKey]:
    """The newest first."""
    found = select(ApiKey).where(ApiKey.person == person_id).order_by(ApiKey.made_at.desc(), ApiKey.id)
    return list(await session.scalars(found))


def scope_of(key: ApiKey) -> Scope:
    return Scope.of(key.roles, key.shops, key.routes)


async def _key(session: AsyncSession, person_id: UUID, key_id: UUID) -> ApiKey:
    key = await session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.person != person_id:
        raise NotThere("This person has no such key; GET /people lists people and their keys.")
    return key


def _listed(wanted: Iterable[str] | None) -> list[str] | None:
    return None if wanted is None else sorted(wanted)


def _said(row: ApiKey) -> dict[str, Any]:
    """Facts that are not there are left out, so that a wide key is told as it always was."""
    scope = {name: value for name in ("roles", "shops", "routes") if (value := getattr(row, name)) is not None}
    return {"key": str(row.id), "label": row.label, **scope}
