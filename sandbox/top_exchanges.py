"""TOP methods about exchanges (TOP-31194, 31198 and neighbours). None takes a version: look before, look after."""

import sqlite3
from collections.abc import Callable
from typing import Any

from sandbox import exchanges, orders, refund_messages, refunds
from sandbox.clock import written, yuan
from sandbox.people import open_uid
from sandbox.refund_states import EXCHANGE, EXCHANGE_STATES
from sandbox.top_protocol import TopCall, TopError, business_error
from sandbox.world import Refused

PICTURE_BYTES = 500_000
REASONS = {101: "商品已使用影响二次销售", 102: "收到的商品与寄出的不符", 103: "未收到退回的商品"}


def exchange_receive_get(call: TopCall) -> dict[str, Any]:
    """Exchanges of the shop, last changed first."""
    call.text("fields")
    refunds.settle(call.world)
    statuses = set(call.text("dispute_status_array", ",".join(EXCHANGE_STATES)).split(","))
    size, page = call.number("page_size", 20, 1, 100), call.number("page_no", 1, 1)
    found = call.world.store.rows_by_name(
        "SELECT * FROM refund WHERE seller_nick = :shop AND dispute_type = :kind AND modified BETWEEN :start AND :end "
        "ORDER BY modified DESC, refund_id DESC",
        {
            "shop": call.seller_nick,
            "kind": EXCHANGE,
            "start": call.moment("start_gmt_modified_time") or 0,
            "end": call.moment("end_gmt_modifed_time") or call.world.clock.now(),
        },
    )
    rows = [row for row in found if row["status"] in statuses]
    shown = rows[(page - 1) * size : page * size]
    answer = {"total_results": len(rows), "page_results": len(shown), "has_next": page * size < len(rows)}
    return answer | ({"results": {"exchange": [call.selected(_exchange(call, row)) for row in shown]}} if shown else {})


def exchange_get(call: TopCall) -> dict[str, Any]:
    return _answer(call, _exchange_of(call))


def _answer(call: TopCall, row: sqlite3.Row) -> dict[str, Any]:
    fresh = refunds.get(call.world, row["refund_id"])
    return {"result": {"success": True, "msg_code": "SUCCESS", "exchange": call.selected(_exchange(call, fresh))}}


def _exchange_of(call: TopCall) -> sqlite3.Row:
    try:
        return refunds.of_shop(call.world, call.number("dispute_id", low=1), call.seller_nick, exchange=True)
    except Refused:
        raise business_error("exchange-not-exist", "换货单不存在或不属于该店铺") from None


def _exchange(call: TopCall, row: sqlite3.Row) -> dict[str, Any]:
    order = orders.sub_order(call.world, row["oid"])
    return {
        "dispute_id": str(row["refund_id"]),
        "biz_order_id": str(row["oid"]),
        "bizorder_id": str(row["oid"]),
        "num": order["num"],
        "buyer_nick": row["buyer_nick"],
        "buyer_open_uid": open_uid(row["buyer_nick"]),
        "seller_nick": row["seller_nick"],
        "status": row["status"],
        "created": written(row["created"]),
        "modified": written(row["modified"]),
        "time_out": written(row["deadline"]),
        "reason": row["reason"],
        "desc": row["explanation"],
        "title": order["title"],
        "price": yuan(order["price"]),
        "payment": yuan(order["paid"]),
        "buyer_logistic_no": row["sid"],
        "buyer_logistic_name": row["company_name"],
        "seller_logistic_no": row["out_sid"],
        "seller_logistic_name": row["out_company"],
        "address": row["address"],
        "good_status": row["good_status"],
        "refund_phase": row["phase"],
        "refund_version": row["version"],
        "operation_contraint": "cannot_refuse" if row["cannot_refuse"] else None,
        "cs_status": row["cs_status"],
    }


