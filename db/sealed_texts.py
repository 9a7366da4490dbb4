"""Texts that people wrote: sealed into rows of their own, so that history and events carry a reference only."""

import os
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.sealing import commitment
from db.tables.buyers import SealedText
from domain.sealed import SealedRef


async def seal_text(session: AsyncSession, kind: str, text: str, now: datetime) -> SealedRef:
    """Keep a text and return the reference by which steps and events speak of it. `kind` says what it is for, like
    `review` or `note`."""
    row, salt = uuid4(), os.urandom(16)
    digest = commitment(salt, text)
    await session.execute(
        insert(SealedText).values(id=row, kind=kind, body=text, salt=salt, digest=digest, written_at=now)
    )
    return SealedRef(id=str(row), digest=digest)


async def open_text(session: AsyncSession, id: str | UUID) -> str | None:
    """The text; None when it was erased or never was."""
    body: str | None = await session.scalar(select(SealedText.body).where(SealedText.id == UUID(str(id))))
    return body
