from typing import Any

import pytest

from tests.sandbox.clients import Market, Shop
from tests.sandbox.test_top_refunds import refund, refusal

FIELDS = "dispute_id,status,time_out,reason,num,payment,buyer_logistic_no,cs_status"


def ask(market: Market, oid: int, reason: str = "质量问题") -> int:
    return int(market.post(f"/buyer/orders/{oid}/exchange", {"reason": reason})["refund_id"])


def exchange(top: Any, dispute_id: int) -> dict[str, Any]:
    answer = top.tmall__exchange_get(dispute_id=dispute_id, fields=FIELDS)
    return dict(answer["tmall_exchange_get_response"]["result"]["exchange"])


@pytest.mark.parametrize(
    ("moves", "days", "then"),
    [
        ([], 5, "2"),
        (["agree"], 7, "4"),
        (["agree", "ship"], 10, "12"),
        (["agree", "ship", "take"], 7, "14"),
        (["agree", "ship", "take", "consign"], 10, "5"),
        (["refuse"], 7, "4"),
    ],
)
def test_each_state_has_its_time_and_what_follows_without_a_word(
    market: Market, tmall_shop: Shop, tmall_top: Any, moves: list[str], days: int, then: str
) -> None:
    dispute = ask(market, market.order(tmall_shop))
    calls: dict[str, tuple[str, dict[str, Any]]] = {
        "agree": ("tmall__exchange_agree", {"address_id": 7, "complete_address": "仓库路1号"}),
        "refuse": ("tmall__exchange_refuse", {"seller_refuse_reason_id": 101, "leave_message": "已使用"}),
        "take": ("tmall__exchange_returngoods_agree", {"fields": "status"}),
        "consign": ("tmall__exchange_consigngoods", {"logistics_company_name": "顺丰", "logistics_no": "SF1"}),
    }
    for move in moves:
        if move == "ship":
            market.post(f"/buyer/refunds/{dispute}/ship_back", {"company": "圆通", "sid": "YT1"})
        else:
            method, arguments = calls[move]
            getattr(tmall_top, method)(dispute_id=dispute, **arguments)
    market.post("/control/clock", {"advance_seconds": days * 86_400 - 60})
    before = exchange(tmall_top, dispute)["status"]
    market.post("/control/clock", {"advance_seconds": 120})
    assert (before != then, exchange(tmall_top, dispute)["status"]) == (True, then)


def test_one_item_has_one_open_application_of_either_kind(market: Market, shop: Shop) -> None:
    oid = market.order(shop)
    dispute = ask(market, oid)
    assert market.refusal(f"/buyer/orders/{oid}/refund", {"amount": "1.00", "reason": "质量问题"}) == "refund_open"
    market.post(f"/buyer/refunds/{dispute}/withdraw")
    assert market.post(f"/buyer/orders/{oid}/refund", {"amount": "1.00", "reason": "质量问题"})["status"]


def test_an_exchange_is_no_refund_to_the_calls_about_refunds(market: Market, shop: Shop, top: Any) -> None:
    dispute = ask(market, market.order(shop))
    assert refusal(top.refund_get, refund_id=dispute, fields="status") == "isv.refund-not-exist"


@pytest.mark.parametrize(("ruling", "status", "cs"), [("for_buyer", "SUCCESS", 8), ("for_seller", "CLOSED", 9)])
def test_the_platforms_service_is_called_steps_in_and_rules(
    market: Market, shop: Shop, top: Any, ruling: str, status: str, cs: int
) -> None:
    oid = market.order(shop)
    refund_id = int(market.post(f"/buyer/orders/{oid}/refund", {"amount": "39.90", "reason": "质量问题"})["refund_id"])
    seen = []
    for path, body in (
        (f"/buyer/refunds/{refund_id}/call_platform", None),
        (f"/control/refunds/{refund_id}/intervention", {"what": "step_in"}),
        (f"/control/refunds/{refund_id}/intervention", {"what": ruling}),
    ):
        market.post(path, body)
        seen.append(refund(top, refund_id)["cs_status"])
    assert seen == [2, 3, cs]
    assert refund(top, refund_id)["status"] == status
    again = market.refusal(f"/control/refunds/{refund_id}/intervention", {"what": ruling})
    assert again == "wrong_state"


def test_what_is_written_moves_the_version_and_is_pushed(market: Market, shop: Shop, top: Any) -> None:
    oid = market.order(shop)
    refund_id = int(market.post(f"/buyer/orders/{oid}/refund", {"amount": "39.90", "reason": "质量问题"})["refund_id"])
    before = refund(top, refund_id)["refund_version"]
    market.post(f"/buyer/refunds/{refund_id}/message", {"content": "快一点"})
    assert refund(top, refund_id)["refund_version"] > before
    shown = market.get(f"/buyer/refunds/{refund_id}")["messages"]
    assert [(one["owner"], one["content"]) for one in shown] == [(1, "快一点")]
