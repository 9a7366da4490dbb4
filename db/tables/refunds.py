"""Refund applications as marketplaces show them, the goods on their way, parcels at the warehouse, and the register."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Fen, Hash, Key, Model, Moment


class Refund(Model):
    """An application as it was last seen. `status` and `phase` are the marketplace's own words, `version` is its
    optimistic lock; a row never goes back to an older version. `status_since` is when the status was entered."""

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("shop", "external_id"),
        Index("ix_refund_order", "shop", "order_external_id"),
        CheckConstraint("amount_fen >= 0", name="not_negative"),
        CheckConstraint("quantity > 0", name="some_pieces"),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    platform: Mapped[str]
    external_id: Mapped[str]
    order_external_id: Mapped[str]
    sub_order_id: Mapped[str | None]
    order: Mapped[UUID | None] = mapped_column("order_id", ForeignKey("shop_order.id"), index=True)
    buyer: Mapped[UUID | None] = mapped_column(ForeignKey("buyer.id"), index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[UUID | None] = mapped_column("note_id", ForeignKey("sealed_text.id"))
    amount_fen: Mapped[Fen]
    paid_fen: Mapped[Fen | None]
    quantity: Mapped[int]
    item_id: Mapped[str | None]
    shipped: Mapped[bool] = mapped_column(server_default=text("true"))
    status: Mapped[str]
    status_since: Mapped[Moment]
    phase: Mapped[str | None]
    version: Mapped[str | None]
    modified_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    cannot_refuse: Mapped[bool] = mapped_column(server_default=text("false"))
    intervention: Mapped[str] = mapped_column(server_default=text("'none'"))
    applied_at: Mapped[Moment]
    signed_at: Mapped[datetime | None]
    source: Mapped[str]
    first_seen_at: Mapped[Moment]
    seen_at: Mapped[Moment]


class Shipment(Model):
    """Goods on their way: of the order that an application is about, back as the buyer says, or out as we sent them.
    The waybill leads to a person's address, so it is sealed and found by its blind index. `company` is the trace's code
    of the courier, once it is known; `traced_at` is when the courier told of it last."""

    __tablename__ = "shipment"
    __table_args__ = (
        UniqueConstraint("refund", "direction", "waybill_blind"),
        CheckConstraint("direction IN ('back', 'out', 'order')", name="direction"),
        Index("ix_shipment_waybill_blind", "waybill_blind"),
    )

    id: Mapped[Key]
    refund: Mapped[UUID] = mapped_column(ForeignKey("refund.id"))
    direction: Mapped[str]
    courier: Mapped[str]
    waybill: Mapped[str | None] = mapped_column(Sealed)
    waybill_blind: Mapped[Hash]
    told_at: Mapped[Moment]
    told_by: Mapped[str]
    company: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'unknown'"))
    first_scan_at: Mapped[datetime | None]
    last_scan_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    traced_at: Mapped[datetime | None]
    subscribed_at: Mapped[datetime | None]


class ShipmentScan(Model):
    """One line of a parcel's trace, as its courier tells it; the words may name people and places. Lines are only
    added: the same line told again is the same row."""

    __tablename__ = "shipment_scan"
    __table_args__ = (UniqueConstraint("shipment", "at", "digest"),)

    id: Mapped[Key]
    shipment: Mapped[UUID] = mapped_column(ForeignKey("shipment.id"))
    at: Mapped[Moment]
    state: Mapped[str | None]
    words: Mapped[str | None] = mapped_column(Sealed)
    digest: Mapped[Hash]


class Parcel(Model):
    """A parcel that stands in the warehouse. Without a case it waits to be matched; `note` says what was in it or on
    it."""

    __tablename__ = "parcel"
    __table_args__ = (
        Index("ix_parcel_unmatched", "shop", "arrived_at", postgresql_where=text("case_number IS NULL")),
        Index("ix_parcel_waybill_blind", "waybill_blind"),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    courier: Mapped[str | None]
    waybill: Mapped[str | None] = mapped_column(Sealed)
    waybill_blind: Mapped[Hash | None]
    note: Mapped[UUID | None] = mapped_column("note_id", ForeignKey("sealed_text.id"))
    arrived_at: Mapped[Moment]
    entered_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    case: Mapped[str | None] = mapped_column("case_number", ForeignKey("case_file.number"), index=True)
    matched_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    matched_at: Mapped[datetime | None]


class RefundCursor(Model):
    """Every application of the shop that changed before `read_until` has been seen."""

    __tablename__ = "refund_cursor"

    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"), primary_key=True)
    read_until: Mapped[Moment]
    ran_at: Mapped[Moment]


class RefundLine(Model):
    """One line of the register: what service, warehouse and finance share about a refund case. Written together with
    the case's file, by the case's own activity."""

    __tablename__ = "refund_line"
    __table_args__ = (
        Index("ix_refund_line_open", "due_at", "case_number", postgresql_where=text("closed_at IS NULL")),
        Index("ix_refund_line_open_shop", "shop", "due_at", "case_number", postgresql_where=text("closed_at IS NULL")),
        Index(
            "ix_refund_line_open_owner", "owner", "due_at", "case_number", postgresql_where=text("closed_at IS NULL")
        ),
        Index(
            "ix_refund_line_open_stage", "stage", "due_at", "case_number", postgresql_where=text("closed_at IS NULL")
        ),
        Index(
            "ix_refund_line_open_shop_owner",
            "shop",
            "owner",
            "due_at",
            "case_number",
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    refund: Mapped[UUID] = mapped_column(ForeignKey("refund.id"), index=True)
    stage: Mapped[str]
    owner: Mapped[str]
    since: Mapped[Moment]
    why: Mapped[str]
    due_at: Mapped[Moment]
    deadline_at: Mapped[datetime | None]
    deadline_source: Mapped[str | None]
    then: Mapped[str | None]
    decided: Mapped[str | None]
    kind: Mapped[str]
    amount_fen: Mapped[Fen]
    refunded_fen: Mapped[Fen]
    cause: Mapped[str | None]
    returned_at: Mapped[datetime | None]
    inspector: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    inspection: Mapped[str | None]
    freight_out: Mapped[str | None]
    freight_back: Mapped[str | None]
    loss_fen: Mapped[Fen]
    dispute: Mapped[str | None]
    claim: Mapped[str | None]
    assignee: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str | None]
    closed_at: Mapped[datetime | None]
