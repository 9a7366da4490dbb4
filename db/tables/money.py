"""Money: payouts and the ledger of what was paid. All amounts are integer fen."""

import datetime as moments
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Fen, Json, Model, Moment


class Payout(Model):
    """One payout decision; its key is the truth about money. `wire` are the exact bytes sent, kept before sending, and
    `sealed_with` is the wallet's key for a part of them; `gate` says in words which gate let it through and why,
    `gate_facts` what that rested on. `closed`: the number can't be paid any more. `ticket` is what the buyer's app
    confirms the receipt with. What a person found out instead of us stands in `decision`. What a person gives by hand
    names the proof instead, who may give it, who gave it and who looked at the proof. Of a coupon the
    row names its kind and which ones of it the buyer had before; `said` is why it was refused, in the party's words."""

    __tablename__ = "payout"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="positive"),
        CheckConstraint(
            "status IN ('draft', 'approved', 'sending', 'unknown', 'paid', 'failed', 'cancelled')", name="status"
        ),
        CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name="paid_has_a_time"),
        CheckConstraint("payee IS NOT NULL OR form NOT IN ('cash_alipay', 'cash_wechat')", name="transfer_has_a_payee"),
        CheckConstraint("checked_by <> given_by", name="second_person"),
        UniqueConstraint("case_number", "offer", "attempt"),
        Index("ix_payout_shop_made", "shop", "made_at", "key"),
        Index(
            "ix_payout_waits_for_a_hand",
            "made_at",
            "key",
            postgresql_where=text("give_roles IS NOT NULL AND settled_at IS NULL"),
        ),
        Index(
            "ix_payout_one_per_offer",
            "case_number",
            "offer",
            unique=True,
            postgresql_where=text("status NOT IN ('failed', 'cancelled')"),
        ),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"))
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    offer: Mapped[int]
    attempt: Mapped[int]
    amount_fen: Mapped[Fen]
    form: Mapped[str] = mapped_column(server_default="cash_alipay")
    payee: Mapped[UUID | None] = mapped_column(ForeignKey("payee.id"))
    status: Mapped[str]
    code: Mapped[str | None]
    gate: Mapped[str]
    gate_facts: Mapped[Json] = mapped_column(JSONB, server_default=text("'{}'"))
    wire: Mapped[str | None] = mapped_column(Sealed)
    wire_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    provider_order: Mapped[str | None]
    stated_on: Mapped[moments.date | None] = mapped_column(Date)
    sends: Mapped[int] = mapped_column(default=0)
    queries: Mapped[int] = mapped_column(default=0)
    alarm: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[Moment]
    sent_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    remedy: Mapped[str | None]
    closed: Mapped[bool] = mapped_column(default=False, server_default=false())
    sealed_with: Mapped[str | None]
    ticket: Mapped[str | None] = mapped_column(Sealed)
    decided_by: Mapped[str | None]
    decision: Mapped[UUID | None] = mapped_column(ForeignKey("sealed_text.id"))
    give_roles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    given_by: Mapped[str | None]
    checked_by: Mapped[str | None]
    proof: Mapped[str | None]
    coupon_kind: Mapped[UUID | None] = mapped_column(ForeignKey("coupon_kind.id"), index=True)
    coupons_before: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    said: Mapped[str | None] = mapped_column(Sealed)


class LedgerEntry(Model):
    """Double entry: the entries of one posting sum to zero. Append-only."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("posting", "account"),
        CheckConstraint("amount_fen <> 0", name="not_zero"),
        Index("ix_ledger_entry_at", "at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    posting: Mapped[str] = mapped_column(index=True)
    account: Mapped[str]
    amount_fen: Mapped[Fen]
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), index=True)
    at: Mapped[Moment]
