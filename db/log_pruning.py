"""Logs of what was sent are kept for a while and then let go, so that they do not grow for ever."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.notices import NoticeDelivery, NoticeTold
from db.tables.webhooks import WebhookDelivery

# Ours: long enough to ask about last quarter. The record of cases is elsewhere and kept.
KEPT = timedelta(days=90)
A_ROUND = 5000


async def prune_logs(session: AsyncSession, now: datetime) -> int:
    """A round of each log; how many lines went. What has not ended stays."""
    old = select(NoticeDelivery.id).where(NoticeDelivery.ended_at < now - KEPT).limit(A_ROUND)
    told = list(await session.scalars(old.with_for_update(skip_locked=True)))
    await session.execute(delete(NoticeTold).where(NoticeTold.delivery.in_(told)))
    await session.execute(delete(NoticeDelivery).where(NoticeDelivery.id.in_(told)))
    hooks = select(WebhookDelivery.id).where(WebhookDelivery.ended_at < now - KEPT).limit(A_ROUND)
    gone = delete(WebhookDelivery).where(WebhookDelivery.id.in_(hooks)).returning(WebhookDelivery.id)
    return len(told) + len((await session.execute(gone)).all())
