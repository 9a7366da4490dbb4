from typing import Any

import pytest
from taobaopy.taobao import TaoBaoAPIError

from tests.sandbox.clients import Market, Shop

FIELDS = (
    "tid,status,end_time,buyer_nick,buyer_rate,payment,oaid,orders,receiver_name,receiver_mobile,"
    "receiver_state,receiver_city,receiver_district,receiver_town,receiver_address"
)


def trade(top: Any, tid: int) -> dict[str, Any]:
    return dict(top.trade_fullinfo_get(tid=tid, fields=FIELDS)["trade_fullinfo_get_response"]["trade"])


def test_a_stock_client_reads_the_order_with_its_items(market: Market, shop: Shop, top: Any) -> None:
    tid = market.order(shop, items=[{"title": "茶壶", "price": "99.50", "num": 2}])

    found = trade(top, tid)

    assert (found["status"], found["payment"], found["buyer_nick"]) == ("TRADE_FINISHED", "199.00", "chen")
    (order,) = found["orders"]["order"]
    assert (order["oid"], order["title"], order["num"], order["refund_status"]) == (tid, "茶壶", 2, "NO_REFUND")


def test_the_region_is_plain_and_the_person_is_masked(market: Market, shop: Shop, top: Any) -> None:
    tid = market.order(shop, phone="13912345678", state="新疆维吾尔自治区", address="大学路12号阳光小区")

    found = trade(top, tid)

    assert (found["receiver_state"], found["receiver_district"]) == ("新疆维吾尔自治区", "余杭区")
    assert (found["receiver_name"], found["receiver_mobile"]) == ("陈**", "139****5678")
    assert found["receiver_address"] == "***"


def test_a_single_trade_has_one_id_and_a_larger_one_many(market: Market, shop: Shop, top: Any) -> None:
    tid = market.order(shop, items=[{"title": "茶杯", "price": "1"}, {"title": "茶壶", "price": "2"}])

    oids = {order["oid"] for order in trade(top, tid)["orders"]["order"]}

    assert len(oids) == 2
    assert tid not in oids
    assert len(str(tid)) == 19


def test_the_trade_says_that_it_was_rated(market: Market, shop: Shop, top: Any) -> None:
    assert trade(top, market.review(shop))["buyer_rate"] is True


def test_another_shops_trade_does_not_exist(market: Market, top: Any) -> None:
    tid = market.order(market.open_shop())

    with pytest.raises(TaoBaoAPIError, match=r"isv\.trade-not-exist"):
        trade(top, tid)
