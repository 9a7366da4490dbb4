"""Logs of what was sent are kept for a while and then let go, so that they do not grow for ever."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.login import DoorRefusal, KnownDevice, LoginAttempts, LoginSession, PasswordCode, ProviderAttempt
from db.tables.notices import NoticeDelivery, NoticeTold
from db.tables.pushes import UsedNonce
from db.tables.webhooks import WebhookDelivery
from domain.signed_requests import NONCES_KEPT

# Ours: long enough to ask about last quarter. The record of cases is elsewhere and kept.
KEPT = timedelta(days=90)
A_ROUND = 5000
A_DAY = timedelta(days=1)
# As long as the cookie that a device holds.
DEVICES_KEPT = timedelta(days=180)


async def prune_logs(session: AsyncSession, now: datetime) -> int:
    """A round of each log; how many lines went. What has not ended stays."""
    old = select(NoticeDelivery.id).where(NoticeDelivery.ended_at < now - KEPT).limit(A_ROUND)
    told = list(await session.scalars(old.with_for_update(skip_locked=True)))
    await session.execute(delete(NoticeTold).where(NoticeTold.delivery.in_(told)))
    await session.execute(delete(NoticeDelivery).where(NoticeDelivery.id.in_(told)))
    hooks = select(WebhookDelivery.id).where(WebhookDelivery.ended_at < now - KEPT).limit(A_ROUND)
    gone = delete(WebhookDelivery).where(WebhookDelivery.id.in_(hooks)).returning(WebhookDelivery.id)
    return len(told) + len((await session.execute(gone)).all())


async def prune_logins(session: AsyncSession, now: datetime) -> None:
    """Sessions and refusals at the door that are older than any question about them, and what was good for a moment.
    The office's record keeps who came in when."""
    old = now - KEPT
    await session.execute(delete(LoginSession).where(LoginSession.expires_at < old))
    await session.execute(delete(DoorRefusal).where(DoorRefusal.last_at < old))
    await session.execute(delete(KnownDevice).where(KnownDevice.seen_at < now - DEVICES_KEPT))
    await session.execute(delete(UsedNonce).where(UsedNonce.at < now - NONCES_KEPT))
    await session.execute(delete(LoginAttempts).where(LoginAttempts.since < now - A_DAY))
    await session.execute(delete(PasswordCode).where(PasswordCode.expires_at < now - A_DAY))
    await session.execute(delete(ProviderAttempt).where(ProviderAttempt.made_at < now - A_DAY))
