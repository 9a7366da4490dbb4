"""A marketplace's review, with its order where the marketplace gives one, as the rows of the way in want it."""

import asyncio
from collections.abc import Iterable

from temporalio import activity

from activities.marketplace_clients import Marketplace
from db.buyers import BuyerFacts
from db.reviews import ReviewFacts
from domain.addresses import address_type
from domain.platforms import Grade
from domain.policies.contact import ContactPolicy
from gateways.failures import Nonsense, Rejected, Transient
from gateways.top_reviews import MarketplaceReview
from gateways.top_trades import MarketplaceOrder, Receiver

ORDERS_AT_ONCE = 8
# A marketplace that is ill for a moment is asked again; a review is not lost for an order that never comes.
ATTEMPTS_FOR_ORDERS = 3


async def orders_of(market: Marketplace, tids: Iterable[str]) -> dict[str, MarketplaceOrder]:
    """By tid; one that the marketplace refuses or garbles is left out. Raises Transient, RateLimited, AuthRevoked."""
    wanted = sorted(set(tids))
    slots = asyncio.Semaphore(ORDERS_AT_ONCE)
    found = await asyncio.gather(*(_order(market, tid, slots) for tid in wanted), return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return {one.tid: one for one in found if isinstance(one, MarketplaceOrder)}


async def _order(market: Marketplace, tid: str, slots: asyncio.Semaphore) -> MarketplaceOrder | None:
    async with slots:
        await market.pace.turn()
        try:
            return await market.trades.order(tid)
        except (Rejected, Nonsense, Transient) as failure:
            if isinstance(failure, Transient) and activity.info().attempt < ATTEMPTS_FOR_ORDERS:
                raise
            activity.logger.warning("order %s could not be read, its review is taken without: %s", tid, failure)
            return None


def review_facts(
    market: Marketplace,
    review: MarketplaceReview,
    grade: Grade,
    *,
    order: MarketplaceOrder | None = None,
    contact: ContactPolicy | None = None,
    source: str = "pull",
) -> ReviewFacts:
    """`contact` sorts the address, which only a new review needs."""
    receiver = order.receiver if order else None
    return ReviewFacts(
        shop=market.code,
        platform=market.platform,
        external_id=review.oid,
        order_external_id=review.tid,
        grade=grade,
        text=storable(review.content),
        created_at=review.created,
        buyer=_buyer(market, review, order),
        source=source,
        item_id=review.num_iid,
        item_title=review.item_title or None,
        paid_fen=order.paid_fen if order else None,
        finished_at=order.end_time if order else None,
        province=receiver.state if receiver else None,
        address_type=address_type(receiver.masked_address or "", contact) if receiver and contact else None,
        address=address_of(receiver) if receiver else None,
        oaid=receiver.oaid if receiver else None,
    )


def storable(text: str) -> str:
    """Without what no database takes (NUL, halves of a surrogate pair), so that a text's fingerprint is that of what
    was stored."""
    return text.replace("\x00", "�").encode("utf-8", "replace").decode()


def _buyer(market: Marketplace, review: MarketplaceReview, order: MarketplaceOrder | None) -> BuyerFacts:
    """The open id is stable where the nick may be changed or masked."""
    known_by = review.buyer_open_id or (order.buyer_open_id if order else None) or review.nick
    receiver = order.receiver if order else None
    return BuyerFacts(
        platform=market.platform,
        platform_id=known_by,
        nick=review.nick or (order.buyer_nick if order else None),
        name=receiver.masked_name if receiver else None,
        phone=receiver.masked_mobile if receiver else None,
    )


def address_of(receiver: Receiver) -> str | None:
    parts = (receiver.state, receiver.city, receiver.district, receiver.town, receiver.masked_address)
    return "".join(part for part in parts if part) or None
