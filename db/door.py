"""What was refused at the door: one line an hour for each kind, subject and address, however often it was tried."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.tables.login import DoorRefusal

BY = "door"


async def note_refused(session: AsyncSession, kind: str, subject: str, address: str, now: datetime) -> None:
    """The first one of a kind and subject in an hour also stands in the office's chain, so nobody can fill that."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    row = insert(DoorRefusal).values(
        hour=hour, kind=kind, subject=subject, address=address, times=1, first_at=now, last_at=now
    )
    again = {"times": DoorRefusal.times + 1, "last_at": now}
    noted = row.on_conflict_do_update(index_elements=["hour", "kind", "subject", "address"], set_=again)
    if await session.scalar(noted.returning(DoorRefusal.times)) == 1 and await _is_first(session, hour, kind, subject):
        await record(session, BY, now, "door.refused", subject, {"kind": kind, "address": address})


async def list_refused(session: AsyncSession, since: datetime, limit: int) -> list[DoorRefusal]:
    """The latest first."""
    found = select(DoorRefusal).where(DoorRefusal.last_at >= since).order_by(DoorRefusal.last_at.desc())
    return list(await session.scalars(found.limit(limit)))


async def _is_first(session: AsyncSession, hour: datetime, kind: str, subject: str) -> bool:
    same = select(func.count()).select_from(DoorRefusal)
    same = same.where(DoorRefusal.hour == hour, DoorRefusal.kind == kind, DoorRefusal.subject == subject)
    return await session.scalar(same) == 1
