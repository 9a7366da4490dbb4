"""Exchanges: read by their own list, agreed to, refused, taken and sent."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.outgoing import Cleared
from gateways.failures import Rejected
from gateways.top import TopClient
from gateways.top_exchanges import TopExchanges
from gateways.top_refund_actions import ReturnTo
from gateways.top_refunds import MarketplaceRefund, TopRefunds

type Tell = Callable[..., Awaitable[Any]]
BACK = ReturnTo(7, "王仓管", "13900139000", "浙江省杭州市仓库路1号")


@pytest.fixture
def ask(order: Tell, tell: Tell, top: TopClient) -> Callable[..., Awaitable[MarketplaceRefund]]:
    """Chen wants another cup for the one that leaks; the application as it is read."""

    async def asked(reason: str = "商品质量问题") -> MarketplaceRefund:
        placed = await order()
        exchange = await tell(f"/buyer/orders/{placed['tid']}/exchange", reason=reason, explanation="杯盖漏水")
        return await TopExchanges(top).exchange(exchange["refund_id_text"])

    return asked


async def status(top: TopClient, exchange: MarketplaceRefund) -> str:
    return (await TopExchanges(top).exchange(exchange.refund_id)).status


@pytest.mark.covers(94)
async def test_an_exchange_is_on_its_own_list_with_its_deadline_and_on_no_other(
    top: TopClient, ask: Tell, business_now: datetime
) -> None:
    exchange = await ask()
    since, until = business_now - timedelta(hours=1), business_now + timedelta(hours=1)
    page = await TopExchanges(top).exchanges_page(since, until, 1)
    assert [one.refund_id for one in page.refunds] == [exchange.refund_id]
    assert (exchange.status, exchange.dispute_type, exchange.refund_fen) == ("1", "TMALL_EXCHANGE", 3990)
    assert exchange.deadline is not None
    assert exchange.deadline - business_now > timedelta(days=4)
    assert (await TopRefunds(top).refunds_page(since, until, 1)).refunds == ()


@pytest.mark.covers(96, 97)
async def test_old_goods_come_back_and_others_go_out(top: TopClient, ask: Tell, tell: Tell, read: Tell) -> None:
    exchange, actions = await ask(), TopExchanges(top)
    await actions.agree(exchange.refund_id, BACK, "请寄回")
    await tell(f"/buyer/refunds/{exchange.refund_id}/ship_back", company="圆通", sid="YT1234567890")
    coming = await actions.exchange(exchange.refund_id)
    assert (coming.status, coming.tracking_number) == ("3", "YT1234567890")
    await actions.take_goods(exchange.refund_id)
    await actions.send_goods(exchange.refund_id, "顺丰", "SF0000000001")
    shown = await read(f"/buyer/refunds/{exchange.refund_id}")
    assert (shown["status"], shown["out_sid"], shown["address"]) == ("13", "SF0000000001", BACK.address)
    await tell(f"/buyer/refunds/{exchange.refund_id}/received")
    assert await status(top, exchange) == "5"


async def test_a_refusal_needs_a_reason_of_the_marketplaces_and_shows_the_picture(
    top: TopClient, ask: Tell, read: Tell
) -> None:
    exchange, actions = await ask(), TopExchanges(top)
    with pytest.raises(Rejected, match="seller_refuse_reason_id"):
        await actions.refuse(exchange.refund_id, Cleared("商品已使用"), 999, goods_came=False)
    reason = (await actions.refuse_reasons(exchange.refund_id))[0].id
    await actions.refuse(exchange.refund_id, Cleared("商品已使用"), reason, b"\x89PNG", goods_came=False)
    shown = await read(f"/buyer/refunds/{exchange.refund_id}")
    assert (shown["status"], shown["refuse_reason"], shown["proof_bytes"]) == ("6", reason, 4)


async def test_an_exchange_without_reason_is_not_refused_and_nothing_goes_out_before_the_goods_came(
    top: TopClient, ask: Tell
) -> None:
    exchange, actions = await ask("七天无理由换货"), TopExchanges(top)
    with pytest.raises(Rejected, match="cannot-refuse"):
        await actions.refuse(exchange.refund_id, Cleared("商品已使用"), 101, goods_came=False)
    with pytest.raises(Rejected, match="wrong-state"):
        await actions.send_goods(exchange.refund_id, "顺丰", "SF0000000001")
    assert await status(top, exchange) == "1"


async def test_what_is_written_to_an_exchange_is_read_back(top: TopClient, ask: Tell, tell: Tell) -> None:
    exchange, actions = await ask(), TopExchanges(top)
    await tell(f"/buyer/refunds/{exchange.refund_id}/message", content="什么时候寄")
    await actions.write(exchange.refund_id, Cleared("今天寄出"), b"\x89PNG picture")
    written = [(one.by, one.text) for one in await actions.written(exchange.refund_id)]
    assert written == [("buyer", "什么时候寄"), ("seller", "今天寄出")]
