"""Dangerous changes of accounts by two people: one makes a one-time code for a change, the other carries it out.

This is what marketplaces do with sub-accounts, whose owner gets a code by phone: whoever took over one administrator's
account can't make themselves another one.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.passwords import CODE_SIGNS
from db.staff import person_of
from db.tables.login import AccountCode
from domain.errors import Refusal
from domain.people import Role

CODE_LASTS = timedelta(minutes=10)
CODE_LENGTH = 10
# Roles that move money, rules or accounts.
POWERFUL = frozenset({Role.SUPERVISOR, Role.FINANCE, Role.ADMIN})


class SecondPersonNeeded(Refusal):
    """The change needs a code that another administrator has made for it."""

    code = "SecondPersonNeeded"


class AccountChange(StrEnum):
    """What a code is good for."""

    GRANT_ROLE = "grant_role"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a change
    LINK_IDENTITY = "link_identity"
    ISSUE_KEY = "issue_key"
    ISSUE_SIGNING_KEY = "issue_signing_key"


async def make_code(session: AsyncSession, by: UUID, now: datetime, change: AccountChange, person: UUID) -> str:
    """Good once, for ten minutes, for this change of this account, in the hands of anybody but its maker."""
    await person_of(session, person)
    plain = "".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH))
    await session.execute(delete(AccountCode).where(AccountCode.expires_at < now))
    row = AccountCode(hash=_hash(plain), made_by=by, change=change, person=person, expires_at=now + CODE_LASTS)
    session.add(row)
    await session.flush()
    await record(session, str(by), now, "account.code_made", str(person), {"change": change})
    return plain


async def use_code(
    session: AsyncSession, by: Collection[UUID], now: datetime, change: AccountChange, person: UUID, code: str | None
) -> None:
    """`by`: the accounts of whoever carries it out. Raises SecondPersonNeeded for a code that is missing, wrong, old,
    used, for another change, or of their own making."""
    used = delete(AccountCode).where(
        AccountCode.hash == _hash(code or ""),
        AccountCode.change == change,
        AccountCode.person == person,
        AccountCode.made_by.not_in(by),
        AccountCode.expires_at > now,
    )
    other = await session.scalar(used.returning(AccountCode.made_by))
    if other is None:
        raise SecondPersonNeeded(
            "This change takes two: ask another administrator for a code (POST /people/{person}/confirmations), and "
            "send it as X-Confirmation.",
            change=change,
        )
    await record(session, str(other), now, "account.confirmed", str(person), {"change": change})


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.replace("-", "").strip().upper().encode()).digest()
