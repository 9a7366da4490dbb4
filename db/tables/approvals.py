"""Offers that wait for an approval, so that whoever may give it finds them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from db.tables.model import Fen, Model, Moment


class WaitingApproval(Model):
    """An offer above its maker's right, as its case's state has it. `missing` are the roles that still count,
    `given_by` those who have approved. `ended_at` is when it was decided, expired, or put on hold."""

    __tablename__ = "waiting_approval"
    __table_args__ = (
        Index("ix_waiting_approval_open", "shop", "expires_at", postgresql_where=text("ended_at IS NULL")),
    )

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    offer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    form: Mapped[str]
    amount_fen: Mapped[Fen]
    maker: Mapped[str]
    missing: Mapped[list[str]] = mapped_column(ARRAY(Text))
    given_by: Mapped[list[str]] = mapped_column(ARRAY(Text))
    since: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[datetime | None]
