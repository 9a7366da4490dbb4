"""Counting attempts to log in, before each is looked at: who tries a hundred at once has made a hundred."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.login import KnownDevice, LoginAttempts
from domain.lockout import LIMITS, Count

MOST_DEVICES = 20


async def count_attempt(session: AsyncSession, count: Count, subject: bytes, now: datetime) -> tuple[int, datetime]:
    """Attempts of this subject within the count's time, this one included, and since when."""
    oldest = now - LIMITS[count].within
    over = LoginAttempts.since <= oldest
    row = insert(LoginAttempts).values(count=count, subject=subject, attempts=1, since=now)
    again = {
        "attempts": case((over, 1), else_=LoginAttempts.attempts + 1),
        "since": case((over, now), else_=LoginAttempts.since),
    }
    counted = row.on_conflict_do_update(index_elements=["count", "subject"], set_=again)
    found = (await session.execute(counted.returning(LoginAttempts.attempts, LoginAttempts.since))).one()
    return found.attempts, found.since


async def forget_attempts(session: AsyncSession, subjects: Mapping[Count, bytes], now: datetime) -> None:
    """Those of a login that has succeeded, and whatever is too old to count. A stranger's attempts on the login as a
    whole stay."""
    for count, subject in subjects.items():
        if count is not Count.LOGIN:
            mine = LoginAttempts.subject == subject
            await session.execute(delete(LoginAttempts).where(LoginAttempts.count == count, mine))
    longest = max(limit.within for limit in LIMITS.values())
    await session.execute(delete(LoginAttempts).where(LoginAttempts.since < now - longest))


def subject_of(login: str, *what: str) -> bytes:
    return hashlib.sha256("\x00".join((login, *what)).encode()).digest()


def device_hash(plain: str) -> bytes:
    """What is kept of the word that a known device holds."""
    return hashlib.sha256(plain.encode()).digest()


async def is_known_device(session: AsyncSession, person: UUID, plain: str) -> bool:
    known = select(KnownDevice.hash).where(KnownDevice.hash == device_hash(plain), KnownDevice.person == person)
    return await session.scalar(known) is not None


async def remember_device(session: AsyncSession, person: UUID, plain: str, now: datetime) -> None:
    """Of many devices those that were seen last are kept."""
    row = insert(KnownDevice).values(hash=device_hash(plain), person=person, seen_at=now)
    await session.execute(row.on_conflict_do_update(index_elements=["hash"], set_={"person": person, "seen_at": now}))
    mine = select(KnownDevice.hash).where(KnownDevice.person == person).order_by(KnownDevice.seen_at.desc())
    old = delete(KnownDevice).where(KnownDevice.person == person, KnownDevice.hash.in_(mine.offset(MOST_DEVICES)))
    await session.execute(old)
