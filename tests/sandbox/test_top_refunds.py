import io
import json
from typing import Any

import pytest
from taobaopy.taobao import TaoBaoAPIError

from tests.sandbox.clients import Market, Shop

FIELDS = (
    "refund_id,status,refund_fee,total_fee,reason,desc,has_good_return,refund_phase,refund_version,dispute_type,"
    "refund_remind_timeout,operation_contraint,sid,company_name,address,cs_status,modified,good_status"
)


def ask(market: Market, oid: int, **changes: Any) -> int:
    body = {"amount": "39.90", "reason": "质量问题", **changes}
    return int(market.post(f"/buyer/orders/{oid}/refund", body)["refund_id"])


def refund(top: Any, refund_id: int) -> dict[str, Any]:
    return dict(top.refund_get(refund_id=refund_id, fields=FIELDS)["refund_get_response"]["refund"])


def agree(top: Any, *infos: str, **changes: Any) -> dict[str, Any]:
    return dict(top.rp_refunds_agree(refund_infos=",".join(infos), **changes)["rp_refunds_agree_response"])


def let_return(top: Any, refund_id: int, **changes: Any) -> None:
    top.rp_returngoods_agree(refund_id=refund_id, seller_address_id=7, name="王", address="仓库路1号", **changes)


def refusal(call: Any, *positional: Any, **arguments: Any) -> str:
    with pytest.raises(TaoBaoAPIError) as refused:
        call(*positional, **arguments)
    return str(refused.value.sub_code)


def test_an_application_is_listed_with_all_that_the_buyer_said(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop), amount="9.90", explanation="杯口有缺口")

    answer = top.refunds_receive_get(fields=FIELDS)["refunds_receive_get_response"]

    (found,) = answer["refunds"]["refund"]
    assert (found["refund_id"], found["refund_fee"], found["desc"]) == (str(refund_id), "9.90", "杯口有缺口")
    assert (found["status"], found["refund_phase"], answer["total_results"]) == ("WAIT_SELLER_AGREE", "aftersale", 1)


def test_the_platform_tells_its_own_deadline(market: Market, shop: Shop, top: Any) -> None:
    market.post("/control/clock", {"now": "2026-11-21T12:00:00+08:00"})
    refund_id = ask(market, market.order(shop))

    reminder = refund(top, refund_id)["refund_remind_timeout"]

    assert reminder["exist_timeout"] is True
    assert reminder["timeout"].startswith("2026-11-26 12:00")


def test_the_seller_pays_back_what_was_asked(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop))
    version = refund(top, refund_id)["refund_version"]

    assert agree(top, f"{refund_id}|3990|{version}|aftersale")["msg_code"] == "OP_SUCC"
    assert refund(top, refund_id)["status"] == "SUCCESS"
    assert refund(top, refund_id)["refund_remind_timeout"] == {"exist_timeout": False, "remind_type": 1}


def test_a_stale_version_is_refused_and_changes_nothing(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop))
    version = refund(top, refund_id)["refund_version"]
    market.post(f"/buyer/refunds/{refund_id}/modify", {"amount": "10.00", "reason": "质量问题"})

    assert agree(top, f"{refund_id}|1000|{version}|aftersale")["msg_code"] == "OP_FAILURE_UE"
    assert refund(top, refund_id)["status"] == "WAIT_SELLER_AGREE"


def test_a_batch_says_which_refund_failed(market: Market, shop: Shop, top: Any) -> None:
    good, bad = ask(market, market.order(shop)), ask(market, market.order(shop))
    versions = {one: refund(top, one)["refund_version"] for one in (good, bad)}

    answer = agree(top, f"{good}|3990|{versions[good]}", f"{bad}|1|{versions[bad]}")

    assert answer["msg_code"] == "SOME_OP_SUCC"
    results = {one["refund_id"]: one["succ"] for one in answer["results"]["refund_mapping_result"]}
    assert results == {str(good): True, str(bad): False}


def test_a_large_sum_asks_for_a_code_first(market: Market, shop: Shop, top: Any) -> None:
    oid = market.order(shop, items=[{"title": "金壶", "price": "3000"}])
    refund_id = ask(market, oid, amount="3000")
    info = f"{refund_id}|300000|{refund(top, refund_id)['refund_version']}"

    assert refusal(agree, top, info) == "isv.refund-need-sms-code"
    assert agree(top, info, code="123456")["msg_code"] == "OP_SUCC"


def test_a_return_goes_back_to_the_address_and_is_paid_on_arrival(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop), with_return=True)
    let_return(top, refund_id)
    market.post(f"/buyer/refunds/{refund_id}/ship_back", {"company": "其他", "sid": "YT123"})

    found = refund(top, refund_id)

    assert (found["status"], found["address"], found["sid"]) == ("WAIT_SELLER_CONFIRM_GOODS", "仓库路1号", "YT123")
    assert agree(top, f"{refund_id}|3990|{found['refund_version']}")["msg_code"] == "OP_SUCC"


