from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from taobaopy.taobao import TaoBaoAPIError

from tests.sandbox.clients import Market, Shop

FIELDS = "tid,oid,role,nick,result,created,rated_nick,item_title,item_price,content,reply,num_iid,valid_score"
CHINA = timedelta(hours=8)


def page(top: Any, **changes: Any) -> dict[str, Any]:
    asked = {"fields": FIELDS, "rate_type": "get", "role": "buyer", **changes}
    return dict(top.traderates_get(**asked)["traderates_get_response"])


def rates(top: Any, **changes: Any) -> list[dict[str, Any]]:
    return list(page(top, **changes).get("trade_rates", {}).get("trade_rate", []))


def written(moment: datetime) -> str:
    return (moment + CHINA).strftime("%Y-%m-%d %H:%M:%S")


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(TaoBaoAPIError) as refused:
        call(**arguments)
    return str(refused.value.sub_code)


def test_a_stock_client_reads_a_new_review(market: Market, shop: Shop, top: Any) -> None:
    oid = market.review(shop, "bad", "杯子裂了 😡")

    (rate,) = rates(top)

    assert (rate["oid"], rate["tid"], rate["nick"], rate["role"]) == (oid, oid, "chen", "buyer")
    assert (rate["result"], rate["content"], rate["item_price"]) == ("bad", "杯子裂了 😡", "39.90")
    assert rate["rated_nick"] == shop.seller_nick
    assert "reply" not in rate


def test_only_the_asked_fields_are_answered(market: Market, shop: Shop, top: Any) -> None:
    market.review(shop)

    assert rates(top, fields="result,content") == [{"result": "bad", "content": "杯子裂了"}]


def test_one_shop_never_sees_the_reviews_of_another(market: Market, top: Any) -> None:
    market.review(market.open_shop())

    assert rates(top) == []


def test_reviews_come_newest_first_over_pages(market: Market, shop: Shop, top: Any) -> None:
    now = datetime.now(UTC)
    market.bulk(shop, [now - timedelta(minutes=minute) for minute in range(5)])

    first = page(top, page_size=3, use_has_next=True)
    second = page(top, page_size=3, page_no=2, use_has_next=True)

    contents = [rate["content"] for one in (first, second) for rate in one["trade_rates"]["trade_rate"]]
    assert contents == [f"差评 {n}" for n in range(5)]
    assert (first["has_next"], second["has_next"]) == (True, False)
    assert "total_results" not in first


def test_a_query_never_yields_more_than_1500_reviews(market: Market, shop: Shop, top: Any) -> None:
    market.bulk(shop, [datetime.now(UTC) - timedelta(seconds=n) for n in range(1_620)])

    assert page(top)["total_results"] == 1_500
    assert len(rates(top, page_size=150, page_no=10)) == 150
    assert rates(top, page_size=150, page_no=11) == []
    assert page(top, page_size=150, page_no=10, use_has_next=True)["has_next"] is False


def test_a_split_window_reaches_what_the_cap_hides(market: Market, shop: Shop, top: Any) -> None:
    now = datetime.now(UTC)
    market.bulk(shop, [now - timedelta(minutes=n) for n in range(1_620)])
    middle = now - timedelta(minutes=1_600, seconds=30)

    early = page(top, start_date=written(now - timedelta(days=2)), end_date=written(middle))

    assert early["total_results"] == 19


def test_both_ends_of_the_date_window_are_included(market: Market, shop: Shop, top: Any) -> None:
    noon = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    market.bulk(shop, [noon + timedelta(seconds=n) for n in range(-1, 3)])

    found = rates(top, start_date=written(noon), end_date=written(noon + timedelta(seconds=1)))

    assert [rate["content"] for rate in found] == ["差评 2", "差评 1"]


def test_an_end_date_alone_is_ignored_as_documented(market: Market, shop: Shop, top: Any) -> None:
    market.review(shop)

    assert len(rates(top, end_date="2020-01-01 00:00:00")) == 1


