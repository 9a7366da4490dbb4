"""Orders, refunds and pushes as the marketplace writes them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest

from domain.outgoing import ClearedNotice
from gateways.failures import Nonsense, Rejected
from gateways.top import TopClient
from gateways.top_messages import TopMessages
from gateways.top_refunds import TopRefunds
from gateways.top_sms import TopSms
from gateways.top_trades import TopTrades

type Answering = Callable[..., httpx2.AsyncClient]
type TopOf = Callable[[httpx2.AsyncClient], TopClient]

TRADE = {
    "tid": 4321000000001,
    "status": "TRADE_FINISHED",
    "payment": "39.90",
    "end_time": "2026-11-20 00:00:00",
    "buyer_nick": "c**n",
    "receiver_name": "陈**",
    "receiver_mobile": "138****8000",
    "receiver_state": "新疆维吾尔自治区",
    "receiver_city": "乌鲁木齐市",
    "receiver_address": "***",
    "oaid": "an-oaid",
    "orders": {"order": [{"oid": 4321000000002, "title": "保温杯", "num": 2, "price": "20.00", "payment": "39.90"}]},
}
REFUND = {"refund_id": 77, "tid": 1, "status": "WAIT_SELLER_AGREE", "refund_fee": "12.30", "refund_version": 1763}


def trade(**changes: object) -> dict[str, Any]:
    return {"trade_fullinfo_get_response": {"trade": TRADE | changes}}


async def test_an_order_shows_its_region_and_hides_its_receiver(answering: Answering, top_of: TopOf) -> None:
    order = await TopTrades(top_of(answering(trade()))).order("4321000000001")
    assert (order.receiver.state, order.receiver.masked_mobile) == ("新疆维吾尔自治区", "138****8000")
    assert not any(secret in repr(order) for secret in ("138****8000", "陈**", "an-oaid", "c**n"))


async def test_an_orders_amounts_are_fen_and_its_times_utc(answering: Answering, top_of: TopOf) -> None:
    order = await TopTrades(top_of(answering(trade()))).order("4321000000001")
    assert (order.paid_fen, order.end_time) == (3990, datetime(2026, 11, 19, 16, 0, tzinfo=UTC))
    assert [(item.oid, item.quantity, item.price_fen) for item in order.items] == [("4321000000002", 2, 2000)]


@pytest.mark.parametrize(
    "odd", [{"payment": None}, {"payment": "free"}, {"orders": {"order": [5]}}, {"buyer_rate": "y"}]
)
async def test_an_odd_order_is_nonsense_that_names_the_field(
    odd: dict[str, Any], answering: Answering, top_of: TopOf
) -> None:
    with pytest.raises(Nonsense, match=next(iter(odd))):
        await TopTrades(top_of(answering(trade(**odd)))).order("1")


async def test_a_refund_carries_the_platforms_own_deadline(answering: Answering, top_of: TopOf) -> None:
    remind = {"exist_timeout": "true", "remind_type": 1, "timeout": "2026-11-23 20:30:00"}
    body = {"refund_get_response": {"refund": REFUND | {"refund_remind_timeout": remind}}}
    refund = await TopRefunds(top_of(answering(body))).refund("77")
    assert (refund.refund_fen, refund.version) == (1230, "1763")
    assert refund.deadline == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


async def test_a_refund_without_a_time_limit_has_no_deadline(answering: Answering, top_of: TopOf) -> None:
    remind = {"exist_timeout": "false", "timeout": "2026-11-23 20:30:00"}
    body = {"refund_get_response": {"refund": REFUND | {"refund_remind_timeout": remind}}}
    assert (await TopRefunds(top_of(answering(body))).refund("77")).deadline is None


async def test_an_odd_refund_does_not_hide_the_others(answering: Answering, top_of: TopOf) -> None:
    rows = {"refund": [REFUND, REFUND | {"refund_fee": "?"}]}
    body = {"refunds_receive_get_response": {"refunds": rows, "total_results": 2}}
    page = await TopRefunds(top_of(answering(body))).refunds_page(datetime.now(UTC), datetime.now(UTC), 1)
    assert (len(page.refunds), len(page.unreadable), page.total) == (1, 1, 2)


def pushes(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"tmc_messages_consume_response": {"messages": {"tmc_message": list(rows)}}}


async def test_a_push_names_its_shop_and_what_to_read_again(answering: Answering, top_of: TopOf) -> None:
    row = {
        "id": 7104300007405429232,
        "topic": "taobao_trade_TradeRated",
        "user_nick": "a shop",
        "pub_time": "2026-11-21 20:30:00",
        "content": json.dumps({"tid": 1, "oid": 2, "rater": "buyer"}),
    }
    (push,) = await TopMessages(top_of(answering(pushes(row)))).consume()
    assert (push.id, push.seller_nick) == ("7104300007405429232", "a shop")
    assert push.content == {"tid": 1, "oid": 2, "rater": "buyer"}


@pytest.mark.parametrize("content", [None, "", "{", "[]", 5, "[" * 100_000])
async def test_an_unreadable_push_can_still_be_confirmed(content: object, answering: Answering, top_of: TopOf) -> None:
    (push,) = await TopMessages(top_of(answering(pushes({"id": "9", "content": content})))).consume()
    assert (push.id, push.content) == ("9", None)


async def test_many_pushes_are_confirmed_two_hundred_at_a_time(
    answering: Answering, asked: list[httpx2.Request], top_of: TopOf
) -> None:
    messages = TopMessages(top_of(answering({"tmc_messages_confirm_response": {"is_success": True}})))
    await messages.confirm(str(n) for n in range(401))
    sizes = [len(dict(parse_qsl(request.content.decode()))["s_message_ids"].split(",")) for request in asked]
    assert sizes == [200, 200, 1]


async def test_a_refused_confirmation_is_named(answering: Answering, top_of: TopOf) -> None:
    with pytest.raises(Rejected, match="is_success"):
        await TopMessages(top_of(answering({"tmc_messages_confirm_response": {"is_success": False}}))).confirm(["1"])


async def test_an_sms_goes_to_the_oaid_of_an_order(
    answering: Answering, asked: list[httpx2.Request], top_of: TopOf
) -> None:
    sms = TopSms(top_of(answering({"jst_sms_oaid_message_send_response": {"request_id": "r", "module": "1069"}})))
    accepted = await sms.send("42", "an-oaid", "小店", "SMS_1", ClearedNotice({"shop": "小店"}))
    form = dict(parse_qsl(asked[0].content.decode()))
    sent = json.loads(form["param_send_message_by_o_a_i_d_request"])
    assert (sent["order_id"], sent["oaid"], accepted.extend_code) == ("42", "an-oaid", "1069")