def test_a_return_is_not_paid_before_the_seller_let_it_come(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop), with_return=True)

    answer = agree(top, f"{refund_id}|3990|{refund(top, refund_id)['refund_version']}")

    assert answer["results"]["refund_mapping_result"][0]["message"] == "该退款需先同意退货"


def test_a_refused_refund_can_be_asked_for_anew(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop))
    top.refund_refuse(refund_id=refund_id, refuse_message="商品完好")
    market.post(f"/buyer/refunds/{refund_id}/modify", {"amount": "5.00", "reason": "少件"})

    assert refund(top, refund_id)["status"] == "WAIT_SELLER_AGREE"


def test_returns_without_reason_cannot_be_refused(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop), reason="七天无理由退货", with_return=True)

    assert refund(top, refund_id)["operation_contraint"] == "cannot_refuse"
    assert refusal(top.refund_refuse, refund_id=refund_id, refuse_message="不行") == "isv.refund-cannot-refuse"


def test_money_for_an_unshipped_parcel_cannot_be_refused(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop, finish=False))

    assert refund(top, refund_id)["refund_phase"] == "onsale"
    assert refusal(top.refund_refuse, refund_id=refund_id, refuse_message="不行") == "isv.refund-cannot-refuse"


def test_tmall_needs_version_phase_and_proof(market: Market, tmall_shop: Shop, tmall_top: Any) -> None:
    refund_id = ask(market, market.order(tmall_shop))
    told = {"refund_id": refund_id, "refuse_message": "商品完好", "refund_phase": "aftersale"}
    version = refund(tmall_top, refund_id)["refund_version"]

    assert refusal(tmall_top.refund_refuse, **told) == "isv.missing-parameter:refund_version"
    told["refund_version"] = version
    assert refusal(tmall_top.refund_refuse, **told) == "isv.missing-parameter:refuse_proof"
    answer = tmall_top.refund_refuse(**told, refuse_proof=io.BytesIO(b"\x89PNG"))["refund_refuse_response"]
    assert answer["refund"]["status"] == "SELLER_REFUSE_BUYER"


def test_the_other_shops_refund_does_not_exist(market: Market, top: Any) -> None:
    refund_id = ask(market, market.order(market.open_shop()))

    assert refusal(refund, top, refund_id) == "isv.refund-not-exist"


@pytest.mark.parametrize(("with_return", "days", "status"), [(False, 5, "SUCCESS"), (True, 12, "CLOSED")])
def test_the_platform_acts_when_the_seller_sleeps(
    market: Market, shop: Shop, top: Any, with_return: bool, days: int, status: str
) -> None:
    refund_id = ask(market, market.order(shop), with_return=with_return)
    market.pass_days(days + 0.01)

    assert refund(top, refund_id)["status"] == status


def test_goods_not_confirmed_for_ten_days_are_paid(market: Market, shop: Shop, top: Any) -> None:
    refund_id = ask(market, market.order(shop), with_return=True)
    let_return(top, refund_id)
    market.post(f"/buyer/refunds/{refund_id}/ship_back", {"company": "中通", "sid": "1"})
    market.pass_days(10.01)

    assert refund(top, refund_id)["status"] == "SUCCESS"


def test_each_stage_is_pushed_under_its_topic(market: Market, shop: Shop, top: Any) -> None:
    top.tmc_user_permit()
    refund_id = ask(market, market.order(shop), with_return=True)
    let_return(top, refund_id)
    market.pass_days(7.01)

    messages = top.tmc_messages_consume(quantity=10)["tmc_messages_consume_response"]["messages"]["tmc_message"]

    assert [message["topic"].removeprefix("taobao_refund_Refund") for message in messages] == [
        "Created",
        "SellerAgreeAgreement",
        "Closed",
    ]
    assert json.loads(messages[0]["content"])["refund_id"] == refund_id


def test_the_list_is_filtered_by_state_and_paged(market: Market, shop: Shop, top: Any) -> None:
    for _ in range(3):
        last = ask(market, market.order(shop))
    top.refund_refuse(refund_id=last, refuse_message="商品完好")

    waiting = top.refunds_receive_get(fields="refund_id", status="WAIT_SELLER_AGREE", page_size=1, use_has_next=True)

    assert waiting["refunds_receive_get_response"]["has_next"] is True
    assert len(waiting["refunds_receive_get_response"]["refunds"]["refund"]) == 1


def test_one_item_has_one_open_application(market: Market, shop: Shop) -> None:
    oid = market.order(shop)
    refund_id = ask(market, oid)

    assert market.refusal(f"/buyer/orders/{oid}/refund", {"amount": "1", "reason": "少件"}) == "refund_open"
    market.post(f"/buyer/refunds/{refund_id}/withdraw")
    assert ask(market, oid) != refund_id


def test_nobody_gets_back_more_than_was_paid(market: Market, shop: Shop) -> None:
    oid = market.order(shop)

    assert market.refusal(f"/buyer/orders/{oid}/refund", {"amount": "39.91", "reason": "少件"}) == "bad_amount"
