"""The application on its marketplace: read it, and carry out what a case ordered, once and seen to be done."""

from dataclasses import dataclass
from uuid import UUID

from temporalio import activity

from activities.gateway_errors import outside
from activities.marketplace_clients import TOP_PLATFORMS, Marketplace, Marketplaces
from activities.policies import Policies
from activities.refund_facts import application_of
from activities.refund_readings import RefundReadings
from activities.refund_requests import OrderRequest, RefundRequest
from activities.refusals import refusing
from db.refunds import note_application
from db.sealed_texts import open_text
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.refunds import Refund
from domain.policies.refunds import ReturnAddress
from domain.refund_case.facts import Ordered, OrderResult
from domain.refund_case.market import Reading
from domain.refund_case.ordering import fits, shows_done
from domain.refund_case.orders import MarketAction, Order
from gateways.failures import Rejected
from gateways.top_refund_actions import Applied, CodeWanted, ReturnTo

TMALL = "tmall"
REMARK = "请按退货地址寄回，并在订单中填写运单号。"
# What this marketplace lets a machine do; the rest is done in its workbench.
BY_MACHINE = frozenset({MarketAction.AGREE_RETURN, MarketAction.REFUND, MarketAction.REFUSE})


class NotVisibleYet(Exception):
    """The marketplace accepted the order and does not show it yet; trying again reads before it acts."""


class VersionMoved(Exception):
    """Between our look and our order the buyer touched the application; trying again compares what it was decided
    on."""


@dataclass(frozen=True, slots=True)
class Seen:
    row: Refund
    reading: Reading


class RefundMarketActivities:
    def __init__(self, sessions: Sessions, marketplaces: Marketplaces, ring: KeyRing, policies: Policies) -> None:
        self._sessions = sessions
        self._marketplaces = marketplaces
        self._ring = ring
        self._policies = policies
        self._readings = RefundReadings(policies)

    @activity.defn
    async def read_refund(self, request: RefundRequest) -> Reading:
        """One look. Where no machine can look, the application stands as it was last reported."""
        with refusing(), outside():
            row = await self._row(request)
            if row.platform not in TOP_PLATFORMS:
                async with self._sessions() as session:
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
            try:
                await self._act(market, before, order, request.shop)
            except CodeWanted as wanted:
                return Ordered(result=OrderResult.NEEDS_CODE, reading=before.reading, trouble=wanted.sub_code)
            except Rejected as refused:
                return await self._refused(market, before, request, refused)
            after = await self._look(market, row, request)
            if not shows_done(order, after.reading):
                raise NotVisibleYet(f"{order.action} was accepted and the application is still {after.reading.code}")
            return Ordered(result=OrderResult.DONE, reading=after.reading)

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
        shown = application_of(await market.clients.refunds.refund(row.external_id))
        async with self._sessions.begin() as session:
            fresh = await session.get_one(Refund, row.id, with_for_update=True)
            await note_application(session, self._ring, fresh, shown, request.now)
            with_proof = market.clients.flavour == TMALL
            return Seen(fresh, await self._readings.of(session, fresh, request.now, with_proof=with_proof))

    async def _act(self, market: Marketplace, seen: Seen, order: Order, shop: str) -> None:
        actions, row = market.clients.refund_actions, seen.row
        applied = Applied(row.external_id, row.amount_fen, row.version or "", row.phase)
        match order.action:
            case MarketAction.AGREE_RETURN:
                back = await self._return_to(shop, order.address)
                by_buyer = order.freight_by_buyer
                await actions.agree_return(applied, back, freight_by_buyer=by_buyer, remark=REMARK)
            case MarketAction.REFUND:
                code = await self._text(order.code.id) if order.code else None
                (paid,) = await actions.pay_back([applied], code)
                if not paid.done:
                    raise Rejected(market.platform, "not-paid", "it did not let the money go")
            case MarketAction.REFUSE:
                words = await self._text(order.message.id) if order.message else ""
                await actions.refuse(applied, words)
            case _:
                raise AssertionError(f"{order.action} is not done by a machine")

    async def _text(self, id: str) -> str:
        async with self._sessions() as session:
            return await open_text(session, id) or ""

    async def _return_to(self, shop: str, address: int | None) -> ReturnTo:
        async with self._sessions() as session:
            policy, _ = await self._policies.refunds(session, shop)
        found = next((one for one in policy.return_addresses if one.id == address), None)
        if found is None:
            raise Rejected("the shop", "no-return-address", "add it to the policy `refunds`")
        return _return_to(found)


def _at_first_sight(order: Order, reading: Reading) -> Ordered | None:
    """What can be answered by looking alone."""
    if shows_done(order, reading):
        return Ordered(result=OrderResult.DONE, reading=reading)
    if not fits(order, reading):
        return Ordered(result=OrderResult.MOVED, reading=reading)
    if not _by_machine(order, reading):
        return Ordered(result=OrderResult.BY_HAND, reading=reading)
    return None


def _by_machine(order: Order, reading: Reading) -> bool:
    """Not above the platform's limit of one call, nor a refusal that needs a picture as proof."""
    most = reading.handling.by_machine_up_to_fen
    if order.action is MarketAction.REFUND:
        return most is None or reading.amount_fen <= most
    return order.action in BY_MACHINE and not (order.action is MarketAction.REFUSE and order.proof is not None)


def _return_to(address: ReturnAddress) -> ReturnTo:
    return ReturnTo(address.id, address.name, address.phone, address.address)
