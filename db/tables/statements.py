"""The wallets' statements, and how they differ from our payouts."""

import datetime as moments
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Fen, Key, Model, Moment


class WalletStatement(Model):
    """What was compared: the file by its SHA-256, how many lines it had, how many were our payouts, and what else left
    the wallet. `digest` is NULL where the wallet had none for the day until the evening."""

    __tablename__ = "wallet_statement"
    __table_args__ = (UniqueConstraint("wallet", "day"),)

    id: Mapped[Key]
    wallet: Mapped[str]
    day: Mapped[moments.date] = mapped_column(Date)
    digest: Mapped[str | None]
    lines: Mapped[int]
    ours: Mapped[int]
    others_fen: Mapped[Fen]
    read_at: Mapped[Moment]


class StatementDifference(Model):
    """One difference, once a day. `raw` is a line that could not be read, in its own words: it may name people."""

    __tablename__ = "statement_difference"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('ours_missing', 'theirs_missing', 'amount_differs', 'paid_twice', 'came_back', 'unknown_line')",
            name="kind",
        ),
        CheckConstraint("num_nonnulls(settled_at, settled_by, reason) IN (0, 3)", name="settled_by_somebody"),
        UniqueConstraint("wallet", "day", "kind", "subject"),
        Index("ix_statement_difference_found", "found_at", "id"),
    )

    id: Mapped[Key]
    wallet: Mapped[str]
    day: Mapped[moments.date] = mapped_column(Date)
    kind: Mapped[str]
    subject: Mapped[str]
    shop: Mapped[str | None] = mapped_column(ForeignKey("shop.code"))
    case: Mapped[str | None] = mapped_column("case_number", ForeignKey("case_file.number"))
    ours_fen: Mapped[int | None]
    theirs_fen: Mapped[int | None]
    why: Mapped[str | None]
    raw: Mapped[str | None] = mapped_column(Sealed)
    found_at: Mapped[Moment]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None]
