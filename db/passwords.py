"""Passwords of local users: argon2id, and one-time codes with which a person chooses one."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.login_sessions import end_sessions
from db.tables.login import PasswordCode, PersonPassword
from db.tables.office import Person
from domain.passwords import normal

CODE_LASTS = timedelta(hours=24)
# Letters and digits that nobody mistakes for each other; 16 of them are 80 bits.
CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 16
# OWASP's first choice (2024): 46 MiB and one pass a hash; argon2id, salts of 16 bytes.
HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
# Compared with where there is no password, so that the answer takes as long.
NOBODYS = HASHER.hash(secrets.token_urlsafe(32))


def hashed(password: str) -> str:
    """Takes tens of milliseconds of a core; never inside a transaction, and not on the loop."""
    return HASHER.hash(normal(password))


def fits(hash: str | None, password: str) -> bool:
    """Whether the password is the one of the hash; as slow as `hashed`, also without a hash."""
    try:
        HASHER.verify(hash or NOBODYS, normal(password))
    except VerificationError:
        return False
    return hash is not None


def outdated(hash: str) -> bool:
    """Whether the hash was made with lower costs than today's."""
    return HASHER.check_needs_rehash(hash)


async def password_of(session: AsyncSession, login: str) -> tuple[Person, str] | None:
    """An active person with a password, and its hash."""
    found = select(Person, PersonPassword.hash).join(PersonPassword, PersonPassword.person == Person.id)
    row = (await session.execute(found.where(Person.login == login, Person.active))).first()
    return (row.Person, row.hash) if row else None


async def keep_hash(session: AsyncSession, person: UUID, hash: str, now: datetime) -> None:
    """The same password, hashed anew: nobody's change."""
    row = insert(PersonPassword).values(person=person, hash=hash, set_at=now)
    await session.execute(row.on_conflict_do_update(index_elements=["person"], set_={"hash": hash}))


async def set_password(
    session: AsyncSession, by: str, now: datetime, person: UUID, hash: str, keep: UUID | None = None
) -> None:
    """Every session but `keep` ends, and a code that waits to be used is used up."""
    row = insert(PersonPassword).values(person=person, hash=hash, set_at=now)
    await session.execute(row.on_conflict_do_update(index_elements=["person"], set_={"hash": hash, "set_at": now}))
    await session.execute(delete(PasswordCode).where(PasswordCode.person == person))
    await record(session, by, now, "password.set", str(person), {})
    await end_sessions(session, by, now, person, "the password was changed", but=keep)


async def reset_password(session: AsyncSession, by: str, now: datetime, person: UUID) -> str:
    """Take the password away, end every session, and return a code with which the person chooses another one, once,
    within a day."""
    code = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
    kept = {"hash": _code_hash(code), "made_at": now, "expires_at": now + CODE_LASTS}
    row = insert(PasswordCode).values(person=person, **kept)
    await session.execute(row.on_conflict_do_update(index_elements=["person"], set_=kept))
    await session.execute(delete(PersonPassword).where(PersonPassword.person == person))
    await record(session, by, now, "password.reset", str(person), {})
    await end_sessions(session, by, now, person, "the password was reset")
    return "-".join(code[start : start + 4] for start in range(0, CODE_LENGTH, 4))


async def take_code(session: AsyncSession, login: str, code: str, now: datetime) -> Person | None:
    """The person whose code this is, used up with it; None for one that is wrong, old or used."""
    wanted = select(Person).where(Person.login == login, Person.active)
    person = await session.scalar(wanted)
    if person is None:
        return None
    used = delete(PasswordCode).where(
        PasswordCode.person == person.id, PasswordCode.hash == _code_hash(code), PasswordCode.expires_at > now
    )
    return person if await session.scalar(used.returning(PasswordCode.person)) else None


def _code_hash(code: str) -> bytes:
    return hashlib.sha256(code.replace("-", "").replace(" ", "").upper().encode()).digest()
