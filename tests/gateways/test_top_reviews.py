"""Reading reviews: one row, one page, and spans that hold more than the marketplace shows at once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.outgoing import Cleared
from gateways.failures import Nonsense, Rejected
from gateways.top import TopClient
from gateways.top_reviews import ReviewResult, TopReviews
from gateways.wire import CHINA

type Answering = Callable[..., httpx2.AsyncClient]
type TopOf = Callable[[httpx2.AsyncClient], TopClient]

START = datetime(2026, 11, 1, tzinfo=UTC)
ROW = {
    "tid": 4321000000001,
    "oid": "4321000000002",
    "result": "bad",
    "created": "2026-11-20 23:59:59",
    "content": "物流太慢\x00😡",
    "nick": "c**n",
    "item_title": "保温杯",
    "item_price": "39.90",
    "num_iid": 520000000001,
    "valid_score": "true",
}


def page(*rows: object, total: int | None = None) -> dict[str, Any]:
    counted = len(rows) if total is None else total
    return {"traderates_get_response": {"trade_rates": {"trade_rate": list(rows)}, "total_results": counted}}


async def test_a_row_becomes_a_review_with_utc_times_and_whole_fen(answering: Answering, top_of: TopOf) -> None:
    (review,) = (await TopReviews(top_of(answering(page(ROW)))).reviews_of_order("4321000000001")).reviews
    assert (review.tid, review.oid, review.result) == ("4321000000001", "4321000000002", ReviewResult.BAD)
    assert (review.created, review.item_price_fen) == (datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC), 3990)
    assert (review.content, review.reply, review.valid_score) == ("物流太慢😡", None, True)


async def test_a_buyers_words_and_name_are_in_no_representation(answering: Answering, top_of: TopOf) -> None:
    (review,) = (await TopReviews(top_of(answering(page(ROW)))).reviews_of_order("1")).reviews
    assert "物流" not in repr(review)
    assert "c**n" not in repr(review)


@pytest.mark.parametrize(
    "odd",
    [{"result": "great"}, {"oid": None}, {"created": "yesterday"}, {"created": "0001-01-01 00:00:00"}, {"tid": []}],
)
async def test_an_odd_row_is_reported_and_the_others_are_kept(
    odd: dict[str, Any], answering: Answering, top_of: TopOf
) -> None:
    read = await TopReviews(top_of(answering(page(ROW | odd, ROW)))).reviews_page(START, START, 1)
    assert (len(read.reviews), len(read.unreadable)) == (1, 1)


async def test_no_reviews_are_an_empty_page(answering: Answering, top_of: TopOf) -> None:
    body = {"traderates_get_response": {"total_results": 0, "request_id": "r"}}
    read = await TopReviews(top_of(answering(body))).reviews_page(START, START, 1)
    assert (read.reviews, read.total) == ((), 0)


async def test_a_page_without_its_total_is_nonsense_not_an_empty_shop(answering: Answering, top_of: TopOf) -> None:
    with pytest.raises(Nonsense, match="total_results"):
        await TopReviews(top_of(answering({"traderates_get_response": {}}))).reviews_page(START, START, 1)


@pytest.mark.covers(76, 207)
async def test_an_unreadable_row_is_never_taken_for_a_vanished_review(answering: Answering, top_of: TopOf) -> None:
    reviews = TopReviews(top_of(answering(page(ROW | {"result": "?"}), page(ROW), page())))
    with pytest.raises(Nonsense, match="result"):
        await reviews.review("4321000000001", "4321000000002")
    assert await reviews.review("4321000000001", "4321000000002") is not None
    assert await reviews.review("4321000000001", "4321000000002") is None


async def test_a_reply_that_was_not_taken_is_refused(answering: Answering, top_of: TopOf) -> None:
    with pytest.raises(Rejected, match="reply"):
        await TopReviews(top_of(answering({"traderate_explain_add_response": {"is_success": False}}))).reply(
            "1", Cleared("抱歉")
        )


def shop_with(moments: list[datetime]) -> httpx2.AsyncClient:
    """A marketplace that answers as TOP does: newest first, and never more than 1,500 rows to one query."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        form = dict(parse_qsl(request.content.decode()))
        start, end = (datetime.fromisoformat(form[key]).replace(tzinfo=CHINA) for key in ("start_date", "end_date"))
        found = [(at, oid) for oid, at in enumerate(moments) if start <= at <= end]
        shown = sorted(found, reverse=True)[:1500]
        first = (int(form["page_no"]) - 1) * int(form["page_size"])
        rows = [
            ROW | {"oid": oid, "created": at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")}
            for at, oid in shown[first : first + int(form["page_size"])]
        ]
        return httpx2.Response(200, json=page(*rows, total=len(shown)))

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


@settings(max_examples=8, deadline=None)
@given(
    lone=st.lists(st.integers(0, 1000), max_size=30), crowded_second=st.integers(0, 1000), crowd=st.integers(0, 1400)
)
async def test_no_review_of_a_span_is_lost_however_they_crowd(
    lone: list[int], crowded_second: int, crowd: int, top_of: TopOf
) -> None:
    spread = [n % 1000 for n in range(1600)]
    moments = [START + timedelta(seconds=second) for second in [*lone, *spread, *[crowded_second] * crowd]]
    seen: set[str] = set()
    async for read in TopReviews(top_of(shop_with(moments))).pages(START, START + timedelta(seconds=1000)):
        seen |= {review.oid for review in read.reviews}
    assert seen == {str(oid) for oid in range(len(moments))}


async def test_a_quiet_span_is_one_window(top_of: TopOf) -> None:
    reviews = TopReviews(top_of(shop_with([START])))
    assert [window async for window in reviews.windows(START, START + timedelta(days=1))] != []
    assert len([window async for window in reviews.windows(START, START + timedelta(days=180))]) == 1


async def test_a_single_second_over_the_cap_ends_the_cutting(top_of: TopOf) -> None:
    reviews = TopReviews(top_of(shop_with([START] * 1600)))
    windows = [window async for window in reviews.windows(START, START + timedelta(seconds=8))]
    assert [(w.end - w.start).total_seconds() for w in windows] == [1.0, 1.0, 2.0, 4.0]


async def test_a_tmall_review_shows_its_append(answering: Answering, top_of: TopOf) -> None:
    info = {
        "content": "不错",
        "append_content": "坏了",
        "append_time": "2026-11-20 08:00:00",
        "append_has_negtv": "true",
    }
    body = {
        "tmall_traderate_feeds_get_response": {"tmall_rate_info": info | {"tags": {"tags": [{"tag_name": "质量"}]}}}
    }
    feed = await TopReviews(top_of(answering(body))).tmall_feed("1")
    assert feed is not None
    assert (feed.append_content, feed.append_negative, feed.negative, feed.tags) == ("坏了", True, False, ("质量",))
