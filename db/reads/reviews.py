"""A case's review with what its buyer let be known, masked as far as work allows."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.buyers import Buyer, Review, SealedText, ShopOrder
from db.tables.refunds import Refund


class MaskedBuyer(BaseModel):
    """Enough to recognise a buyer in a talk, not enough to find or call them."""

    nick: str | None
    name: str | None
    phone: str | None
    phone_kind: str | None = Field(description="what the number allows; null where none is known")
    occupation: str | None
    erased: bool


class ReviewText(BaseModel):
    """The review as it was first seen; `grade` is its last known one. `text` is null once it was erased."""

    external_id: str
    order: str
    text: str | None
    grade: str
    created_at: datetime
    has_photo: bool
    source: str
    item_id: str | None
    item_title: str | None
    paid_fen: int | None
    province: str | None
    address_type: str | None
    buyer: MaskedBuyer | None
    related: list[str] = Field(default_factory=list, description="other cases about the same order, like its refund")


async def read_review(session: AsyncSession, row: UUID) -> ReviewText | None:
    found = await session.execute(
        select(Review, SealedText.body, ShopOrder, Buyer)
        .join(SealedText, SealedText.id == Review.text)
        .outerjoin(ShopOrder, ShopOrder.id == Review.order)
        .outerjoin(Buyer, Buyer.id == Review.buyer)
        .where(Review.id == row)
    )
    first = found.one_or_none()
    if first is None:
        return None
    review, text, order, buyer = first
    return ReviewText(
        external_id=review.external_id,
        order=review.order_external_id,
        text=text,
        grade=review.grade,
        created_at=review.created_at,
        has_photo=review.has_photo,
        source=review.source,
        item_id=review.item_id,
        item_title=order.item_title if order else None,
        paid_fen=order.paid_fen if order else None,
        province=order.province if order else None,
        address_type=order.address_type if order else None,
        buyer=masked(buyer) if buyer else None,
    )


async def buyer_of(session: AsyncSession, row: UUID) -> UUID | None:
    """The buyer who wrote a review, or an application."""
    wrote = select(Review.buyer).where(Review.id == row).scalar_subquery()
    asked = select(Refund.buyer).where(Refund.id == row).scalar_subquery()
    buyer: UUID | None = await session.scalar(select(func.coalesce(wrote, asked)))
    return buyer


async def phone_of(session: AsyncSession, row: UUID) -> str | None:
    """The number of the buyer who wrote a review, as it is dialled."""
    found = select(Buyer.phone).join(Review, Review.buyer == Buyer.id).where(Review.id == row)
    phone: str | None = await session.scalar(found)
    return phone


def masked(buyer: Buyer) -> MaskedBuyer:
    return MaskedBuyer(
        nick=stars(buyer.nick, 1, 1),
        name=stars(buyer.name, 1, 0),
        phone=stars(buyer.phone, 3, 4),
        phone_kind=buyer.phone_kind,
        occupation=buyer.occupation,
        erased=buyer.erased_at is not None,
    )


def stars(text: str | None, before: int, after: int) -> str | None:
    """Keeps the ends; of a text that is hardly longer than its ends, the first sign only."""
    if not text:
        return None
    if len(text) <= before + after + 1:
        return text[0] + "*" * 3
    return text[:before] + "*" * 4 + (text[-after:] if after else "")
