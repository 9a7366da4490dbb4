"""Whatever the outside answers, callers meet a value of ours or a named failure, and nothing else."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.outgoing import Cleared, ClearedNotice
from gateways.aliyun_sms import AliyunSms
from gateways.failures import GatewayFailure
from gateways.top import TopClient
from gateways.top_coupons import CouponTerms, TopCoupons
from gateways.top_messages import TopMessages
from gateways.top_refunds import TopRefunds
from gateways.top_reviews import TopReviews
from gateways.top_sms import TopSms
from gateways.top_trades import TopTrades

type TopOf = Callable[[httpx2.AsyncClient], TopClient]
type SmsOf = Callable[[httpx2.AsyncClient], AliyunSms]

AT = datetime(2026, 11, 21, tzinfo=UTC)
WORDS = """
error_response code sub_code sub_msg request_id is_success total_results trade_rates trade_rate tid oid result created
content item_price valid_score trade orders order payment status messages tmc_message id topic pub_time refund refunds
refund_id refund_fee refund_remind_timeout timeout exist_timeout Code Message BizId SmsSendDetailDTOs SmsSendDetailDTO
SendStatus ReceiveDate coupons coupon coupon_id denominations condition end_time coupon_results coupon_result buyer_nick
coupon_number failure_buyers error_message reason coupon_details coupon_detail is_have_next_page
tmall_rate_info tags tag_name append_time has_negtv
"""
KEYS = st.sampled_from(WORDS.split())
LIKELY = ["OK", "bad", "true", "5.00", "2026-11-20 10:00:00", "0001-01-01 00:00:00", "isp.x", "7"]
SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(LIKELY)
)
TREES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)
OBJECTS = st.dictionaries(KEYS, TREES, max_size=5)
RAW = st.binary() | TREES.map(json.dumps).map(str.encode) | st.just(b"<html>502</html>")

TERMS = CouponTerms(500, 0, AT)
type Call = Callable[[TopClient], Awaitable[object]]
CALLS: dict[str, Call] = {
    "traderates_get_response": lambda top: TopReviews(top).reviews_page(AT, AT, 1),
    "tmall_traderate_feeds_get_response": lambda top: TopReviews(top).tmall_feed("1"),
    "traderate_explain_add_response": lambda top: TopReviews(top).reply("1", Cleared("抱歉")),
    "trade_fullinfo_get_response": lambda top: TopTrades(top).order("1"),
    "tmc_messages_consume_response": lambda top: TopMessages(top).consume(),
    "refund_get_response": lambda top: TopRefunds(top).refund("1"),
    "refunds_receive_get_response": lambda top: TopRefunds(top).refunds_page(AT, AT, 1),
    "promotion_coupon_add_response": lambda top: TopCoupons(top).make(TERMS),
    "promotion_coupons_get_response": lambda top: TopCoupons(top).find(TERMS),
    "promotion_coupon_send_response": lambda top: TopCoupons(top).give(7, "bad"),
    "promotion_coupondetail_get_response": lambda top: TopCoupons(top).held_by(7, "bad", AT),
    "jst_sms_oaid_message_send_response": lambda top: TopSms(top).send("1", "oaid", "小店", "SMS_1", ClearedNotice({})),
}


def saying(body: bytes) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, content=body)))


@pytest.mark.parametrize("name", CALLS)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(inside=OBJECTS)
async def test_the_marketplace_may_put_anything_into_its_envelope(
    inside: dict[str, Any], name: str, top_of: TopOf
) -> None:
    body = json.dumps({name: inside}).encode()
    with suppress(GatewayFailure):
        assert not isinstance(await CALLS[name](top_of(saying(body))), dict | bytes)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(body=RAW | st.builds(lambda inside: json.dumps({"error_response": inside}).encode(), TREES))
async def test_the_marketplace_may_answer_anything(body: bytes, top_of: TopOf) -> None:
    with pytest.raises(GatewayFailure):
        await TopTrades(top_of(saying(body))).order("1")


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(body=RAW | st.builds(lambda inside: json.dumps({"Code": "OK"} | inside).encode(), OBJECTS))
async def test_the_messenger_may_answer_anything(body: bytes, sms_of: SmsOf) -> None:
    sms = sms_of(saying(body))
    with suppress(GatewayFailure):
        assert (await sms.send_sms("13800138000", "小店", "SMS_1", ClearedNotice({}), "o")).biz_id
    with suppress(GatewayFailure):
        assert not isinstance(await sms.delivery("13800138000", date(2026, 11, 21), "b"), dict)
