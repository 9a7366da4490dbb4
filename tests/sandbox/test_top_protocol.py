from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.clients import Market, Shop, error_of, signed

ASK = {"method": "taobao.traderates.get", "fields": "oid", "rate_type": "get", "role": "buyer"}


def stamp(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=8, minutes=minutes)).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize("sign_method", ["md5", "hmac", "hmac-sha256"])
def test_every_official_signature_is_accepted(market: Market, shop: Shop, sign_method: str) -> None:
    answer = market.http.post("/router/rest", data=signed(shop, sign_method, ASK | {"tid": ""}))

    assert answer.json()["traderates_get_response"]["total_results"] == 0


@pytest.mark.parametrize("sign_method", ["md5", "hmac", "hmac-sha256"])
def test_a_parameter_changed_after_signing_is_refused(market: Market, shop: Shop, sign_method: str) -> None:
    request = signed(shop, sign_method, ASK) | {"role": "seller"}

    assert error_of(market.http.post("/router/rest", data=request)) == (25, "")


def test_a_request_may_come_in_the_query(market: Market, shop: Shop) -> None:
    answer = market.http.get("/router/rest", params=signed(shop, "md5", ASK))

    assert "traderates_get_response" in answer.json()


@pytest.mark.parametrize("minutes", [-11, 11])
def test_a_stale_timestamp_is_refused(market: Market, shop: Shop, minutes: float) -> None:
    request = signed(shop, "hmac", ASK | {"timestamp": stamp(minutes)})

    assert error_of(market.http.post("/router/rest", data=request)) == (31, "")


def test_a_clock_nine_minutes_off_is_tolerated(market: Market, shop: Shop) -> None:
    request = signed(shop, "hmac", ASK | {"timestamp": stamp(-9)})

    assert "traderates_get_response" in market.http.post("/router/rest", data=request).json()


def test_the_business_date_does_not_touch_the_wire_clock(market: Market, shop: Shop) -> None:
    market.pass_days(20)

    assert "traderates_get_response" in market.http.post("/router/rest", data=signed(shop, "hmac", ASK)).json()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": ""}, 21),
        ({"method": "taobao.no.such.thing"}, 22),
        ({"session": ""}, 26),
        ({"session": "someone-elses"}, 27),
        ({"app_key": ""}, 28),
        ({"app_key": "999"}, 29),
        ({"timestamp": ""}, 30),
        ({"timestamp": "yesterday"}, 31),
        ({"v": ""}, 32),
        ({"v": "1.0"}, 33),
        ({"fields": ""}, 40),
        ({"page_size": "151"}, 41),
        ({"page_no": "201"}, 41),
        ({"start_date": "2026-11-21"}, 41),
    ],
)
def test_a_bad_request_gets_the_platforms_code(market: Market, shop: Shop, change: dict[str, str], code: int) -> None:
    answer = market.http.post("/router/rest", data=signed(shop, "hmac", ASK | change))

    assert error_of(answer)[0] == code


def test_an_error_names_the_missing_argument_and_its_request(market: Market, shop: Shop) -> None:
    answer = market.http.post("/router/rest", data=signed(shop, "hmac", ASK | {"rate_type": ""}))

    error = answer.json()["error_response"]
    assert error["sub_code"] == "isv.missing-parameter:rate_type"
    assert error["request_id"]


def test_the_default_format_is_xml(market: Market, shop: Shop) -> None:
    market.review(shop, content="杯子 <裂> 了")

    answer = market.http.post("/router/rest", data=signed(shop, "md5", ASK | {"format": "", "fields": "content"}))

    assert "<trade_rate><content>杯子 &lt;裂&gt; 了</content></trade_rate>" in answer.text


def test_a_simplified_answer_has_plain_lists(market: Market, shop: Shop) -> None:
    oid = market.review(shop)

    answer = market.http.post("/router/rest", data=signed(shop, "md5", ASK | {"simplify": "true"}))

    assert answer.json()["trade_rates"] == [{"oid": oid}]


def test_two_shops_of_one_app_are_told_apart_by_session(market: Market, shop: Shop) -> None:
    market.review(shop)
    sister = market.post("/control/shops", {"seller_nick": f"{shop.seller_nick}分店", "app_key": shop.app_key})
    sisters = Shop(f"{shop.seller_nick}分店", shop.app_key, shop.app_secret, sister["session"])

    answer = market.http.post("/router/rest", data=signed(sisters, "md5", ASK))

    assert sister["app_secret"] == shop.app_secret
    assert answer.json()["traderates_get_response"]["total_results"] == 0
