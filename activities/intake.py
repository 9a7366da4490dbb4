"""The way in of reviews: pushes and the marketplace's list become sealed rows, and ids for the intake workflow."""

from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities import inbox
from activities.gateway_errors import outside
from activities.inbox import Waiting
from activities.intake_batches import Batch, Consumed, ConsumeRequest, FetchRequest, Position, SettleRequest
from activities.marketplace_clients import Marketplace, Marketplaces
from activities.policies import Policies
from activities.refusals import refusing
from activities.review_list import first_position, read_page
from activities.review_sealing import Gathered, ReviewSealing
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.buyers import Review
from db.tables.inbox import IntakeCursor
from gateways.failures import Nonsense, Rejected
from gateways.top_messages import QUANTITY_MAX
from gateways.top_reviews import PAGE_SIZE_MAX, MarketplaceReview

ITEMS_A_BATCH = 200
PUSHES_A_BATCH = 50
PAGES_A_BATCH = 40
CONSUMED_AT_ONCE = 5 * QUANTITY_MAX
# A push whose order stays unreadable for so long is let go: the list and the daily reading see the review as well.
PUSH_GIVEN_UP = timedelta(days=1)


class IntakeActivities:
    def __init__(self, sessions: Sessions, marketplaces: Marketplaces, ring: KeyRing, policies: Policies) -> None:
        self._sessions = sessions
        self._marketplaces = marketplaces
        self._sealing = ReviewSealing(sessions, ring, policies)
        self._permitted: set[tuple[str, int]] = set()

    @activity.defn
    async def consume_pushes(self, request: ConsumeRequest) -> Consumed:
        """Keep what the marketplace's queue holds; nothing of it is acted on or confirmed yet."""
        with refusing(), outside():
            market = await self._marketplaces.of(request.shop)
            await self._permit(market)
            stored, again, received = 0, list[str](), 0
            while received < CONSUMED_AT_ONCE:
                pushes = await market.messages.consume(QUANTITY_MAX)
                async with self._sessions.begin() as session:
                    again += await inbox.acted_before(session, market, pushes)
                    stored += await inbox.keep_pushes(session, market, pushes, request.now)
                received += len(pushes)
                if len(pushes) < QUANTITY_MAX:
                    break
            return Consumed(stored=stored, again=again)

    async def _permit(self, market: Marketplace) -> None:
        """A shop gets no pushes before it asked for them; asking again changes nothing, so each process asks once."""
        key = (market.code, market.version)
        if key not in self._permitted:
            await market.messages.permit(inbox.TOPICS)
            self._permitted.add(key)

    @activity.defn
    async def fetch(self, request: FetchRequest) -> Batch:
        """At most 200 items: what waiting pushes tell of, and the next pages of the list. Everything about buyers is
        sealed before this returns; asked again, it answers the same again until the cases are there."""
        with refusing(), outside():
            market = await self._marketplaces.of(request.shop)
            gathered = Gathered()
            more_pushes = await self._answer_pushes(market, gathered, request.now)
            start = await self._position(market, request)
            position = await self._read_list(market, gathered, start, request.now) if start else None
        batch = Batch(
            items=gathered.items,
            seen=gathered.seen,
            acted=gathered.acted,
            position=position,
            read_until=(position.window_start if position else start.until) if start else None,
            more=position is not None or more_pushes,
            rows=gathered.rows,
            skipped=gathered.skipped,
        )
        if batch.quiet and batch.read_until is not None:
            async with self._sessions.begin() as session:
                await _move_cursor(session, request.shop, batch.read_until, request.now)
        return batch

    async def _answer_pushes(self, market: Marketplace, gathered: Gathered, now: datetime) -> bool:
        """Read again the orders that pushes name; True when more pushes wait than one batch takes."""
        async with self._sessions() as session:
            waiting = await inbox.waiting(session, market.code, PUSHES_A_BATCH)
        by_order: dict[str, list[Waiting]] = defaultdict(list)
        for push in waiting:
            by_order[push.tid or push.oid or ""].append(push)
        for tid, pushes in by_order.items():
            if len(gathered.items) >= PUSHES_A_BATCH:
                break
            reviews = await self._reviews_of(market, tid, pushes, gathered, now)
            if reviews is None:
                continue
            named = {push.oid for push in pushes if push.oid} or {review.oid for review in reviews}
            await self._sealing.take(market, reviews, gathered, now, frozenset(named))
            gathered.acted += [push.message for push in pushes]
        return bool(gathered.acted) and (len(waiting) == PUSHES_A_BATCH or len(gathered.acted) < len(waiting))

    async def _reviews_of(
        self, market: Marketplace, tid: str, pushes: list[Waiting], gathered: Gathered, now: datetime
    ) -> tuple[MarketplaceReview, ...] | None:
        """None where the answer was nonsense that may get better: the push stays in the inbox."""
        await market.pace.turn()
        try:
            page = await market.reviews.reviews_of_order(tid)
        except Rejected as failure:
            activity.logger.warning("order %s of a push is refused: %s", tid, failure)
            return ()
        except Nonsense as failure:
            activity.logger.warning("order %s of a push is unreadable: %s", tid, failure)
            return () if now - min(push.received_at for push in pushes) > PUSH_GIVEN_UP else None
        for why in page.unreadable:
            gathered.skip(f"of order {tid}", why)
        return page.reviews

    async def _position(self, market: Marketplace, request: FetchRequest) -> Position | None:
        """Where to read on: where an earlier attempt of this batch was, where the batch before ended, or the cursor."""
        if request.list_done:
            return None
        beaten = _heartbeat()
        if beaten is not None:
            return beaten
        if request.position is not None:
            return request.position
        async with self._sessions() as session:
            read_until = await session.scalar(select(IntakeCursor.read_until).where(IntakeCursor.shop == market.code))
        return first_position(read_until, market.cut_off_at, request.now)

    async def _read_list(
        self, market: Marketplace, gathered: Gathered, start: Position, now: datetime
    ) -> Position | None:
        position: Position | None = start
        for _ in range(PAGES_A_BATCH):
            if position is None or len(gathered.items) + PAGE_SIZE_MAX > ITEMS_A_BATCH:
                break
            page, position = await read_page(market, position)
            if page is not None:
                for why in page.unreadable:
                    gathered.skip("of the list", why)
                await self._sealing.take(market, page.reviews, gathered, now)
            # An attempt that is repeated goes on from here, so nothing found may lie behind it.
            empty = not (gathered.items or gathered.seen)
            activity.heartbeat(*([position] if empty and position else []))
        return position

    @activity.defn
    async def settle(self, request: SettleRequest) -> None:
        """Note that a batch was acted on, then confirm its pushes to the marketplace. What a crash leaves unconfirmed
        comes again and is confirmed then."""
        with refusing(), outside():
            market = await self._marketplaces.of(request.shop)
            async with self._sessions.begin() as session:
                await inbox.mark_acted(session, market, request.acted, request.now)
                await _note_changes(session, request)
                if request.read_until is not None:
                    await _move_cursor(session, request.shop, request.read_until, request.now)
            settled = list(dict.fromkeys([*request.acted, *request.again]))
            if settled:
                await market.messages.confirm(settled)
                async with self._sessions.begin() as session:
                    await inbox.mark_confirmed(session, market, settled, request.now)


async def _note_changes(session: AsyncSession, request: SettleRequest) -> None:
    for seen in request.seen:
        changed = update(Review).where(Review.id == UUID(seen.review_row))
        await session.execute(changed.values(grade=seen.grade, fingerprint=bytes.fromhex(seen.mark)))


async def _move_cursor(session: AsyncSession, shop: str, read_until: datetime, now: datetime) -> None:
    """Forwards only: a run that was held up does not undo what a later one has read."""
    row = insert(IntakeCursor).values(shop=shop, read_until=read_until, ran_at=now)
    further = func.greatest(IntakeCursor.read_until, row.excluded.read_until)
    await session.execute(
        row.on_conflict_do_update(index_elements=["shop"], set_={"read_until": further, "ran_at": now})
    )


def _heartbeat() -> Position | None:
    """Where an earlier attempt was before it had found anything."""
    details = activity.info().heartbeat_details
    try:
        return Position.model_validate(details[0]) if details else None
    except ValidationError:
        return None
