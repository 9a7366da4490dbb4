"""Shop coupons, asked for by a client that none of our code wrote."""

from typing import Any

import pytest
from taobaopy.taobao import TaoBaoAPIError

from sandbox.clock import DAY, read, written
from tests.sandbox.clients import Market, Shop


def ends(market: Market, days: int = 40) -> str:
    return str(written(read(market.get("/control/clock")["now_china"]) + days * DAY))


def kind(market: Market, top: Any, face: int = 5, **changes: Any) -> int:
    body = {"denominations": face, "end_time": ends(market)} | changes
    return int(top.promotion_coupon_add(**body)["promotion_coupon_add_response"]["coupon_id"])


def send(top: Any, coupon_id: int, *nicks: str) -> dict[str, Any]:
    return dict(
        top.promotion_coupon_send(coupon_id=coupon_id, buyer_nick=",".join(nicks))["promotion_coupon_send_response"]
    )


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(TaoBaoAPIError) as refused:
        call(**arguments)
    return str(refused.value.sub_code)


def test_a_member_gets_a_coupon_and_a_stranger_stands_in_the_failure_list(market: Market, shop: Shop, top: Any) -> None:
    market.order(shop, buyer_nick="member")
    market.order(market.open_shop(), buyer_nick="stranger")
    answer = send(top, kind(market, top), "member", "stranger", "nobody")
    (given,) = answer["coupon_results"]["coupon_result"]
    failed = {one["buyer_nick"] for one in answer["failure_buyers"]["error_message"]}
    assert (given["buyer_nick"], failed) == ("member", {"stranger", "nobody"})


@pytest.mark.covers(66)
def test_the_call_is_a_success_although_nobody_got_one(market: Market, shop: Shop, top: Any) -> None:
    answer = send(top, kind(market, top), "nobody")
    assert answer["is_success"] is True
    assert "coupon_results" not in answer


@pytest.mark.parametrize("face", [1, 4, 15, 99])
def test_coupons_of_other_values_are_refused(market: Market, top: Any, face: int) -> None:
    assert refusal(kind, market=market, top=top, face=face) == "isv.denomination-error"


def test_a_shop_has_fifty_kinds_that_have_not_ended(market: Market, top: Any) -> None:
    for _ in range(50):
        kind(market, top)
    assert refusal(kind, market=market, top=top) == "isv.coupon-count-limit"


def test_kinds_are_listed_with_their_terms(market: Market, top: Any) -> None:
    until = ends(market)
    made = kind(market, top, 10, condition=100, end_time=until)
    (listed,) = top.promotion_coupons_get(denominations=10)["promotion_coupons_get_response"]["coupons"]["coupon"]
    assert (listed["coupon_id"], listed["denominations"], listed["condition"]) == (made, 10, 100)
    assert listed["end_time"] == until


def test_who_has_a_coupon_is_shown_in_the_fortnight_before_the_moment_that_is_asked_for(
    market: Market, shop: Shop, top: Any
) -> None:
    market.order(shop, buyer_nick="member")
    until = ends(market)
    made = kind(market, top, end_time=until)
    number = send(top, made, "member")["coupon_results"]["coupon_result"][0]["coupon_number"]

    def shown(**window: Any) -> list[Any]:
        answer = top.promotion_coupondetail_get(coupon_id=made, buyer_nick="member", **window)
        found = answer["promotion_coupondetail_get_response"]
        return [one["coupon_number"] for one in found.get("coupon_details", {}).get("coupon_detail", [])]

    assert shown(end_time=until, days=15) == [number]
    assert shown() == []


def test_another_shops_kind_does_not_exist_here(market: Market, top: Any) -> None:
    assert refusal(top.promotion_coupon_send, coupon_id=1, buyer_nick="chen") == "isv.coupon-not-exist"
