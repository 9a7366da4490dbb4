"""The application on its marketplace: read it, and carry out what a case ordered, once and seen to be done."""

from uuid import UUID

from temporalio import activity

from activities.gateway_errors import outside
from activities.marketplace_clients import Marketplace, Marketplaces
from activities.policies import Policies
from activities.refund_counter import RefundCounter, Seen
from activities.refund_facts import application_of
from activities.refund_readings import RefundReadings
from activities.refund_requests import MessageRequest, OrderRequest, RefundRequest
from activities.refusals import refusing
from db.refunds import note_application
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.refunds import Refund
from domain.refund_case.facts import MessageAnswer, Ordered, OrderResult
from domain.refund_case.market import Reading
from domain.refund_case.ordering import fits, shows_done
from domain.refund_case.orders import Order
from gateways.failures import Rejected
from gateways.top_refund_actions import CodeWanted

TMALL = "tmall"


class NotVisibleYet(Exception):
    """The marketplace accepted the order and does not show it yet; trying again reads before it acts."""


class VersionMoved(Exception):
    """Between our look and our order the buyer touched the application; trying again compares what it was decided
    on."""


class RefundMarketActivities:
    def __init__(
        self, sessions: Sessions, marketplaces: Marketplaces, ring: KeyRing, policies: Policies, counter: RefundCounter
    ) -> None:
        self._sessions = sessions
        self._marketplaces = marketplaces
        self._ring = ring
        self._readings = RefundReadings(policies)
        self._counter = counter

    @activity.defn
    async def read_refund(self, request: RefundRequest) -> Reading:
        """One look. Where no machine can look, the application stands as it was last reported."""
        with refusing(), outside():
            row = await self._row(request)
            async with self._sessions() as session:
                if not await self._readings.by_machine(session, row):
                    return await self._readings.of(session, row, request.now)
            return (await self._look(await self._marketplaces.of(request.shop), row, request)).reading

    @activity.defn
    async def obey(self, request: OrderRequest) -> Ordered:
        """Carry an order out: look, compare with what it was decided on, act under the version just seen, look again.
        Repeating it does nothing twice. A version that moved is never forced."""
        order = request.order
        with refusing(), outside():
            row = await self._row(request)
            market = await self._marketplaces.of(request.shop)
            before = await self._look(market, row, request)
            answer = _at_first_sight(order, before.reading)
            if answer is not None:
                return answer
            if not self._counter.by_machine(market, before.row, order, before.reading):
                return Ordered(result=OrderResult.BY_HAND, reading=before.reading)
            try:
                await self._counter.act(market, before, order)
            except CodeWanted as wanted:
                return Ordered(result=OrderResult.NEEDS_CODE, reading=before.reading, trouble=wanted.sub_code)
            except Rejected as refused:
                return await self._refused(market, before, request, refused)
            after = await self._look(market, row, request)
            if not shows_done(order, after.reading):
                raise NotVisibleYet(f"{order.action} was accepted and the application is still {after.reading.code}")
            return Ordered(result=OrderResult.DONE, reading=after.reading)

    @activity.defn
    async def write_message(self, request: MessageRequest) -> MessageAnswer:
        """Write to the application, once: the same words that stand there already say nothing new a second time."""
        with refusing(), outside():
            row = await self._row(request)
            return await self._counter.write(
                await self._marketplaces.of(request.shop), request.case, row, request.message
            )

    async def _refused(self, market: Marketplace, before: Seen, request: OrderRequest, refused: Rejected) -> Ordered:
        """Why: because something moved since our look, or for good."""
        after = await self._look(market, before.row, request)
        answer = _at_first_sight(request.order, after.reading)
        if answer is not None:
            return answer
        if after.reading.version != before.reading.version:
            raise VersionMoved(f"from {before.reading.version} to {after.reading.version}")
        trouble = refused.sub_code or refused.code
        return Ordered(result=OrderResult.REFUSED, reading=after.reading, trouble=trouble)

    async def _row(self, request: RefundRequest) -> Refund:
        async with self._sessions() as session:
            return await session.get_one(Refund, UUID(request.refund_row))

    async def _look(self, market: Marketplace, row: Refund, request: RefundRequest) -> Seen:
        """What the marketplace shows is noted in the row first, which may know something newer by now."""
        shown = application_of(await self._counter.shown(market, row))
        async with self._sessions.begin() as session:
            fresh = await session.get_one(Refund, row.id, with_for_update=True)
            await note_application(session, self._ring, fresh, shown, request.now)
            with_proof = market.clients.flavour == TMALL
            return Seen(
                request.case, fresh, await self._readings.of(session, fresh, request.now, with_proof=with_proof)
            )


def _at_first_sight(order: Order, reading: Reading) -> Ordered | None:
    """What can be answered by looking alone."""
    if shows_done(order, reading):
        return Ordered(result=OrderResult.DONE, reading=reading)
    if not fits(order, reading):
        return Ordered(result=OrderResult.MOVED, reading=reading)
    return None
