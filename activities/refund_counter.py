"""The marketplace's counter for applications: refunds and exchanges are read and answered by calls of their own, and
what a machine can't do there a person does in the workbench."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from activities.marketplace_clients import Marketplace
from activities.policies import Policies
from activities.refund_readings import counter_of
from db.attachments import attachment_of
from db.sealed_texts import open_text
from db.sessions import Sessions
from db.tables.refunds import Refund, Shipment
from domain.errors import Refusal
from domain.gate import GateMode
from domain.outgoing import Cleared, clear
from domain.policies.refund_rules import RefundStatus
from domain.policies.refunds import ReturnAddress
from domain.refund_case.facts import MessageAnswer
from domain.refund_case.market import Counter, Reading
from domain.refund_case.messages import Message, MessageStatus
from domain.refund_case.orders import MarketAction, Order
from domain.sealed import SealedRef
from gateways.failures import Rejected
from gateways.top_refund_actions import PICTURE_BYTES, PROOF_BYTES, Applied, ReturnTo, Written
from gateways.top_refunds import MarketplaceRefund
from vault.vault import Vault

REMARK = "请按退货地址寄回，并在订单中填写运单号。"
SHOP = "the shop"
SELLER = "seller"


@dataclass(frozen=True, slots=True)
class Seen:
    """An application's row and reading, just looked at for its case."""

    case: str
    row: Refund
    reading: Reading


def most_bytes(counter: Counter) -> int:
    """Of a picture that goes with a refusal there."""
    return PICTURE_BYTES if counter is Counter.EXCHANGES else PROOF_BYTES


