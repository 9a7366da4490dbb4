"""Events that somebody listens to, written down in the transaction that records them."""

from collections.abc import Sequence
from uuid import uuid4

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import CaseFile
from db.tables.webhooks import WebhookDelivery, WebhookSubscription
from domain.sealed import Event
from domain.webhooks import WebhookState, event_type, wants

# Whoever was switched off after long failure gets what it missed when it is mended.
_LISTENS = WebhookSubscription.removed_at.is_(None) & or_(
    WebhookSubscription.active, WebhookSubscription.switched_off_at.is_not(None)
)


def somebody_listens() -> ColumnElement[bool]:
    """Asked within the statement that locks a case's file, so that a shop without listeners pays no statement."""
    return select(WebhookSubscription.id).where(WebhookSubscription.shop == CaseFile.shop, _LISTENS).exists()


async def keep_webhooks(session: AsyncSession, case_kind: str, shop: str, number: str, events: Sequence[Event]) -> None:
    """A delivery for each event and listener; a repeat finds its own."""
    listeners = list(
        await session.scalars(select(WebhookSubscription).where(WebhookSubscription.shop == shop, _LISTENS))
    )
    rows = [
        {
            "id": uuid4(),
            "subscription": listener.id,
            "case": number,
            "case_seq": event.seq,
            "type": type,
            "at": event.at,
            "queued_at": event.at,
            "state": WebhookState.QUEUED if listener.active else WebhookState.MISSED,
            "next_try_at": event.at if listener.active else None,
            "ended_at": None if listener.active else event.at,
            "tries": 0,
        }
        for event in events
        if (type := event_type(case_kind, event.kind))
        for listener in listeners
        if wants(listener.kinds, type)
    ]
    if rows:
        await session.execute(insert(WebhookDelivery).on_conflict_do_nothing(), rows)
