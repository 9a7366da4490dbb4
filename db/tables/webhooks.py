"""Webhooks: who listens to what of a shop, and what became of each event that they asked for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Key, Model, Moment


class WebhookSubscription(Model):
    """Another system that is told of a shop's cases. `old_secret` signs beside the new one until `old_until`.
    `switched_off_at`: by the house, after long failure; what happens since then is kept as missed."""

    __tablename__ = "webhook_subscription"
    __table_args__ = (
        CheckConstraint("NOT active OR switched_off_at IS NULL", name="on_or_off"),
        CheckConstraint("(old_secret IS NULL) = (old_until IS NULL)", name="old_secret_has_an_end"),
        Index("ix_webhook_subscription_shop", "shop", postgresql_where=text("removed_at IS NULL")),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    label: Mapped[str]
    url: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret: Mapped[str | None] = mapped_column(Sealed)
    old_secret: Mapped[str | None] = mapped_column(Sealed)
    old_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    made_by: Mapped[str]
    made_at: Mapped[Moment]
    removed_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    last_failed_at: Mapped[datetime | None]
    last_code: Mapped[str | None]
    switched_off_at: Mapped[datetime | None]


class WebhookDelivery(Model):
    """One event for one listener; its id is what the listener knows it by, however often it is sent. `code` is the
    status of the last answer, or our own word where there was none. What is said is read from the record."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("subscription", "case_number", "case_seq", name="uq_webhook_delivery_event"),
        CheckConstraint("(state = 'queued') = (next_try_at IS NOT NULL)", name="queued_has_a_time"),
        Index("ix_webhook_delivery_due", "next_try_at", postgresql_where=text("state = 'queued'")),
        Index("ix_webhook_delivery_claimed", "claimed_at", postgresql_where=text("state = 'sending'")),
        Index(
            "ix_webhook_delivery_order",
            "subscription",
            "case_number",
            "serial",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index("ix_webhook_delivery_log", "subscription", "serial"),
        Index("ix_webhook_delivery_ended", "ended_at"),
    )

    id: Mapped[Key]
    serial: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    subscription: Mapped[UUID] = mapped_column(ForeignKey("webhook_subscription.id"))
    case: Mapped[str | None] = mapped_column("case_number", ForeignKey("case_file.number"))
    case_seq: Mapped[int | None]
    type: Mapped[str]
    at: Mapped[Moment]
    state: Mapped[str]
    queued_at: Mapped[Moment]
    next_try_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    code: Mapped[str | None]
