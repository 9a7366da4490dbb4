"""A shop's own library of public replies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Key, Model, Moment

_IN_USE = text("retired_at IS NULL")

_IN_USE = text("retired_at IS NULL")


class ReplyTemplate(Model):
    """One reply by cause; `sentences` are domain.policies.public_replies.ReplySentence, looked at before they were
    saved. A retired one is kept, since replies that were posted name it."""

    __tablename__ = "reply_template"
    __table_args__ = (
        Index("ix_reply_template_cause", "shop", "cause", postgresql_where=_IN_USE),
        Index(
            "ix_reply_template_title",
            "shop",
            "cause",
            "title",
            unique=True,
            postgresql_where=_IN_USE,
        ),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    cause: Mapped[str]
    title: Mapped[str]
    sentences: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    version: Mapped[int]
    saved_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    saved_at: Mapped[Moment]
    retired_at: Mapped[datetime | None]
