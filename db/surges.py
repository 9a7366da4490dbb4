"""Surges: stretches of time in which a shop has more to do than hands."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, DateTime, bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.audit import BadOfficeData, NotThere, lock_office, record
from db.sessions import rows
from db.shops import shop_of
from db.tables.office import ShopSurge

# Ours: a promotion lasts days; whoever needs longer says so again, so that none is forgotten.
LONGEST = timedelta(days=31)


_NOW = bindparam("now", type_=DateTime(timezone=True))
_IS_NOW = (ShopSurge.ends_at > _NOW) & (ShopSurge.starts_at <= _NOW)
_SURGING = select(ShopSurge.shop).where(_IS_NOW)
_SURGING_HERE = _SURGING.where(ShopSurge.shop.in_(bindparam("shops", expanding=True)))


async def set_surge(
    session: AsyncSession, by: UUID, now: datetime, shop: str, starts_at: datetime, ends_at: datetime, why: str
) -> ShopSurge:
    """Raises BadOfficeData for times that can't be meant, NotThere for an unknown shop."""
    await lock_office(session)
    await shop_of(session, shop)
    if not max(starts_at, now) < ends_at <= starts_at + LONGEST:
        raise BadOfficeData(
            f"ends_at lies after now and after starts_at, by {LONGEST.days} days at most.", field="ends_at"
        )
    row = ShopSurge(id=uuid4(), shop=shop, starts_at=starts_at, ends_at=ends_at, why=why, set_by=by, set_at=now)
    session.add(row)
    await session.flush()
    facts = {"surge": str(row.id), "starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat(), "why": why}
    await record(session, str(by), now, "surge.set", shop, facts)
    return row


async def end_surge(session: AsyncSession, by: UUID, now: datetime, shop: str, surge: UUID) -> None:
    """It ends now; one that has not begun is taken away. Ending it twice changes nothing. Raises NotThere."""
    await lock_office(session)
    row = await session.get(ShopSurge, surge)
    if row is None or row.shop != shop:
        raise NotThere("This shop has no such surge; GET its surges.")
    if row.ends_at <= now:
        return
    if row.starts_at >= now:
        await session.delete(row)
    else:
        row.ends_at = now
    await session.flush()
    await record(session, str(by), now, "surge.ended", shop, {"surge": str(surge)})


async def list_surges(session: AsyncSession, shop: str) -> list[ShopSurge]:
    """The latest first."""
    found = select(ShopSurge).where(ShopSurge.shop == shop).order_by(ShopSurge.ends_at.desc(), ShopSurge.id)
    return list(await session.scalars(found.limit(100)))


async def unfinished(session: AsyncSession, now: datetime) -> list[UUID]:
    """The surges of every shop that have begun or will."""
    return list(await session.scalars(select(ShopSurge.id).where(ShopSurge.ends_at > now)))


def in_surge(shop: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether the shop of a row has a surge at the moment `now`, for a statement that is asked anyway."""
    return exists().where(ShopSurge.shop == shop, _IS_NOW)


async def surging(session: AsyncSession, now: datetime, shops: Collection[str] | None = None) -> frozenset[str]:
    """Which of these shops (None: of all) have a surge at this moment."""
    if shops is None:
        return frozenset(await session.scalars(_SURGING, {"now": now}))
    return frozenset((await rows(session, _SURGING_HERE, {"now": now, "shops": list(shops)})).scalars())
