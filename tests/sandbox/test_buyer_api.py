from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.clients import Market, Shop


def bad(content: str = "差") -> dict[str, str]:
    return {"result": "bad", "content": content}


def test_an_item_is_reviewed_after_receipt_only(market: Market, shop: Shop) -> None:
    oid = market.order(shop, finish=False)

    assert market.refusal(f"/buyer/reviews/{oid}", bad()) == "trade_not_finished"
    market.post(f"/buyer/orders/{oid}/ship")
    market.post(f"/buyer/orders/{oid}/finish")
    assert market.post(f"/buyer/reviews/{oid}", bad())["result"] == "bad"


def test_an_item_is_reviewed_once(market: Market, shop: Shop) -> None:
    oid = market.review(shop)

    assert market.refusal(f"/buyer/reviews/{oid}", bad()) == "already_reviewed"


def test_reviews_close_fifteen_days_after_receipt(market: Market, shop: Shop) -> None:
    oid = market.order(shop)
    market.pass_days(15.01)

    assert market.refusal(f"/buyer/reviews/{oid}", bad()) == "review_window_over"


def test_a_review_is_amended_once_and_for_good(market: Market, shop: Shop) -> None:
    oid = market.review(shop)
    market.post(f"/buyer/reviews/{oid}/amend")

    assert market.refusal(f"/buyer/reviews/{oid}/amend") == "good_is_final"
    assert market.refusal(f"/buyer/reviews/{oid}", method="DELETE") == "good_is_final"


@pytest.mark.parametrize(("days", "allowed"), [(29.9, True), (30.1, False)])
def test_the_amend_window_is_thirty_days_of_the_business_clock(
    market: Market, shop: Shop, days: float, allowed: bool
) -> None:
    oid = market.review(shop)
    market.pass_days(days)

    answer = market.http.post(f"/buyer/reviews/{oid}/amend", json={})

    assert answer.is_success is allowed


def test_a_tmall_review_can_only_be_appended_to(market: Market, tmall_shop: Shop) -> None:
    oid = market.review(tmall_shop)

    assert market.refusal(f"/buyer/reviews/{oid}/amend") == "tmall_append_only"
    assert market.refusal(f"/buyer/reviews/{oid}", method="DELETE") == "tmall_append_only"
    assert market.post(f"/buyer/reviews/{oid}/append", {"content": "客服解决了"})["append_content"] == "客服解决了"


def test_a_review_is_appended_to_once(market: Market, shop: Shop) -> None:
    oid = market.review(shop)
    market.post(f"/buyer/reviews/{oid}/append", {"content": "一"})

    assert market.refusal(f"/buyer/reviews/{oid}/append", {"content": "二"}) == "already_appended"


def test_the_operator_turns_an_amended_review_bad_again(market: Market, shop: Shop) -> None:
    oid = market.review(shop)
    market.post(f"/buyer/reviews/{oid}/amend")

    assert market.post(f"/control/reviews/{oid}", bad("还是差"))["result"] == "bad"


def test_a_long_review_is_refused_until_the_limit_is_off(market: Market, shop: Shop) -> None:
    oid = market.order(shop)

    assert market.refusal(f"/buyer/reviews/{oid}", bad("差" * 501)) == "text_too_long"
    market.post("/control/limits", {"review_max_chars": None})
    assert len(market.post(f"/buyer/reviews/{oid}", bad("差" * 1_286))["content"]) == 1_286


def test_an_empty_review_is_refused(market: Market, shop: Shop) -> None:
    assert market.refusal(f"/buyer/reviews/{market.order(shop)}", bad(" \n")) == "empty_text"


def test_unknown_shops_orders_reviews_and_people_are_named(market: Market, shop: Shop) -> None:
    order = {"shop": "没有", "buyer_nick": "chen", "items": [{"title": "杯", "price": "1"}]}

    assert market.refusal("/buyer/orders", order) == "shop_not_found"
    assert market.refusal("/buyer/orders/7", method="GET") == "order_not_found"
    assert market.refusal("/buyer/reviews/7", method="GET") == "review_not_found"
    assert market.refusal("/buyer/people/nobody", method="GET") == "buyer_not_found"


@pytest.mark.parametrize("price", ["-1", "1.234", "abc", ""])
def test_a_price_that_is_none_is_refused(market: Market, shop: Shop, price: str) -> None:
    body = {"shop": shop.seller_nick, "buyer_nick": "chen", "items": [{"title": "杯", "price": price}]}

    assert market.http.post("/buyer/orders", json=body).status_code == 422


def test_ten_thousand_reviews_are_loaded_in_seconds(market: Market, shop: Shop) -> None:
    now = datetime.now(UTC)
    reviews = [{"text": f"差评 {n}", "created": (now - timedelta(minutes=n)).isoformat()} for n in range(10_000)]
    started = datetime.now(UTC)

    loaded = market.post("/buyer/bulk_reviews", {"shop": shop.seller_nick, "reviews": reviews})

    assert datetime.now(UTC) - started < timedelta(seconds=8)
    assert loaded["created"] == len(set(loaded["oids"])) == 10_000


def test_a_bulk_load_with_one_bad_line_loads_nothing(market: Market, shop: Shop) -> None:
    body = {"shop": shop.seller_nick, "reviews": [{"text": "差"}, {"text": "差" * 501}]}

    assert market.refusal("/buyer/bulk_reviews", body) == "text_too_long"
    assert market.get("/buyer/reviews", shop=shop.seller_nick) == []


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [("answers", 16), ("busy", 17), ("no_answer", 19), ("declined", 21), ("suspended", 4), ("empty_number", 1)],
)
def test_a_call_ends_as_the_buyer_behaves(market: Market, shop: Shop, behaviour: str, cause: int) -> None:
    market.order(shop, buyer_nick="phone-buyer", phone="13511112222")
    market.post("/buyer/people/phone-buyer", {"phone_behaviour": behaviour})

    call = market.post("/phone/dial", {"phone": "13511112222", "talk_seconds": 65})

    assert call["release_cause"] == cause
    assert call["talk_seconds"] == (65 if behaviour == "answers" else 0)


def test_a_number_of_nobody_is_empty(market: Market) -> None:
    assert market.post("/phone/dial", {"phone": "13599998888"})["release_cause"] == 1


def test_an_unknown_phone_behaviour_is_refused(market: Market, shop: Shop) -> None:
    market.order(shop)

    assert market.refusal("/buyer/people/chen", {"phone_behaviour": "sings"}) == "unknown_phone_behaviour"


def test_a_buyer_goes_online_and_offline(market: Market, shop: Shop) -> None:
    market.order(shop)

    assert market.post("/buyer/people/chen", {"online": True})["online"] is True
    assert market.post("/buyer/people/chen", {"online": False})["online"] is False


def test_text_that_no_file_can_hold_is_refused(market: Market, shop: Shop) -> None:
    half = b'{"result": "bad", "content": "\\ud83d"}'
    headers = {"content-type": "application/json"}

    answer = market.http.post(f"/buyer/reviews/{market.order(shop)}", content=half, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "unwritable_value")


def test_control_characters_and_emoji_are_kept_as_they_are(market: Market, shop: Shop) -> None:
    text = "裂了\x00\x07\u202e 😡\u200d🔥 \r\n\t%s'\"; DROP TABLE review;--"

    assert market.get(f"/buyer/reviews/{market.review(shop, content=text)}")["content"] == text


def test_an_id_beyond_64_bits_is_refused(market: Market) -> None:
    assert market.http.get(f"/buyer/orders/{10**30}").status_code == 422
