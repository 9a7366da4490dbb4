"""What shops sold in a month, as somebody of the office says it; the next month's quota of coupons may follow it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import lock_office, record
from db.shops import shop_of
from db.tables.budgets import ShopSales


async def set_sales(session: AsyncSession, by: UUID, now: datetime, shop: str, month: str, fen: int) -> ShopSales:
    """Say or correct what a shop sold in a calendar month. Raises NotThere."""
    await lock_office(session)
    await shop_of(session, shop)
    row = await session.get(ShopSales, (shop, month))
    before = row.fen if row else None
    if row is None:
        row = ShopSales(shop=shop, month=month)
        session.add(row)
    row.fen, row.set_by, row.set_at = fen, str(by), now
    await session.flush()
    if before != fen:
        await record(session, str(by), now, "sales.set", shop, {"month": month, "fen": {"old": before, "new": fen}})
    return row


async def list_sales(session: AsyncSession, shop: str) -> list[ShopSales]:
    """The latest month first."""
    found = select(ShopSales).where(ShopSales.shop == shop).order_by(ShopSales.month.desc())
    return list(await session.scalars(found.limit(120)))
