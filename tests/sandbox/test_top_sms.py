import json
from typing import Any

import pytest
from taobaopy.taobao import TaoBaoAPIError

from tests.sandbox.clients import Market, Shop


def send(top: Any, tid: int, oaid: str, **changes: Any) -> Any:
    request = {
        "order_id": str(tid),
        "oaid": oaid,
        "sms_free_sign_name": "小店",
        "template_code": "SMS_7",
        "params": {"name": "陈"},
    }
    # taobaopy writes its Python names as they stand, so the platform's odd one is passed whole.
    body = {"param_send_message_by_o_a_i_d_request": json.dumps(request | changes)}
    return top.jst_sms_oaid_message_send(**body)


def oaid_of(top: Any, tid: int) -> str:
    trade = top.trade_fullinfo_get(tid=tid, fields="oaid")["trade_fullinfo_get_response"]["trade"]
    return str(trade["oaid"])


def test_a_text_reaches_a_buyer_whose_phone_the_shop_never_sees(market: Market, shop: Shop, top: Any) -> None:
    tid = market.order(shop, buyer_nick="oaid-buyer", phone="13700001111")

    receipt = send(top, tid, oaid_of(top, tid))["jst_sms_oaid_message_send_response"]["module"]

    (text,) = market.get("/buyer/people/oaid-buyer")["inbox"]
    assert (text["biz_id"], text["phone"]) == (receipt, "13700001111")


def test_the_oaid_of_another_order_is_refused(market: Market, shop: Shop, top: Any) -> None:
    tid, other = market.order(shop), market.order(shop)

    with pytest.raises(TaoBaoAPIError, match=r"isv\.oaid-not-match"):
        send(top, tid, oaid_of(top, other))


def test_a_missing_input_is_named(market: Market, shop: Shop, top: Any) -> None:
    tid = market.order(shop)

    with pytest.raises(TaoBaoAPIError, match=r"isv\.missing-parameter:template_code"):
        send(top, tid, oaid_of(top, tid), template_code="")
