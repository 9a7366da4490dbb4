import json
import time
from typing import Any

import httpx2
import pytest

from tests.sandbox.clients import Market, Messenger, Shop, Wallet, error_of, signed

REPLY, RATES = "taobao.traderate.explain.add", "taobao.traderates.get"
TRANSFER = "alipay.fund.trans.uni.transfer"
pytestmark = [
    # python-alipay-sdk reads its answers through urlopen and leaves closing them to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*unclosed.*:pytest.PytestUnraisableExceptionWarning"),
    # Aliyun's SDK stamps its requests with datetime.utcnow().
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
]


def ask_rates(market: Market, shop: Shop) -> httpx2.Response:
    params = {"method": RATES, "fields": "oid", "rate_type": "get", "role": "buyer"}
    return market.http.post("/router/rest", data=signed(shop, "md5", params))


def reply(market: Market, shop: Shop, oid: int) -> httpx2.Response:
    params = {"method": REPLY, "oid": str(oid), "reply": "很抱歉"}
    return market.http.post("/router/rest", data=signed(shop, "md5", params))


def reply_of(market: Market, oid: int) -> Any:
    return market.get(f"/buyer/reviews/{oid}")["reply"]


@pytest.mark.parametrize(("kind", "done"), [("timeout_before", None), ("timeout_after", "很抱歉")])
def test_a_time_out_drops_the_call_before_or_after_it_was_done(
    market: Market, shop: Shop, kind: str, done: str | None
) -> None:
    oid = market.review(shop)
    market.plan(REPLY, kind, seconds=0.2)
    started = time.monotonic()

    with pytest.raises(httpx2.RemoteProtocolError):
        reply(market, shop, oid)

    assert time.monotonic() - started >= 0.2
    assert reply_of(market, oid) == done


def test_a_held_call_lets_go_when_its_caller_leaves(market: Market, shop: Shop) -> None:
    oid = market.review(shop)
    market.plan(REPLY, "timeout_after", seconds=60)
    with pytest.raises(httpx2.ReadTimeout), httpx2.Client(base_url=market.base, timeout=2) as hasty:
        hasty.post("/router/rest", data=signed(shop, "md5", {"method": REPLY, "oid": str(oid), "reply": "好"}))

    assert reply_of(market, oid) == "好"


def test_other_calls_go_on_while_one_is_held(market: Market, shop: Shop) -> None:
    market.plan(RATES, "timeout_before", seconds=60)
    with pytest.raises(httpx2.ReadTimeout), httpx2.Client(base_url=market.base, timeout=2) as hasty:
        hasty.post("/router/rest", data=signed(shop, "md5", {"method": RATES}))

    assert ask_rates(market, shop).json()["traderates_get_response"]["total_results"] == 0


@pytest.mark.parametrize("after", [False, True])
def test_a_server_error_may_hide_a_call_that_was_done(market: Market, shop: Shop, after: bool) -> None:
    oid = market.review(shop)
    market.plan(REPLY, "http_500", after=after)

    assert reply(market, shop, oid).status_code == 500
    assert (reply_of(market, oid) is not None) is after


def test_a_rate_limit_names_the_seconds_of_the_ban(market: Market, shop: Shop) -> None:
    market.plan(RATES, "rate_limit", seconds=7)

    answer = ask_rates(market, shop)

    assert error_of(answer) == (7, "accesscontrol.limited-by-api-access-count")
    assert answer.json()["error_response"]["sub_msg"] == "This ban will last for 7 more seconds"


def test_a_system_error_of_the_marketplace_is_its_own(market: Market, shop: Shop) -> None:
    market.plan("taobao.*", "system_error")

    code, sub_code = error_of(ask_rates(market, shop))

    assert (code, sub_code.partition(".")[0]) == (15, "isp")


def test_nonsense_takes_turns_between_wrong_types_markup_and_broken_json(market: Market, shop: Shop) -> None:
    market.plan(RATES, "nonsense", count=3)

    texts = [ask_rates(market, shop).text for _ in range(3)]

    assert texts[0].startswith("<!DOCTYPE html>")
    with pytest.raises(json.JSONDecodeError):
        json.loads(texts[1])
    assert isinstance(json.loads(texts[2])["error_response"], list)


def test_a_fault_ends_with_its_count(market: Market, shop: Shop) -> None:
    market.plan(RATES, "http_500", count=2)

    assert [ask_rates(market, shop).status_code for _ in range(3)] == [500, 500, 200]


def test_a_fault_without_count_lasts_until_it_is_cleared(market: Market, shop: Shop) -> None:
    market.plan(RATES, "http_500", count=None)
    statuses = [ask_rates(market, shop).status_code for _ in range(3)]
    market.http.delete("/control/faults")

    assert statuses == [500, 500, 500]
    assert ask_rates(market, shop).status_code == 200


def test_a_fault_leaves_other_methods_alone(market: Market, shop: Shop) -> None:
    market.plan(REPLY, "http_500")

    assert ask_rates(market, shop).status_code == 200


def test_an_improbable_fault_hits_some_calls_only(market: Market, shop: Shop) -> None:
    market.plan(RATES, "http_500", count=None, probability=0.5)

    assert {ask_rates(market, shop).status_code for _ in range(60)} == {200, 500}


def test_the_list_shows_how_often_a_fault_has_hit(market: Market, shop: Shop) -> None:
    market.plan(RATES, "http_500", count=5)
    ask_rates(market, shop)

    (fault,) = market.get("/control/faults")
    assert (fault["hits"], fault["remaining"]) == (1, 4)


def test_an_unknown_kind_is_refused_with_the_known_ones(market: Market) -> None:
    answer = market.http.post("/control/faults", json={"method": RATES, "kind": "earthquake"})

    assert answer.status_code == 422
    assert "timeout_before" in answer.text


@pytest.mark.parametrize("after", [False, True])
def test_a_system_error_of_the_wallet_may_hide_a_payment(market: Market, wallet: Wallet, after: bool) -> None:
    number = wallet.number()
    market.plan(TRANSFER, "system_error", after=after)

    assert wallet.transfer(number)["sub_code"] == "SYSTEM_ERROR"
    assert len(market.get("/control/transfers", out_biz_no=number)) == after


def test_a_wallet_that_timed_out_after_paying_repeats_its_answer(market: Market, wallet: Wallet) -> None:
    number = wallet.number()
    market.plan(TRANSFER, "timeout_after", seconds=0.1)
    with pytest.raises(ConnectionError):
        wallet.transfer(number)

    assert wallet.transfer(number)["status"] == "SUCCESS"
    assert market.get("/control/wallet")["balance"] == "9995.00"


def test_the_wallet_limits_calls_on_demand(market: Market, wallet: Wallet) -> None:
    market.plan(TRANSFER, "rate_limit")

    assert wallet.transfer(wallet.number())["code"] == "40005"


@pytest.mark.parametrize(
    ("kind", "code"),
    [("rate_limit", "isv.BUSINESS_LIMIT_CONTROL"), ("system_error", "isp.SYSTEM_ERROR"),
     ("balance", "isv.AMOUNT_NOT_ENOUGH")],
)  # fmt: skip
def test_the_messenger_fails_on_demand(market: Market, messenger: Messenger, kind: str, code: str) -> None:
    market.plan("SendSms", kind)

    assert messenger.send("13800138000")["Code"] == code
