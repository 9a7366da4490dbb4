"""The review on its marketplace: read it, and post the public reply once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from temporalio import activity

from activities.gateway_errors import outside
from activities.marketplace_clients import Clients, Marketplaces
from activities.policies import Policies
from activities.refusals import refusing
from activities.reply_requests import PostReplyRequest
from activities.requests import ReviewRequest
from db.buyers import private_words
from db.sealed_texts import open_text
from db.sessions import Sessions, looking, rows
from db.tables.buyers import Review
from db.tables.office import Shop
from domain.amendment import Reading
from domain.gate import GateMode
from domain.outgoing import Cleared, WordsUnfit, clear
from domain.platforms import Grade
from domain.review_case.facts import Posted
from gateways.failures import GatewayFailure, Rejected
from gateways.top_reviews import MarketplaceReview

# How far back another review of the shop is looked for, to tell "gone" from "not readable".
OTHER_ROWS = timedelta(days=90)
TMALL = "tmall"
REPLIED_ALREADY = "isv.explain-already-exists"
# Plain columns: it is asked for each contact of a rush.
_KNOWN = (
    select(
        Review.order_external_id, Review.external_id, Review.created_at, Review.buyer, Review.shop, Shop.version
    )
    .join(Shop, Shop.code == Review.shop)
    .where(Review.id == bindparam("review", type_=Uuid))
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a review stands on its marketplace."""

    order: str
    external_id: str
    created_at: datetime
    buyer: UUID | None


class ReplyNotVisible(Exception):
    """The reply was accepted and can't be read back yet; trying again reads before it posts."""


class MarketplaceActivities:
    def __init__(self, sessions: Sessions, marketplaces: Marketplaces, policies: Policies) -> None:
        self._sessions = sessions
        self._marketplaces = marketplaces
        self._policies = policies

    @activity.defn
    async def read_review(self, request: ReviewRequest) -> Reading:
        """One look at the review as it stands now. A row that is gone is told apart from a shop that can't be read."""
        with refusing(), outside():
            place, clients = await self._known(request)
            found = await clients.reviews.review(place.order, place.external_id)
            if found is None:
                others = await self._others_readable(clients, place, request)
                return Reading(at=request.now, found=False, other_row_readable=others)
            return await self._reading(clients, found, request)

    async def _reading(self, clients: Clients, found: MarketplaceReview, request: ReviewRequest) -> Reading:
        feed = None
        if clients.flavour == TMALL:
            feed = await clients.reviews.tmall_feed(found.oid)
        return Reading(
            at=request.now,
            found=True,
            grade=Grade(found.result),
            appended=bool(feed and feed.append_content),
            append_negative=feed.append_negative if feed and feed.append_content else None,
            other_row_readable=True,
            replied=found.reply is not None,
        )

    async def _others_readable(self, clients: Clients, place: Place, request: ReviewRequest) -> bool:
        start = place.created_at - OTHER_ROWS
        page = await clients.reviews.reviews_page(start, request.now.astimezone(UTC), page_no=1, page_size=5)
        return any(review.oid != place.external_id for review in page.reviews)

    @activity.defn
    async def post_reply(self, request: PostReplyRequest) -> Posted:
        """Post the confirmed reply. It can't be changed, so the review is read before and after; a reply that stands
        there already is never followed by a second one. Words that may not stand in public by now go back to whoever
        confirms."""
        with refusing(), outside():
            place, clients = await self._known(request)
            if await self._replied(clients, place):
                return Posted(posted=True, why="a reply stands under the review")
            try:
                reply = await self._cleared(place, request)
            except WordsUnfit as unfit:
                # The words themselves stay where they are: this answer stands in the engine's history.
                return Posted(posted=False, unfit=True, why=unfit.kinds)
            try:
                await clients.reviews.reply(place.external_id, reply)
            except Rejected as refused:
                if _may_stand_already(refused):
                    raise ReplyNotVisible("a reply may stand there already and can't be read back yet") from None
                return Posted(posted=False, why=f"the marketplace refused: {refused.sub_code or refused.code}")
            except GatewayFailure:
                if not await self._replied(clients, place):
                    raise
            if not await self._replied(clients, place):
                raise ReplyNotVisible("the reply can't be read back yet")
            return Posted(posted=True, why="posted and read back")

    async def _cleared(self, place: Place, request: PostReplyRequest) -> Cleared:
        """Raises WordsUnfit: the shop's words may have changed since the reply was confirmed."""
        async with looking(self._sessions) as session:
            text = await open_text(session, request.text) or ""
            texts, _ = await self._policies.texts(session, request.shop)
            private = await private_words(session, place.buyer)
        return clear(text, texts.wording, GateMode.ON_RESOLUTION, public=True, private=private)

    async def _replied(self, clients: Clients, place: Place) -> bool:
        found = await clients.reviews.review(place.order, place.external_id)
        return found is not None and found.reply is not None

    async def _known(self, request: ReviewRequest | PostReplyRequest) -> tuple[Place, Clients]:
        async with looking(self._sessions) as session:
            found = (await rows(session, _KNOWN, {"review": UUID(request.review_row)})).one()
            clients = await self._marketplaces.clients_of(session, found.shop, found.version)
        return Place(found.order_external_id, found.external_id, found.created_at, found.buyer), clients


def _may_stand_already(refused: Rejected) -> bool:
    """Whether the marketplace refuses a second reply, or refuses what may be one: an earlier try of this very call may
    have been accepted, and the list of reviews lags behind."""
    return refused.sub_code == REPLIED_ALREADY or activity.info().attempt > 1
