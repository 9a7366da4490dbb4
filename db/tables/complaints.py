"""Complaints of buyers who have left no review."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Key, Model, Moment


class Complaint(Model):
    """What a buyer complained of before there was a review. `source_id` is the sender's own id, so that one told
    twice counts once; `buyer` is linked where we know them already. `how` is by what the buyer was talked to."""

    __tablename__ = "complaint"
    __table_args__ = (
        UniqueConstraint("shop", "source_id"),
        CheckConstraint("num_nonnulls(ended_at, ended_by, outcome) IN (0, 3)", name="ended_by_somebody"),
        CheckConstraint(
            "outcome IN ('explained', 'repaired', 'refund', 'not_reached', 'no_complaint')", name="outcome"
        ),
        Index("ix_complaint_open", "shop", "due_at", "id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_complaint_order", "shop", "order_external_id"),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    source_id: Mapped[str]
    order_external_id: Mapped[str | None]
    buyer: Mapped[UUID | None] = mapped_column(ForeignKey("buyer.id"), index=True)
    channel: Mapped[str]
    text: Mapped[UUID] = mapped_column("text_id", ForeignKey("sealed_text.id"))
    cause: Mapped[str]
    severity: Mapped[int]
    said_at: Mapped[Moment]
    due_at: Mapped[Moment]
    taken_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    taken_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    how: Mapped[str | None]
    words: Mapped[UUID | None] = mapped_column("words_id", ForeignKey("sealed_text.id"))
