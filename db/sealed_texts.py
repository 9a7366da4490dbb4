"""Texts that people wrote: sealed into rows of their own, so that history and events carry a reference only."""

import os
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.sealing import commitment
from db.sessions import rows
from db.tables.buyers import SealedText
from domain.sealed import SealedRef

# Built once: every step with words of a person writes one.
_TEXTS = SealedText.metadata.tables[SealedText.__tablename__]
_KEEP = insert(_TEXTS).on_conflict_do_nothing().returning(_TEXTS.c.digest)


async def seal_text(session: AsyncSession, kind: str, text: str, now: datetime, id: UUID | None = None) -> SealedRef:
    """Keep a text and return the reference by which steps and events speak of it. `kind` says what it is for, like
    `review` or `note`. With an `id` that is known already, the text that was kept first stays."""
    row, salt = id or uuid4(), os.urandom(16)
    digest = commitment(salt, text)
    kept = {"id": row, "kind": kind, "body": text, "salt": salt, "digest": digest, "written_at": now}
    made = (await rows(session, _KEEP, kept)).scalar()
    if made is None:
        digest = (await session.scalars(select(SealedText.digest).where(SealedText.id == row))).one()
    return SealedRef(id=str(row), digest=digest)


async def open_text(session: AsyncSession, id: str | UUID) -> str | None:
    """The text; None when it was erased or never was."""
    body: str | None = await session.scalar(select(SealedText.body).where(SealedText.id == UUID(str(id))))
    return body


async def drop_texts(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Remove texts that nothing refers to: those of a step that was refused."""
    await session.execute(delete(SealedText).where(SealedText.id.in_(ids)))
