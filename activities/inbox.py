"""The inbox of pushes: kept before they are acted on, so that none is lost between the marketplace and us."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.marketplace_clients import Marketplace
from db.tables.inbox import Inbox
from db.tables.office import Shop
from gateways.top_messages import REFUND_TOPICS, TRADE_RATED, Push

_IDS = ("tid", "oid", "refund_id")
REVIEWS = (TRADE_RATED,)
TOPICS = (*REVIEWS, *REFUND_TOPICS)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A push that nothing was done about yet. Ids are text; a push that names no order has none."""

    message: str
    tid: str | None
    oid: str | None
    received_at: datetime
    refund: str | None = None


async def keep_pushes(session: AsyncSession, market: Marketplace, pushes: Sequence[Push], now: datetime) -> int:
    """Store what is new of them, as ids and topic; returns how many that were. Any order, any number of times."""
    if not pushes:
        return 0
    shops = await _receivers(session, market)
    rows = [_row(market, push, shops, now) for push in pushes]
    stored = insert(Inbox).values(rows).on_conflict_do_nothing().returning(Inbox.message)
    return len((await session.scalars(stored)).all())


async def acted_before(session: AsyncSession, market: Marketplace, pushes: Sequence[Push]) -> list[str]:
    """Those of them that only wait for their confirmation."""
    done = select(Inbox.message).where(_among(market, [push.id for push in pushes]), Inbox.acted_at.is_not(None))
    return list(await session.scalars(done))


async def waiting(session: AsyncSession, shop: str, limit: int, topics: Collection[str] = REVIEWS) -> list[Waiting]:
    """The oldest pushes of the shop on these topics that nothing was done about."""
    mine = select(Inbox).where(Inbox.shop == shop, Inbox.acted_at.is_(None), Inbox.topic.in_(topics))
    rows = await session.scalars(mine.order_by(Inbox.received_at).limit(limit))
    return [_waiting(row) for row in rows]


def _waiting(row: Inbox) -> Waiting:
    known = {name: row.facts.get(name) for name in _IDS}
    return Waiting(row.message, known["tid"], known["oid"], row.received_at, known["refund_id"])


async def mark_acted(session: AsyncSession, market: Marketplace, messages: Iterable[str], now: datetime) -> None:
    done = update(Inbox).where(_among(market, messages), Inbox.acted_at.is_(None)).values(acted_at=now)
    await session.execute(done.execution_options(synchronize_session=False))


async def mark_confirmed(session: AsyncSession, market: Marketplace, messages: Iterable[str], now: datetime) -> None:
    done = update(Inbox).where(_among(market, messages)).values(confirmed_at=now)
    await session.execute(done.execution_options(synchronize_session=False))


def _among(market: Marketplace, messages: Iterable[str]) -> Any:
    return (Inbox.source == market.platform) & Inbox.message.in_(list(messages))


async def _receivers(session: AsyncSession, market: Marketplace) -> dict[str, str]:
    """By seller nick, the code of each shop of the platform whose pushes are acted on: the queue is the app's, so one
    shop's turn brings those of all of them."""
    found = await session.execute(
        select(Shop.seller_nick, Shop.code).where(Shop.platform == market.platform, Shop.intake.is_(True))
    )
    return {nick: code for nick, code in found if nick} | {market.seller_nick: market.code}


def _row(market: Marketplace, push: Push, shops: dict[str, str], now: datetime) -> dict[str, Any]:
    """A push that nobody of ours waits for is kept as acted on, so that it is confirmed and comes no more."""
    receiver = shops.get(push.seller_nick or market.seller_nick)
    content = push.content if push.topic in TOPICS and push.content else {}
    facts = {name: str(content[name]) for name in _IDS if _plain_id(content.get(name))}
    return {
        "source": market.platform,
        "message": push.id,
        "shop": receiver or market.code,
        "topic": push.topic[:100],
        "facts": facts,
        "received_at": now,
        "acted_at": None if receiver and facts else now,
    }


def _plain_id(value: object) -> bool:
    """Marketplace ids are digits; a push may hold anything."""
    return (
        isinstance(value, int | str) and not isinstance(value, bool) and str(value).isdecimal() and len(str(value)) < 65
    )
