"""Coupons that payouts give: their kind, whose they are, and which numbers count for which payout."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.buyers import buyer_of_case
from db.tables.buyers import Buyer
from db.tables.coupons import CouponKind
from db.tables.money import Payout
from domain.coupons import CouponKindTerms
from domain.payouts import PayoutStatus

# Whether the buyer got one is not known yet.
MAYBE = (PayoutStatus.SENDING, PayoutStatus.UNKNOWN)


async def kind_of(session: AsyncSession, shop: str, terms: CouponKindTerms, now: datetime) -> CouponKind:
    """The shop's row for these terms, made where there is none, and locked until the transaction ends."""
    found = {
        "shop": shop, "face_fen": terms.face_fen, "condition_fen": terms.condition_fen, "ends_at": terms.ends_at
    }  # fmt: skip
    made = insert(CouponKind).values(**found, id=uuid4(), made_at=now).on_conflict_do_nothing()
    await session.execute(made)
    return (await session.scalars(select(CouponKind).filter_by(**found).with_for_update())).one()


async def buyer_of(session: AsyncSession, case: str) -> Buyer | None:
    """The one who wrote the case's review, or its application."""
    buyer = await buyer_of_case(session, case)
    return await session.get(Buyer, buyer) if buyer else None


async def under_way(session: AsyncSession, kind: UUID, key: str) -> list[str]:
    """What other payouts have sent for coupons of this kind of which nobody knows yet whether they were given."""
    others = select(Payout.wire).where(
        Payout.coupon_kind == kind, Payout.key != key, Payout.status.in_(MAYBE), Payout.wire.is_not(None)
    )
    return [wire for wire in await session.scalars(others) if wire is not None]


async def counted(session: AsyncSession, kind: UUID, key: str) -> frozenset[str]:
    """The numbers of this kind that other payouts have given."""
    others = select(Payout.provider_order).where(
        Payout.coupon_kind == kind, Payout.key != key, Payout.provider_order.is_not(None)
    )
    return frozenset(number for number in await session.scalars(others) if number is not None)
