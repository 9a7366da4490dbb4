"""Budgets and quotas as a ledger of double entry. Only lines move a budget's accounts, and lines are append-only."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Fen, Key, Model, Moment

_ACCOUNTS = ("granted", "raised", "left", "reserved", "spent")


def _zero(name: str) -> str:
    return " + ".join(f"{account}_{name}" for account in _ACCOUNTS) + " = 0"


class Budget(Model):
    """What may be given by whom and when; `key` is that of domain/budgets.py. A trigger carries the sums of its lines,
    so that a reservation reads one locked row; nothing else may write them. The sources stand below zero."""

    __tablename__ = "budget"
    __table_args__ = (
        CheckConstraint(f"{_zero('fen')} AND {_zero('coupons')}", name="balances"),
        CheckConstraint("left_fen >= 0 AND left_coupons >= 0", name="within_its_ceiling"),
        CheckConstraint("least(reserved_fen, reserved_coupons, spent_fen, spent_coupons) >= 0", name="not_negative"),
        Index("ix_budget_subject", "scope", "subject", "period"),
    )

    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    scope: Mapped[str]
    subject: Mapped[str]
    period: Mapped[str]
    granted_fen: Mapped[Fen] = mapped_column(server_default="0")
    granted_coupons: Mapped[int] = mapped_column(server_default="0")
    raised_fen: Mapped[Fen] = mapped_column(server_default="0")
    raised_coupons: Mapped[int] = mapped_column(server_default="0")
    left_fen: Mapped[Fen] = mapped_column(server_default="0")
    left_coupons: Mapped[int] = mapped_column(server_default="0")
    reserved_fen: Mapped[Fen] = mapped_column(server_default="0")
    reserved_coupons: Mapped[int] = mapped_column(server_default="0")
    spent_fen: Mapped[Fen] = mapped_column(server_default="0")
    spent_coupons: Mapped[int] = mapped_column(server_default="0")


class BudgetPosting(Model):
    """Why means moved. A reservation is the posting `reserve` of one offer until another one `settles` it, once. A
    reservation of goods or a refund has no lines, since it draws on no budget. `why` names the policy's version or a
    person's reason; `month` is the shop's month that the offer counts in."""

    __tablename__ = "budget_posting"
    __table_args__ = (
        CheckConstraint("kind IN ('grant', 'raise', 'reserve', 'release', 'spend', 'lapse')", name="kind"),
        CheckConstraint("(kind IN ('release', 'spend')) = (settles IS NOT NULL)", name="settles_a_reservation"),
        CheckConstraint(
            "kind <> 'reserve' OR num_nulls(case_number, offer, nth, form, month, amount_fen) = 0", name="of_an_offer"
        ),
        CheckConstraint("kind <> 'raise' OR why IS NOT NULL", name="raised_with_a_reason"),
        UniqueConstraint("settles"),
        Index(
            "ix_budget_posting_offer", "case_number", "offer", "nth", unique=True,
            postgresql_where=text("kind = 'reserve'"),
        ),
        Index("ix_budget_posting_shop", "shop", "serial"),
    )  # fmt: skip

    id: Mapped[Key]
    serial: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    kind: Mapped[str]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    case: Mapped[str | None] = mapped_column("case_number", ForeignKey("case_file.number"))
    offer: Mapped[int | None]
    nth: Mapped[int | None]
    form: Mapped[str | None]
    month: Mapped[str | None]
    amount_fen: Mapped[int | None]
    settles: Mapped[UUID | None] = mapped_column(ForeignKey("budget_posting.id"))
    at: Mapped[Moment]
    by: Mapped[str]
    why: Mapped[str | None]


class BudgetLine(Model):
    """One side of a posting; the lines of a posting sum to zero in every budget."""

    __tablename__ = "budget_line"
    __table_args__ = (
        CheckConstraint("fen <> 0 OR coupons <> 0", name="not_zero"),
        CheckConstraint("account IN ('granted', 'raised', 'left', 'reserved', 'spent')", name="account"),
        UniqueConstraint("posting", "budget", "account"),
        Index("ix_budget_line_budget", "budget", "account"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    posting: Mapped[UUID] = mapped_column(ForeignKey("budget_posting.id"))
    budget: Mapped[str] = mapped_column(ForeignKey("budget.key"))
    account: Mapped[str]
    fen: Mapped[Fen]
    coupons: Mapped[int]


class ShopSales(Model):
    """What a shop sold in a calendar month of its zone, `YYYY-MM`; the next month's quota of coupons may follow it."""

    __tablename__ = "shop_sales"
    __table_args__ = (CheckConstraint("fen >= 0", name="not_negative"),)

    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    fen: Mapped[Fen]
    set_by: Mapped[str]
    set_at: Mapped[Moment]
