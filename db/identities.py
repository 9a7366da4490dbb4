"""Who somebody at an identity provider is here: said by an administrator, unless the house makes accounts by itself."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import AlreadyThere, NotThere, lock_office, record
from db.login_sessions import end_sessions
from db.staff import add_person, person_of
from db.tables.login import Identity, ProviderAttempt
from db.tables.office import Person

ATTEMPT_LASTS = timedelta(minutes=10)
BY = "oidc"


def word_hash(plain: str) -> bytes:
    return hashlib.sha256(plain.encode()).digest()


async def begin_attempt(
    session: AsyncSession, now: datetime, state: str, browser: str, nonce: str, verifier: str, return_to: str
) -> None:
    """Old ones go with it."""
    row = ProviderAttempt(state=word_hash(state), browser=word_hash(browser), nonce=nonce, verifier=verifier)
    row.return_to, row.made_at = return_to, now
    session.add(row)
    await session.execute(delete(ProviderAttempt).where(ProviderAttempt.made_at < now - ATTEMPT_LASTS))


async def take_attempt(session: AsyncSession, now: datetime, state: str, browser: str) -> ProviderAttempt | None:
    """The login that this browser began, once; None for any other."""
    mine = delete(ProviderAttempt).where(
        ProviderAttempt.state == word_hash(state),
        ProviderAttempt.browser == word_hash(browser),
        ProviderAttempt.made_at > now - ATTEMPT_LASTS,
    )
    found: ProviderAttempt | None = await session.scalar(mine.returning(ProviderAttempt))
    return found


async def person_behind(session: AsyncSession, now: datetime, issuer: str, subject: str, name: str) -> Person | None:
    """The person that they are linked to; None for somebody who waits to be linked from now on."""
    seen = {"name": name, "seen_at": now}
    row = insert(Identity).values(id=uuid4(), issuer=issuer, subject=subject, **seen)
    kept = row.on_conflict_do_update(index_elements=["issuer", "subject"], set_=seen)
    person = await session.scalar(kept.returning(Identity.person))
    return await session.get(Person, person, populate_existing=True) if person else None


async def make_person(session: AsyncSession, now: datetime, issuer: str, subject: str, name: str) -> Person:
    """An account without any role, for a house that lets everybody of its provider have one."""
    login = f"oidc-{secrets.token_hex(4)}"
    person = await add_person(session, BY, now, login=login, name=name or login)
    await link_identity(session, BY, now, person.id, issuer, subject, name)
    return person


async def link_identity(
    session: AsyncSession, by: str, now: datetime, person_id: UUID, issuer: str, subject: str, name: str = ""
) -> Identity:
    """Somebody is one person at most; a person may be several. Raises AlreadyThere."""
    await lock_office(session)
    await person_of(session, person_id)
    known = select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
    row = await session.scalar(known.execution_options(populate_existing=True))
    if row is None:
        row = Identity(id=uuid4(), issuer=issuer, subject=subject, name=name, seen_at=now)
        session.add(row)
    elif row.person is not None and row.person != person_id:
        raise AlreadyThere("This identity is linked to somebody else; take it from them first.", field="subject")
    changed, row.person = row.person != person_id, person_id
    await session.flush()
    if changed:
        facts = {"issuer": issuer, "subject": subject}
        await record(session, by, now, "identity.linked", str(person_id), facts)
    return row


async def unlink_identity(session: AsyncSession, by: str, now: datetime, person_id: UUID, id: UUID) -> None:
    """Whoever came in with it is logged out."""
    row = await session.get(Identity, id, with_for_update=True)
    if row is None or row.person != person_id:
        raise NotThere("This person has no such identity; GET /identities lists them.")
    row.person = None
    await session.flush()
    facts = {"issuer": row.issuer, "subject": row.subject}
    await record(session, by, now, "identity.unlinked", str(person_id), facts)
    await end_sessions(session, by, now, person_id, "an identity was taken away")


async def list_identities(session: AsyncSession, waiting: bool) -> list[Identity]:
    """The latest seen first; `waiting`: only those that nobody has linked."""
    found = select(Identity).order_by(Identity.seen_at.desc(), Identity.id)
    if waiting:
        found = found.where(Identity.person.is_(None))
    return list(await session.scalars(found.limit(1000)))
