"""What comes in from the marketplace: pushes and the cursor of each shop's list of reviews."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Json, Model, Moment


class Inbox(Model):
    """A push: kept before it is acted on, acted on before it is confirmed, forgotten long after (db/pushes.py). `facts`
    holds ids only."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_open", "shop", "received_at", postgresql_where=text("acted_at IS NULL")),
        Index("ix_inbox_done", "shop", "received_at", postgresql_where=text("acted_at IS NOT NULL")),
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    message: Mapped[str] = mapped_column(primary_key=True)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    topic: Mapped[str]
    facts: Mapped[Json] = mapped_column(JSONB)
    received_at: Mapped[Moment]
    acted_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]


class IntakeCursor(Model):
    """Everything of the shop up to `read_until` has been seen."""

    __tablename__ = "intake_cursor"

    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"), primary_key=True)
    read_until: Mapped[Moment]
    ran_at: Mapped[Moment]
