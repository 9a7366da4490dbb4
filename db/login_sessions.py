"""Sessions of people who have logged in: on this side, so that ending one ends it at once."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.tables.login import LoginSession

# A look is written down when the one that was written before is as old as this.
SPARSE = timedelta(minutes=1)
LONGEST_AGENT = 200


@dataclass(frozen=True, slots=True)
class CameFrom:
    """How somebody came in, from which address, with which browser."""

    how: str
    address: str
    agent: str = ""


def session_hash(plain: str) -> bytes:
    """What is kept of a session's id, which is 32 random bytes."""
    return hashlib.sha256(plain.encode()).digest()


async def open_session(
    session: AsyncSession, now: datetime, person: UUID, came: CameFrom, lasts: timedelta
) -> tuple[str, LoginSession]:
    """A session with an id of its own, whatever the browser had before; the id is returned here once."""
    plain = secrets.token_urlsafe(32)
    row = LoginSession(id=uuid4(), person=person, hash=session_hash(plain), how=came.how, made_at=now, seen_at=now)
    row.expires_at, row.address, row.agent = now + lasts, came.address, came.agent[:LONGEST_AGENT]
    session.add(row)
    await session.flush()
    await record(session, str(person), now, "session.opened", str(person), {"session": str(row.id), "how": came.how})
    return plain, row


async def end_sessions(
    session: AsyncSession,
    by: str,
    now: datetime,
    person: UUID,
    why: str,
    *,
    only: UUID | None = None,
    but: UUID | None = None,
) -> int:
    """End one session of a person, or all of them, or all but one. How many there were."""
    open_ones = update(LoginSession).where(LoginSession.person == person, LoginSession.ended_at.is_(None))
    if only is not None:
        open_ones = open_ones.where(LoginSession.id == only)
    if but is not None:
        open_ones = open_ones.where(LoginSession.id != but)
    ended = open_ones.where(LoginSession.expires_at > now).values(ended_at=now, why_ended=why)
    ids = sorted(str(id) for id in await session.scalars(ended.returning(LoginSession.id)))
    if ids:
        await record(session, by, now, "session.ended", str(person), {"sessions": ids, "why": why})
    return len(ids)


async def note_seen(session: AsyncSession, id: UUID, now: datetime) -> None:
    """A session that has ended meanwhile stays as it is."""
    seen = update(LoginSession).where(LoginSession.id == id, LoginSession.ended_at.is_(None))
    await session.execute(seen.values(seen_at=now))


async def list_sessions(session: AsyncSession, person: UUID) -> list[LoginSession]:
    """The newest first, ended ones too."""
    found = select(LoginSession).where(LoginSession.person == person).order_by(LoginSession.made_at.desc())
    return list(await session.scalars(found.limit(200)))
