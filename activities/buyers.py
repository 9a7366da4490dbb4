"""What people of the desk learn about a buyer's days."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.requests import DescribeRequest
from db.sessions import Sessions
from db.tables.buyers import Buyer, Review, ShopOrder
from domain.review_case.facts import Prepared


class BuyerActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def describe(self, request: DescribeRequest) -> Prepared:
        """The occupation counts wherever this buyer buys, the kind of place for this order; what is left out stays."""
        async with self._sessions.begin() as session:
            review = await session.get_one(Review, UUID(request.review_row))
            await _describe(session, review, request)
        return Prepared()


async def _describe(session: AsyncSession, review: Review, request: DescribeRequest) -> None:
    said = request.describe
    if said.occupation is not None and review.buyer is not None:
        await session.execute(update(Buyer).where(Buyer.id == review.buyer).values(occupation=said.occupation))
    if said.address_type is not None and review.order is not None:
        await session.execute(
            update(ShopOrder).where(ShopOrder.id == review.order).values(address_type=said.address_type)
        )
