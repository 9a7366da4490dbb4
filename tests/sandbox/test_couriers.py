"""The sandbox's couriers: parcels come into being when somebody ships, and go their way by the business clock."""

from typing import Any

from tests.sandbox.clients import Market, Shop


def parcel(market: Market, number: str) -> dict[str, Any]:
    found: dict[str, Any] = market.get(f"/buyer/parcels/{number}")
    return found


def shipped(market: Market, shop: Shop) -> str:
    tid = market.order(shop, finish=False)
    return str(market.post(f"/buyer/orders/{tid}/ship")["parcel"]["num"])


def test_a_shipped_order_has_a_parcel_that_arrives_by_itself(market: Market, shop: Shop) -> None:
    number = shipped(market, shop)
    assert parcel(market, number)["state"] == "1"
    market.pass_days(1)
    assert parcel(market, number)["state"] == "0"
    market.pass_days(1)
    assert (parcel(market, number)["state"], len(parcel(market, number)["trace"])) == ("301", 5)


def test_a_parcel_that_was_stopped_stands_still_until_it_is_moved(market: Market, shop: Shop) -> None:
    number = shipped(market, shop)
    market.post(f"/control/courier/waybills/{number}/stop")
    market.pass_days(9)
    assert parcel(market, number)["state"] == "1"
    market.post(f"/control/courier/waybills/{number}/sign")
    assert parcel(market, number)["state"] == "301"


def test_a_damaged_parcel_is_scanned_as_such_and_a_lost_one_says_nothing(market: Market, shop: Shop) -> None:
    broken, lost = shipped(market, shop), shipped(market, shop)
    market.post(f"/control/courier/waybills/{broken}/damage")
    market.post(f"/control/courier/waybills/{lost}/lose")
    assert (parcel(market, broken)["state"], parcel(market, lost)["state"]) == ("209", "1")
    assert market.refusal(f"/control/courier/waybills/{lost}/damage") == "fate_met"


def test_what_a_buyer_sends_back_is_with_the_courier_that_was_named(market: Market, shop: Shop) -> None:
    oid = market.order(shop)
    asked = market.post(f"/buyer/orders/{oid}/refund", {"amount": "39.90", "reason": "质量问题", "with_return": True})
    market.pass_days(6)  # nobody answers: agreed
    sent = {"company": "其他", "sid": "yt 777-000 0001"}
    market.post(f"/buyer/refunds/{asked['refund_id_text']}/ship_back", sent)
    found = parcel(market, "YT7770000001")
    assert (found["com"], found["purpose"], found["state"]) == ("yuantong", "back", "1")


def test_a_buyer_may_type_nonsense_and_no_courier_has_it(market: Market, shop: Shop) -> None:
    oid = market.order(shop)
    asked = market.post(f"/buyer/orders/{oid}/refund", {"amount": "39.90", "reason": "质量问题", "with_return": True})
    market.pass_days(6)
    market.post(f"/buyer/refunds/{asked['refund_id_text']}/ship_back", {"company": "其他", "sid": "明天寄"})
    assert market.refusal("/buyer/parcels/明天寄", method="GET") == "waybill_not_found"


def test_the_order_of_the_wire_names_its_parcel(market: Market, shop: Shop, top: Any) -> None:
    number = shipped(market, shop)
    tid = next(one["tid"] for one in market.get("/buyer/orders", shop=shop.seller_nick))
    trade = top.trade_fullinfo_get(tid=tid, fields="orders")["trade_fullinfo_get_response"]["trade"]
    (order,) = trade["orders"]["order"]
    assert (order["invoice_no"], order["logistics_company"]) == (number, "圆通")
