"""Buyers, their orders and reviews, and sealed texts: what identifies a person is sealed per field."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Fen, Hash, Key, Model, Moment


class SealedText(Model):
    """A text that somebody wrote. Events commit to it by `digest`; erasing sets body and salt to NULL."""

    __tablename__ = "sealed_text"

    id: Mapped[Key]
    kind: Mapped[str]
    body: Mapped[str | None] = mapped_column(Sealed)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    digest: Mapped[str]
    written_at: Mapped[Moment]
    erased_at: Mapped[datetime | None]


class BuyerPerson(Model):
    """The pseudonymous person behind one or more buyers; survives erasure, so caps go on counting."""

    __tablename__ = "buyer_person"

    id: Mapped[Key]
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_person.id"), index=True)


class BuyerLink(Model):
    """A keyed blind index (phone, account, platform id, a nick that is one person's alone) that leads to a person."""

    __tablename__ = "buyer_link"

    blind: Mapped[Hash] = mapped_column(primary_key=True)
    kind: Mapped[str]
    person: Mapped[UUID] = mapped_column(ForeignKey("buyer_person.id"), index=True)


class Buyer(Model):
    """A buyer on one platform. `phone_kind` tells what the sealed phone is good for."""

    __tablename__ = "buyer"
    __table_args__ = (UniqueConstraint("platform", "blind"),)

    id: Mapped[Key]
    platform: Mapped[str]
    blind: Mapped[Hash]
    person: Mapped[UUID] = mapped_column(ForeignKey("buyer_person.id"), index=True)
    platform_id: Mapped[str | None] = mapped_column(Sealed)
    nick: Mapped[str | None] = mapped_column(Sealed)
    name: Mapped[str | None] = mapped_column(Sealed)
    phone: Mapped[str | None] = mapped_column(Sealed)
    phone_kind: Mapped[str | None]
    # Blind index of the last four digits, by which the desk finds a caller; NULL in rows from before it.
    phone_tail: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    occupation: Mapped[str | None]
    erased_at: Mapped[datetime | None]


class ShopOrder(Model):
    """An order as far as its case needs it. Address and oaid are sealed; province and address type are not."""

    __tablename__ = "shop_order"
    __table_args__ = (UniqueConstraint("shop", "external_id"),)

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    external_id: Mapped[str]
    buyer: Mapped[UUID | None] = mapped_column(ForeignKey("buyer.id"), index=True)
    item_id: Mapped[str | None] = mapped_column(index=True)
    item_title: Mapped[str | None]
    paid_fen: Mapped[Fen | None]
    finished_at: Mapped[datetime | None]
    province: Mapped[str | None]
    address_type: Mapped[str | None]
    address: Mapped[str | None] = mapped_column(Sealed)
    oaid: Mapped[str | None] = mapped_column(Sealed)


class Review(Model):
    """A bad or neutral review as it was first seen, and its last known state. Key: the platform's review id, else the
    sub-order id. `fingerprint` tells a changed review from a repeated message."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("shop", "external_id"),
        Index("ix_review_item_created", "item_id", "created_at"),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    platform: Mapped[str]
    external_id: Mapped[str]
    order_external_id: Mapped[str]
    order: Mapped[UUID | None] = mapped_column("order_id", ForeignKey("shop_order.id"), index=True)
    buyer: Mapped[UUID | None] = mapped_column(ForeignKey("buyer.id"), index=True)
    grade: Mapped[str]
    has_photo: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]
    text: Mapped[UUID] = mapped_column("text_id", ForeignKey("sealed_text.id"))
    item_id: Mapped[str | None]
    fingerprint: Mapped[Hash]
    source: Mapped[str]
    first_seen_at: Mapped[Moment]


class Payee(Model):
    """A buyer's own wallet account, as an agent or the buyer gave it."""

    __tablename__ = "payee"
    __table_args__ = (UniqueConstraint("buyer", "blind"),)

    id: Mapped[Key]
    buyer: Mapped[UUID] = mapped_column(ForeignKey("buyer.id"))
    kind: Mapped[str]
    account: Mapped[str | None] = mapped_column(Sealed)
    name: Mapped[str | None] = mapped_column(Sealed)
    blind: Mapped[Hash]
    made_by: Mapped[str]
    made_at: Mapped[Moment]