def _done(call: TopCall, act: Callable[[sqlite3.Row], None]) -> dict[str, Any]:
    """Runs a step of the exchange's life; what its state forbids becomes a business error of the wire."""
    call.text("fields", "dispute_id,status,modified")
    row = _exchange_of(call)
    try:
        act(row)
    except Refused as refusal:
        raise business_error(f"exchange-{refusal.code.replace('_', '-')}", refusal.message) from None
    wanted = call.params.get("fields") or "dispute_id,status,modified"
    fresh = _exchange(call, refunds.get(call.world, row["refund_id"]))
    shown = {name: value for name, value in fresh.items() if name in wanted.split(",") and value is not None}
    return {"result": {"success": True, "msg_code": "SUCCESS", "exchange": shown}}


def exchange_agree(call: TopCall) -> dict[str, Any]:
    call.number("address_id", low=1)
    address = call.text("complete_address")
    return _done(call, lambda row: exchanges.agree(call.world, row, address))


def exchange_refuse(call: TopCall) -> dict[str, Any]:
    reason, message, picture = _refusal(call)
    return _done(call, lambda row: exchanges.refuse(call.world, row, message, reason, picture))


def _refusal(call: TopCall) -> tuple[int, str, int | None]:
    reason, message = call.number("seller_refuse_reason_id", low=1), call.text("leave_message")
    if reason not in REASONS:
        raise TopError(41, "isv.invalid-parameter:seller_refuse_reason_id", f"one of {sorted(REASONS)}")
    picture = call.files.get("leave_message_pics")
    if picture is not None and len(picture) > PICTURE_BYTES:
        raise TopError(41, "isv.invalid-parameter:leave_message_pics", f"at most {PICTURE_BYTES} bytes")
    return reason, message, None if picture is None else len(picture)


def exchange_refusereason_get(call: TopCall) -> dict[str, Any]:
    _exchange_of(call)
    rows = [{"reason_id": number, "reason_text": words} for number, words in REASONS.items()]
    return {"result": {"success": True, "results": {"reason": rows}}}


def exchange_returngoods_agree(call: TopCall) -> dict[str, Any]:
    return _done(call, lambda row: exchanges.take_goods(call.world, row))


def exchange_consigngoods(call: TopCall) -> dict[str, Any]:
    """`logistics_type`: 100 surface mail, 200 courier."""
    if call.number("logistics_type", 200) not in (100, 200):
        raise TopError(41, "isv.invalid-parameter:logistics_type", "100 or 200")
    company, sid = call.text("logistics_company_name"), call.text("logistics_no")
    return _done(call, lambda row: exchanges.consign(call.world, row, company, sid))


def exchange_message_add(call: TopCall) -> dict[str, Any]:
    row, content, picture = _exchange_of(call), call.text("content"), call.files.get("message_pics")
    if picture is None or len(picture) > PICTURE_BYTES:
        raise TopError(41, "isv.invalid-parameter:message_pics", f"a picture of at most {PICTURE_BYTES} bytes")
    number = refund_messages.add(call.world, row["refund_id"], refund_messages.SELLER, content, len(picture))
    return {"result": {"success": True, "refund_message": {"id": number}}}


def exchange_messages_get(call: TopCall) -> dict[str, Any]:
    """The roles here: 1 and 2 the seller, 3 the platform's staff, 4 the buyer."""
    row = _exchange_of(call)
    shown = [
        call.selected({"id": one["id"], "owner_role": str({1: 4, 2: 1, 3: 3}[one["owner"]]), "content": one["content"]})
        for one in refund_messages.of(call.world, row["refund_id"])
    ]
    return {"result": {"total_results": len(shown)} | ({"results": {"refund_message": shown}} if shown else {})}


METHODS = {
    "tmall.exchange.message.add": exchange_message_add,
    "tmall.exchange.messages.get": exchange_messages_get,
    "tmall.exchange.receive.get": exchange_receive_get,
    "tmall.exchange.get": exchange_get,
    "tmall.exchange.agree": exchange_agree,
    "tmall.exchange.refuse": exchange_refuse,
    "tmall.exchange.refusereason.get": exchange_refusereason_get,
    "tmall.exchange.returngoods.agree": exchange_returngoods_agree,
    "tmall.exchange.returngoods.refuse": exchange_refuse,
    "tmall.exchange.consigngoods": exchange_consigngoods,
}
