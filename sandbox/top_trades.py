"""TOP methods about trades (TOP-54): the buyer's name, phone and street arrive masked."""

import sqlite3
from typing import Any

from sandbox import orders, waybills
from sandbox.clock import written, yuan
from sandbox.people import open_uid
from sandbox.top_protocol import TopCall, business_error


def trade_fullinfo_get(call: TopCall) -> dict[str, Any]:
    trade = trade_of(call, call.number("tid"))
    return {"trade": call.selected(_trade(call, trade))}


def trade_of(call: TopCall, tid: int) -> sqlite3.Row:
    row = call.world.store.row("SELECT * FROM trade WHERE tid = ? AND seller_nick = ?", tid, call.seller_nick)
    if row is None:
        raise business_error("trade-not-exist", "交易不存在或不属于该店铺")
    return row


def masked_name(name: str) -> str:
    return name[:1] + "**"


def masked_mobile(mobile: str) -> str:
    return mobile[:3] + "****" + mobile[-4:] if len(mobile) >= 11 else "*" * len(mobile)


def _trade(call: TopCall, trade: sqlite3.Row) -> dict[str, Any]:
    tid = trade["tid"]
    rated = call.world.store.row("SELECT 1 FROM review WHERE tid = ? AND deleted_at IS NULL", tid)
    return {
        "tid": tid,
        "status": trade["status"],
        "type": "fixed",
        "seller_nick": trade["seller_nick"],
        "buyer_nick": trade["buyer_nick"],
        "buyer_open_uid": open_uid(trade["buyer_nick"]),
        "buyer_rate": rated is not None,
        "seller_rate": False,
        "payment": yuan(trade["payment"]),
        "total_fee": yuan(trade["payment"]),
        "post_fee": yuan(trade["post_fee"]),
        "created": written(trade["created"]),
        "pay_time": written(trade["created"]),
        "consign_time": written(trade["consign_time"]),
        "end_time": written(trade["end_time"]),
        "oaid": trade["oaid"],
        "receiver_name": masked_name(trade["receiver_name"]),
        "receiver_mobile": masked_mobile(trade["receiver_mobile"]),
        "receiver_state": trade["receiver_state"],
        "receiver_city": trade["receiver_city"],
        "receiver_district": trade["receiver_district"],
        "receiver_town": trade["receiver_town"],
        "receiver_address": "***",  # wholly masked since notice 25845 (2026-08-31)
        "orders": {"order": [_order(call, row, trade) for row in orders.sub_orders(call.world, tid)]},
    }


def _order(call: TopCall, row: sqlite3.Row, trade: sqlite3.Row) -> dict[str, Any]:
    refund = call.world.store.row(
        "SELECT refund_id, status FROM refund WHERE oid = ? ORDER BY refund_id DESC LIMIT 1", row["oid"]
    )
    rated = call.world.store.row("SELECT 1 FROM review WHERE oid = ? AND deleted_at IS NULL", row["oid"])
    return {
        "oid": row["oid"],
        "num_iid": row["num_iid"],
        "title": row["title"],
        "price": yuan(row["price"]),
        "num": row["num"],
        "payment": yuan(row["payment"]),
        "status": trade["status"],
        "buyer_rate": rated is not None,
        "refund_status": refund["status"] if refund else "NO_REFUND",
        **_shipping(call, trade),
    } | ({"refund_id": refund["refund_id"]} if refund else {})


def _shipping(call: TopCall, trade: sqlite3.Row) -> dict[str, Any]:
    """By whom the sub-order was sent, under which number; nothing before it was."""
    waybill = waybills.of_order(call.world, trade["tid"])
    return (
        {}
        if waybill is None
        else {
            "logistics_company": waybills.name_of(waybill["com"]),
            "invoice_no": waybill["num"],
        }
    )


METHODS = {"taobao.trade.fullinfo.get": trade_fullinfo_get}
