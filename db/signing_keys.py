"""Secrets with which service accounts sign what they push, and the nonces that were used up."""

import secrets
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import BadOfficeData, NotThere, record
from db.staff import person_of
from db.tables.office import PersonRole
from db.tables.pushes import SigningKey, UsedNonce
from domain.people import Role
from domain.signed_requests import NONCES_KEPT


async def issue_signing_key(
    session: AsyncSession, by: str, now: datetime, person_id: UUID, label: str, expires_at: datetime | None = None
) -> tuple[str, SigningKey]:
    """The secret is returned here once. Only for an account that is a service and nothing else, so that what signs by
    itself can do no person's work."""
    person = await person_of(session, person_id)
    roles = set(await session.scalars(select(PersonRole.role).where(PersonRole.person == person_id)))
    if roles - {Role.SERVICE}:
        raise BadOfficeData(f"{person.login} is more than a service; make an account for the program.", field="person")
    if expires_at is not None and expires_at <= now:
        raise BadOfficeData("expires_at has passed; give a later moment.", field="expires_at")
    row = SigningKey(id=uuid4(), person=person_id, label=label, secret=secrets.token_urlsafe(32))
    row.made_at, row.expires_at = now, expires_at
    session.add(row)
    await session.flush()
    await record(session, by, now, "signing_key.issued", str(person_id), {"key": str(row.id), "label": label})
    return row.secret, row


async def revoke_signing_key(session: AsyncSession, by: str, now: datetime, person_id: UUID, id: UUID) -> None:
    """Revoking it twice changes nothing."""
    row = await session.get(SigningKey, id, with_for_update=True)
    if row is None or row.person != person_id:
        raise NotThere("This account has no such signing key.")
    if row.revoked_at is None:
        row.revoked_at = now
        await session.flush()
        await record(session, by, now, "signing_key.revoked", str(person_id), {"key": str(id), "label": row.label})


async def signing_keys_of(session: AsyncSession, person_id: UUID) -> list[SigningKey]:
    """The newest first."""
    found = select(SigningKey).where(SigningKey.person == person_id).order_by(SigningKey.made_at.desc(), SigningKey.id)
    return list(await session.scalars(found))


async def use_nonce(session: AsyncSession, key: UUID, nonce: str, now: datetime) -> bool:
    """Whether it is new; from now on it is not."""
    row = insert(UsedNonce).values(key=key, nonce=nonce, at=now).on_conflict_do_nothing()
    return await session.scalar(row.returning(UsedNonce.nonce)) is not None


async def note_signature_used(session: AsyncSession, key: UUID, now: datetime) -> None:
    """Asked now and then; old nonces go with it."""
    await session.execute(update(SigningKey).where(SigningKey.id == key).values(last_used_at=now))
    await session.execute(delete(UsedNonce).where(UsedNonce.at < now - NONCES_KEPT))
