"""Reviews, orders, messages to buyers, and the marketplace's faults."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from domain.outgoing import Cleared, ClearedNotice
from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, RateLimited, Rejected, Transient
from gateways.signing import TopSignMethod
from gateways.top import TopClient, TopCredentials
from gateways.top_reviews import ReviewResult, TopReviews
from gateways.top_sms import TopSms
from gateways.top_trades import TopTrades

type Tell = Callable[..., Awaitable[Any]]

READ, REPLY = "taobao.traderates.get", "taobao.traderate.explain.add"


@pytest.mark.parametrize("method", ["md5", "hmac", "hmac-sha256"])
async def test_a_bad_review_is_found_by_its_window_under_every_signature(
    method: TopSignMethod,
    shop: dict[str, str],
    reviewed: Tell,
    http: httpx2.AsyncClient,
    sandbox: str,
    business_now: datetime,
) -> None:
    placed, now = await reviewed(), business_now
    credentials = TopCredentials(shop["app_key"], SecretStr(shop["app_secret"]), SecretStr(shop["session"]))
    reviews = TopReviews(TopClient(http, f"{sandbox}/router/rest", credentials, method))
    page = await reviews.reviews_page(now - timedelta(hours=1), now + timedelta(hours=1), 1)
    assert [(r.oid, r.result, r.content) for r in page.reviews] == [
        (placed["tid_text"], ReviewResult.BAD, "杯子漏水,很失望")
    ]
    assert abs(page.reviews[0].created - now) < timedelta(minutes=1)


async def test_an_amended_review_reads_as_good(top: TopClient, reviewed: Tell, tell: Tell) -> None:
    placed = await reviewed("neutral")
    await tell(f"/buyer/reviews/{placed['tid']}/amend", content="客服很好")
    review = await TopReviews(top).review(placed["tid_text"], placed["tid_text"])
    assert review is not None
    assert (review.result, review.content) == (ReviewResult.GOOD, "客服很好")


async def test_a_deleted_review_is_simply_not_there(
    top: TopClient, reviewed: Tell, http: httpx2.AsyncClient, sandbox: str
) -> None:
    placed = await reviewed()
    await http.delete(f"{sandbox}/buyer/reviews/{placed['tid']}")
    assert await TopReviews(top).review(placed["tid_text"], placed["tid_text"]) is None


async def test_a_reply_stands_beside_the_review(top: TopClient, reviewed: Tell) -> None:
    placed, reviews = await reviewed(), TopReviews(top)
    await reviews.reply(placed["tid_text"], Cleared("非常抱歉,已补发新杯"))
    (review,) = (await reviews.reviews_of_order(placed["tid_text"])).reviews
    assert review.reply == "非常抱歉,已补发新杯"


async def test_a_second_reply_and_one_after_an_append_are_refused_for_good(
    top: TopClient, reviewed: Tell, tell: Tell
) -> None:
    replied, appended = await reviewed(), await reviewed()
    await TopReviews(top).reply(replied["tid_text"], Cleared("抱歉"))
    await tell(f"/buyer/reviews/{appended['tid']}/append", content="还是漏", negative=True)
    for placed in (replied, appended):
        with pytest.raises(Rejected) as caught:
            await TopReviews(top).reply(placed["tid_text"], Cleared("抱歉"))
        assert caught.value.permanent


async def test_a_reply_that_timed_out_after_it_was_posted_is_seen_on_reading_back(
    top: TopClient, reviewed: Tell, fault: Tell
) -> None:
    placed, reviews = await reviewed(), TopReviews(top)
    await fault(REPLY, "timeout_after")
    with pytest.raises(Transient) as caught:
        await reviews.reply(placed["tid_text"], Cleared("抱歉"))
    assert caught.value.maybe_done
    (review,) = (await reviews.reviews_of_order(placed["tid_text"])).reviews
    assert review.reply == "抱歉"


async def test_tmall_shows_what_the_buyer_appended(top: TopClient, reviewed: Tell, tell: Tell) -> None:
    placed = await reviewed()
    await tell(f"/buyer/reviews/{placed['tid']}/append", content="还是漏", negative=True)
    feed = await TopReviews(top).tmall_feed(placed["tid_text"])
    assert feed is not None
    assert (feed.append_content, feed.append_negative, feed.tags) == ("还是漏", True, ("不满意",))


async def test_a_span_over_the_cap_is_read_whole(
    top: TopClient, shop: dict[str, str], tell: Tell, business_now: datetime
) -> None:
    start = business_now.replace(microsecond=0) - timedelta(hours=2)
    texts = [{"text": f"差评{n}", "created": (start + timedelta(seconds=n)).isoformat()} for n in range(1700)]
    loaded = await tell("/buyer/bulk_reviews", shop=shop["seller_nick"], reviews=texts)
    seen: set[str] = set()
    async for page in TopReviews(top).pages(start, start + timedelta(hours=1)):
        seen |= {review.oid for review in page.reviews}
    assert seen == {str(oid) for oid in loaded["oids"]}


async def test_an_order_shows_region_and_amount_and_masks_its_buyer(top: TopClient, order: Tell) -> None:
    placed = await order(state="新疆维吾尔自治区", city="乌鲁木齐市", phone="13912345678", name="阿依努尔")
    found = await TopTrades(top).order(placed["tid_text"])
    assert (found.paid_fen, found.receiver.state, found.status) == (3990, "新疆维吾尔自治区", "TRADE_FINISHED")
    assert (found.receiver.masked_mobile, found.receiver.masked_name) == ("139****5678", "阿**")
    assert [item.oid for item in found.items] == [placed["tid_text"]]
    assert found.end_time is not None


async def test_an_order_of_another_shop_is_refused_for_good(top: TopClient) -> None:
    with pytest.raises(Rejected) as caught:
        await TopTrades(top).order("1")
    assert (caught.value.sub_code, caught.value.permanent) == ("isv.trade-not-exist", True)


async def test_an_sms_reaches_a_buyer_whose_phone_nobody_told(top: TopClient, order: Tell, read: Tell) -> None:
    placed = await order(phone="13700000042", buyer_nick="a buyer with a phone")
    oaid = (await TopTrades(top).order(placed["tid_text"])).receiver.oaid
    assert oaid is not None
    await TopSms(top).send(placed["tid_text"], oaid, "小店", "SMS_NOTICE", ClearedNotice({"shop": "小店"}))
    inbox = (await read("/buyer/people/a buyer with a phone"))["inbox"]
    assert "小店" in inbox[0]["text"]


@pytest.mark.parametrize(
    ("kind", "failure", "maybe_done"),
    [
        ("timeout_before", Transient, True),
        ("timeout_after", Transient, True),
        ("http_500", Transient, True),
        ("system_error", Transient, True),
        ("rate_limit", RateLimited, False),
    ],
)
async def test_every_fault_has_its_name(
    kind: str, failure: type[GatewayFailure], maybe_done: bool, top: TopClient, fault: Tell
) -> None:
    await fault(READ, kind)
    with pytest.raises(GatewayFailure) as caught:
        await TopReviews(top).reviews_of_order("1")
    assert (type(caught.value), caught.value.maybe_done) == (failure, maybe_done)


async def test_nonsense_of_each_kind_is_called_so(top: TopClient, fault: Tell) -> None:
    await fault(READ, "nonsense", count=3)
    for _ in range(3):
        with pytest.raises(Nonsense):
            await TopReviews(top).reviews_of_order("1")


async def test_a_dropped_connection_may_have_done_something(top: TopClient, fault: Tell) -> None:
    await fault(READ, "timeout_before", seconds=0)
    with pytest.raises(Transient) as caught:
        await TopReviews(top).reviews_of_order("1")
    assert (caught.value.code, caught.value.maybe_done) == ("broken", True)


async def test_a_ban_is_waited_for_to_the_second(top: TopClient, fault: Tell) -> None:
    await fault(READ, "rate_limit", seconds=37)
    before = datetime.now(UTC)
    with pytest.raises(RateLimited) as caught:
        await TopReviews(top).reviews_of_order("1")
    assert timedelta(seconds=38) <= caught.value.until - before < timedelta(seconds=40)


@pytest.mark.parametrize("lost", ["app_key", "app_secret", "session"])
async def test_lost_credentials_need_a_person(
    lost: str, shop: dict[str, str], http: httpx2.AsyncClient, sandbox: str
) -> None:
    known = shop | {lost: "424242"}
    credentials = TopCredentials(known["app_key"], SecretStr(known["app_secret"]), SecretStr(known["session"]))
    with pytest.raises(AuthRevoked):
        await TopReviews(TopClient(http, f"{sandbox}/router/rest", credentials)).reviews_of_order("1")


async def test_a_wrong_clock_is_named(shop: dict[str, str], http: httpx2.AsyncClient, sandbox: str) -> None:
    credentials = TopCredentials(shop["app_key"], SecretStr(shop["app_secret"]), SecretStr(shop["session"]))
    late = TopClient(http, f"{sandbox}/router/rest", credentials, clock=lambda: datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(Rejected, match="clock"):
        await TopReviews(late).reviews_of_order("1")
