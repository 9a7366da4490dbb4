"""The office's own record: every change of shops, people, keys and policies is one line of a hash chain."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import chain
from db.tables.model import Model
from db.tables.office import OfficeEvent
from domain.errors import Refusal

# Office changes are rare; one at a time keeps the chain and every "is it the last one?" check simple.
_OFFICE = 0x6F6666696365  # "office"
_SECRET = frozenset({"credentials"})


async def lock_office(session: AsyncSession) -> None:
    """Wait until no other transaction changes office data; held to the end of this one."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _OFFICE})


async def record(
    session: AsyncSession, by: str, now: datetime, kind: str, subject: str, facts: Mapping[str, Any]
) -> None:
    """Add one line; `facts` is plain JSON data without secrets and without buyers."""
    await lock_office(session)
    last = (
        await session.execute(select(OfficeEvent.seq, OfficeEvent.hash).order_by(OfficeEvent.seq.desc()).limit(1))
    ).first()
    seq, previous = (last.seq + 1, last.hash) if last else (1, chain.FIRST)
    line = {"seq": seq, "at": now, "actor": by, "kind": kind, "subject": subject, "facts": dict(facts)}
    await session.execute(insert(OfficeEvent).values(**line, previous=previous, hash=chain.link(previous, line)))


async def broken_at(session: AsyncSession) -> int | None:
    """The seq of the first line that does not follow from the one before it; None when the whole chain holds."""
    previous, seq = chain.FIRST, 0
    async for event in await session.stream_scalars(select(OfficeEvent).order_by(OfficeEvent.seq)):
        seq += 1
        line = {name: getattr(event, name) for name in chain.OFFICE_LINE}
        if event.seq != seq or event.previous != previous or event.hash != chain.link(previous, line):
            return seq
        previous = event.hash
    return None


class BadOfficeData(Refusal):
    """A field of a shop or a person can't be used; `facts["field"]` names it."""

    code = "BadOfficeData"


class AlreadyThere(Refusal):
    """A shop code, login or key is taken."""

    code = "AlreadyThere"


class NotThere(Refusal):
    """There is no such shop, person or key."""

    code = "NotFound"


def apply_changes(row: Model, changes: dict[str, Any]) -> dict[str, Any]:
    """Set the fields that differ and return them as old and new for the record; of secrets only that they changed."""
    changed: dict[str, Any] = {}
    for field, new in changes.items():
        old = getattr(row, field)
        if old != new:
            setattr(row, field, new)
            changed[field] = {"changed": True} if field in _SECRET else {"old": _said(old), "new": _said(new)}
    return changed


def _said(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