def test_reviews_older_than_180_days_are_not_served(market: Market, shop: Shop, top: Any) -> None:
    now = datetime.now(UTC)
    market.bulk(shop, [now - timedelta(days=179), now - timedelta(days=181)])

    assert [rate["content"] for rate in rates(top, start_date="2020-01-01 00:00:00")] == ["差评 0"]


def test_the_grade_filter_keeps_only_that_grade(market: Market, shop: Shop, top: Any) -> None:
    market.review(shop, "good")
    market.review(shop, "neutral")

    assert [rate["result"] for rate in rates(top, result="neutral")] == ["neutral"]


def test_a_review_is_found_by_order_and_by_sub_order(market: Market, shop: Shop, top: Any) -> None:
    two = [{"title": "茶杯", "price": "39.90"}, {"title": "茶壶", "price": "99.00"}]
    tid = market.order(shop, items=two)
    cup, pot = (one["oid"] for one in market.get(f"/buyer/orders/{tid}")["orders"])
    market.review(shop)
    for oid in (cup, pot):
        market.post(f"/buyer/reviews/{oid}", {"result": "bad", "content": "碎了"})

    assert {rate["oid"] for rate in rates(top, tid=tid)} == {cup, pot}
    assert [rate["item_title"] for rate in rates(top, tid=pot)] == ["茶壶"]


def test_an_amended_review_reads_as_good(market: Market, shop: Shop, top: Any) -> None:
    oid = market.review(shop)
    market.post(f"/buyer/reviews/{oid}/amend", {"content": "客服很用心"})

    (rate,) = rates(top, tid=oid)

    assert (rate["result"], rate["content"]) == ("good", "客服很用心")


def test_a_deleted_review_is_gone(market: Market, shop: Shop, top: Any) -> None:
    oid = market.review(shop)
    market.http.delete(f"/buyer/reviews/{oid}")

    assert rates(top, tid=oid) == []


def test_the_seller_replies_once(market: Market, shop: Shop, top: Any) -> None:
    oid = market.review(shop)

    assert top.traderate_explain_add(oid=oid, reply="很抱歉")["traderate_explain_add_response"]["is_success"]
    assert rates(top)[0]["reply"] == "很抱歉"
    assert refusal(top.traderate_explain_add, oid=oid, reply="再说一次") == "isv.explain-already-exists"


def test_a_reply_has_at_most_500_characters(market: Market, shop: Shop, top: Any) -> None:
    oid = market.review(shop)

    assert refusal(top.traderate_explain_add, oid=oid, reply="歉" * 501) == "isv.invalid-parameter:reply"
    assert top.traderate_explain_add(oid=oid, reply="歉" * 500)


def test_no_reply_is_taken_after_30_days(market: Market, shop: Shop, top: Any) -> None:
    oid = market.review(shop)
    market.pass_days(30.01)

    assert refusal(top.traderate_explain_add, oid=oid, reply="迟了") == "isv.explain-out-of-time"


def test_no_reply_is_taken_after_the_buyer_appended(market: Market, shop: Shop, top: Any) -> None:
    oid = market.review(shop)
    market.post(f"/buyer/reviews/{oid}/append", {"content": "还是裂的", "negative": True})

    assert refusal(top.traderate_explain_add, oid=oid, reply="迟了") == "isv.explain-after-append"


def test_nobody_replies_to_another_shops_review(market: Market, top: Any) -> None:
    oid = market.review(market.open_shop())

    assert refusal(top.traderate_explain_add, oid=oid, reply="抱歉") == "isv.rate-not-exist"


@pytest.mark.parametrize("negative", [True, False])
def test_tmall_shows_the_addition_and_its_polarity(
    market: Market, tmall_shop: Shop, tmall_top: Any, negative: bool
) -> None:
    oid = market.review(tmall_shop)
    market.post(f"/buyer/reviews/{oid}/append", {"content": "追评", "negative": negative})

    answer = tmall_top.tmall__traderate_feeds_get(child_trade_id=oid)

    info = answer["tmall_traderate_feeds_get_response"]["tmall_rate_info"]
    assert (info["has_negtv"], info["append_content"], info["append_has_negtv"]) == (True, "追评", negative)
