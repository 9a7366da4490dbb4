"""Claims at couriers, each with what it asked for, what was answered, and what came."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Fen, Model, Moment


class CourierClaim(Model):
    """The truth about one claim, by its permanent key. A parcel is claimed for once, unless the courier did not even
    take the claim, or a person gave it up. `remark` are the courier's own words; `outside_id` is its number there."""

    __tablename__ = "courier_claim"
    __table_args__ = (
        CheckConstraint("claimed_fen > 0", name="positive"),
        CheckConstraint("agreed_fen BETWEEN 0 AND claimed_fen", name="agreed_within"),
        CheckConstraint("paid_fen BETWEEN 0 AND claimed_fen", name="paid_within"),
        CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name="paid_has_a_time"),
        Index(
            "ix_courier_claim_once",
            "shipment",
            unique=True,
            postgresql_where=text("status NOT IN ('rejected', 'dropped')"),
        ),
        Index("ix_courier_claim_shop", "shop", "made_at", "key"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), index=True)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    shipment: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    kind: Mapped[str]
    claimed_fen: Mapped[Fen]
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    status: Mapped[str]
    code: Mapped[str | None]
    agreed_fen: Mapped[Fen] = mapped_column(default=0)
    paid_fen: Mapped[Fen] = mapped_column(default=0)
    outside_id: Mapped[str | None]
    pay_number: Mapped[str | None]
    remark: Mapped[str | None] = mapped_column(Sealed)
    until: Mapped[Moment]
    answer_due_at: Mapped[Moment]
    ask_hours: Mapped[int]
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[Moment]
    filed_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