class RefundCounter:
    """Of one process; `vault` is where pictures are kept."""

    def __init__(self, sessions: Sessions, policies: Policies, vault: Vault | None) -> None:
        self._sessions = sessions
        self._policies = policies
        self._vault = vault
        self._acting: dict[Counter, dict[MarketAction, Callable[[Marketplace, Seen, Order], Awaitable[None]]]] = {
            Counter.REFUNDS: {
                MarketAction.AGREE_RETURN: self._agree_return,
                MarketAction.REFUND: self._pay_back,
                MarketAction.REFUSE: self._refuse,
            },
            Counter.EXCHANGES: {
                MarketAction.AGREE_EXCHANGE: self._agree_exchange,
                MarketAction.TAKE_GOODS: self._take_goods,
                MarketAction.SEND_GOODS: self._send_goods,
                MarketAction.REFUSE: self._refuse_exchange,
            },
        }

    async def shown(self, market: Marketplace, row: Refund) -> MarketplaceRefund:
        """Raises GatewayFailure."""
        if counter_of(market.rules, row) is Counter.EXCHANGES:
            return await market.clients.exchanges.exchange(row.external_id)
        return await market.clients.refunds.refund(row.external_id)

    def by_machine(self, market: Marketplace, row: Refund, order: Order, reading: Reading) -> bool:
        """Whether a machine can do this there: the marketplace has a call for it, the sum is within what one call
        takes, and what the call wants is at hand."""
        counter = counter_of(market.rules, row)
        if order.action not in self._acting.get(counter, {}):
            return False
        most = reading.handling.by_machine_up_to_fen
        if order.action is MarketAction.REFUND:
            return most is None or reading.amount_fen <= most
        if order.action is MarketAction.REFUSE:
            shown = order.proof is None or self._vault is not None
            return shown and (counter is Counter.REFUNDS or order.reason is not None)
        return True

    async def act(self, market: Marketplace, seen: Seen, order: Order) -> None:
        """Under the version just seen, where the marketplace takes one. Raises GatewayFailure; Rejected also for what
        we lack, like the return address."""
        await self._acting[counter_of(market.rules, seen.row)][order.action](market, seen, order)

    async def _agree_return(self, market: Marketplace, seen: Seen, order: Order) -> None:
        back = await self._return_to(market.code, order.address)
        await market.clients.refund_actions.agree_return(
            applied(seen.row), back, freight_by_buyer=order.freight_by_buyer, remark=REMARK
        )

    async def _pay_back(self, market: Marketplace, seen: Seen, order: Order) -> None:
        code = await self._text(order.code.id) if order.code else None
        (paid,) = await market.clients.refund_actions.pay_back([applied(seen.row)], code)
        if not paid.done:
            raise Rejected(market.platform, "not-paid", "it did not let the money go")

    async def _refuse(self, market: Marketplace, seen: Seen, order: Order) -> None:
        words = await self._cleared(market.code, order)
        picture = await self._picture(seen.case, order)
        await market.clients.refund_actions.refuse(applied(seen.row), words, picture, order.reason)

    async def _agree_exchange(self, market: Marketplace, seen: Seen, order: Order) -> None:
        back = await self._return_to(market.code, order.address)
        await market.clients.exchanges.agree(seen.row.external_id, back, REMARK)

    async def _take_goods(self, market: Marketplace, seen: Seen, order: Order) -> None:
        await market.clients.exchanges.take_goods(seen.row.external_id)

    async def _send_goods(self, market: Marketplace, seen: Seen, order: Order) -> None:
        async with self._sessions() as session:
            shipment = await session.get_one(Shipment, UUID(order.shipment or ""))
        if shipment.waybill is None:
            raise Rejected(SHOP, "waybill-erased", "enter the waybill in the workbench")
        await market.clients.exchanges.send_goods(seen.row.external_id, shipment.courier, shipment.waybill)

    async def _refuse_exchange(self, market: Marketplace, seen: Seen, order: Order) -> None:
        words, picture = await self._cleared(market.code, order), await self._picture(seen.case, order)
        assert order.reason is not None  # noqa: S101 - by_machine has looked
        came = seen.reading.status is RefundStatus.RETURNED
        await market.clients.exchanges.refuse(seen.row.external_id, words, order.reason, picture, goods_came=came)

    async def write(self, market: Marketplace, case: str, row: Refund, message: Message) -> MessageAnswer:
        """What the marketplace or our own look at words refuses is a person's to mend. Raises the other failures."""
        counter = counter_of(market.rules, row)
        if counter is Counter.NONE or self._vault is None:
            return MessageAnswer(status=MessageStatus.BY_HAND)
        try:
            words, photo = await self._clear(market.code, message.words), await self._photo(case, message.photo)
            if counter is Counter.EXCHANGES:
                await _once(market.clients.exchanges, row.external_id, words, photo)
            else:
                await _once(market.clients.refund_actions, applied(row), words, photo)
        except Rejected as refused:
            return MessageAnswer(status=MessageStatus.REFUSED, trouble=refused.sub_code or refused.code)
        return MessageAnswer(status=MessageStatus.WRITTEN)

    async def _cleared(self, shop: str, order: Order) -> Cleared:
        assert order.message is not None  # noqa: S101 - a refusal has words
        return await self._clear(shop, order.message)

    async def _clear(self, shop: str, words: SealedRef) -> Cleared:
        """Words that were typed, looked at once more as they leave."""
        text = await self._text(words.id)
        async with self._sessions() as session:
            texts, _ = await self._policies.texts(session, shop)
        try:
            return clear(text, texts.wording, GateMode.ON_RESOLUTION)
        except Refusal:
            raise Rejected(SHOP, "words-unfit", "say it in other words") from None

    async def _text(self, id: str) -> str:
        async with self._sessions() as session:
            return await open_text(session, id) or ""

    async def _picture(self, case: str, order: Order) -> bytes | None:
        return None if order.proof is None else await self._photo(case, order.proof)

    async def _photo(self, case: str, id: str) -> bytes:
        """Raises Rejected for one that was erased meanwhile."""
        assert self._vault is not None  # noqa: S101 - asked for only where there is one
        try:
            async with self._sessions() as session:
                attachment, _ = await attachment_of(session, case, UUID(id))
        except Refusal:
            raise Rejected(SHOP, "photo-erased", "put it into the case again") from None
        return b"".join([piece async for piece in self._vault.read(attachment.file.hex())])

    async def _return_to(self, shop: str, address: int | None) -> ReturnTo:
        async with self._sessions() as session:
            policy, _ = await self._policies.refunds(session, shop)
        found = next((one for one in policy.return_addresses if one.id == address), None)
        if found is None:
            raise Rejected(SHOP, "no-return-address", "add it to the policy `refunds`")
        return _return_to(found)


class Writes[Seen](Protocol):
    """Where something is written to an application."""

    async def written(self, seen: Seen, /) -> tuple[Written, ...]: ...
    async def write(self, seen: Seen, message: Cleared, picture: bytes, /) -> None: ...


async def _once[Seen](there: Writes[Seen], seen: Seen, words: Cleared, photo: bytes) -> None:
    """The same words that stand there already say nothing new a second time."""
    if words.text not in {one.text for one in await there.written(seen) if one.by == SELLER}:
        await there.write(seen, words, photo)


def applied(row: Refund) -> Applied:
    return Applied(row.external_id, row.amount_fen, row.version or "", row.phase)


def _return_to(address: ReturnAddress) -> ReturnTo:
    return ReturnTo(address.id, address.name, address.phone, address.address)
