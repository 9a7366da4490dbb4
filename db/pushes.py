"""Forgetting pushes. A marketplace sends one again until it was confirmed, so what an inbox keeps is what tells a
repetition from news."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.inbox import Inbox

# Ours: a confirmed push comes no more, and a month is enough for whoever asks what became of it.
CONFIRMED_KEPT = timedelta(days=30)
# Ours: one whose confirmation never got through may still come again; no marketplace repeats for a quarter of a year.
UNCONFIRMED_KEPT = timedelta(days=90)


async def forget_pushes(session: AsyncSession, shop: str, now: datetime, limit: int) -> int:
    """Delete at most `limit` pushes that were acted on and came long enough ago; how many there were. What nobody has
    acted on stays."""
    old = select(Inbox.source, Inbox.message).where(Inbox.shop == shop, Inbox.acted_at.is_not(None))
    confirmed = Inbox.confirmed_at.is_not(None) & (Inbox.received_at < now - CONFIRMED_KEPT)
    old = old.where(confirmed | (Inbox.received_at < now - UNCONFIRMED_KEPT)).order_by(Inbox.received_at).limit(limit)
    gone = delete(Inbox).where(tuple_(Inbox.source, Inbox.message).in_(old))
    done = await session.scalars(gone.returning(Inbox.message).execution_options(synchronize_session=False))
    return len(done.all())
