"""What became of webhooks, and what there is to listen to."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.refund_words import REFUND_SENTENCES
from db.reads.words import SENTENCES
from db.tables.webhooks import WebhookDelivery, WebhookSubscription
from domain.webhooks import WebhookState, event_type


class WebhookDeliveryLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="the `webhook-id` that the listener sees")
    serial: int
    type: str
    case: str | None
    case_seq: int | None
    at: datetime
    state: WebhookState
    queued_at: datetime
    next_try_at: datetime | None
    tries: int
    ended_at: datetime | None
    code: str | None = Field(description="status of the last answer, or our own word where there was none")


class EventKind(BaseModel):
    type: str
    says: str = Field(description="the event in the words of the timeline")


class WebhookTrouble(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    shop: str
    label: str
    failing_since: datetime | None
    switched_off_at: datetime | None
    last_code: str | None


def event_kinds() -> list[EventKind]:
    """Every event of reviews and refunds. Both kinds of case share most of them."""
    kinds = [
        EventKind(type=event_type(kind, event), says=sentence)
        for event, sentence in SENTENCES.items()
        for kind in ("review", "refund")
        if kind == "refund" or event not in REFUND_SENTENCES
    ]
    return sorted(kinds, key=lambda kind: kind.type)


async def list_webhook_deliveries(
    session: AsyncSession, webhook: UUID, state: WebhookState | None, limit: int, before: int | None
) -> list[WebhookDeliveryLine]:
    """The newest first."""
    found = select(WebhookDelivery).where(WebhookDelivery.subscription == webhook)
    if state is not None:
        found = found.where(WebhookDelivery.state == state)
    if before is not None:
        found = found.where(WebhookDelivery.serial < before)
    rows = await session.scalars(found.order_by(WebhookDelivery.serial.desc()).limit(limit))
    return [WebhookDeliveryLine.model_validate(row) for row in rows]


async def troubled_webhooks(session: AsyncSession) -> list[WebhookTrouble]:
    """Those that fail, and those that were switched off for it."""
    ill = or_(WebhookSubscription.failing_since.is_not(None), WebhookSubscription.switched_off_at.is_not(None))
    found = select(WebhookSubscription).where(WebhookSubscription.removed_at.is_(None), ill)
    rows = await session.scalars(found.order_by(WebhookSubscription.shop, WebhookSubscription.label).limit(50))
    return [WebhookTrouble.model_validate(row) for row in rows]
