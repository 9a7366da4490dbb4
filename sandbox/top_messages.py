"""TOP methods of the message channel (TMC): permit, consume, confirm."""

import sqlite3
from typing import Any

from sandbox import faults, messages, refunds
from sandbox.clock import written
from sandbox.faults import FaultKind
from sandbox.top_protocol import TopCall, TopError

# These two belong to the app, which reads the queue of all its shops.
WITHOUT_SESSION = ("taobao.tmc.messages.consume", "taobao.tmc.messages.confirm")


def tmc_user_permit(call: TopCall) -> dict[str, Any]:
    """The list of topics overwrites the former one; without a list the shop gets every topic."""
    topics = [topic for topic in call.params.get("topics", "").split(",") if topic]
    messages.permit(call.world, call.seller_nick, topics or None)
    return {"is_success": True}


def tmc_messages_consume(call: TopCall) -> dict[str, Any]:
    """Hands out what is due; anything left unconfirmed comes again after the redelivery time."""
    refunds.settle(call.world)
    waiting = messages.waiting(call.world, call.app_key, call.number("quantity", 100, 10, 200))
    answered = _disturbed(call, waiting)
    kind = call.fault.kind if call.fault else None
    if kind is not FaultKind.DUPLICATE_PUSH:
        messages.lease(call.world, [row["id"] for row in answered])
    if not answered:
        return {}
    return {"messages": {"tmc_message": [_message(row) for row in answered]}}


def _disturbed(call: TopCall, waiting: list[sqlite3.Row]) -> list[sqlite3.Row]:
    """Duplicates come twice now and once more with the next call; out of order, the oldest stays for the next call."""
    if call.fault is None:
        return waiting
    if call.fault.kind is FaultKind.DUPLICATE_PUSH and waiting:
        return [row for row in waiting for _ in range(2)]
    if call.fault.kind is FaultKind.OUT_OF_ORDER_PUSH and len(waiting) > 1:
        return waiting[:0:-1]
    faults.put_back(call.world, call.fault.kind)
    return waiting


def _message(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "topic": row["topic"],
        "user_id": row["user_id"],
        "user_nick": row["seller_nick"],
        "pub_app_key": "12497914",
        "pub_time": written(row["pub_time"]),
        "content": row["content"],
    }


def tmc_messages_confirm(call: TopCall) -> dict[str, Any]:
    ids = call.text("s_message_ids").split(",")
    if len(ids) > 200 or not all(one.strip().isdecimal() for one in ids):
        raise TopError(41, "isv.invalid-parameter:s_message_ids", "at most 200 message ids, comma-separated")
    messages.confirm(call.world, call.app_key, [int(one) for one in ids])
    return {"is_success": True}


METHODS = {
    "taobao.tmc.user.permit": tmc_user_permit,
    "taobao.tmc.messages.consume": tmc_messages_consume,
    "taobao.tmc.messages.confirm": tmc_messages_confirm,
}
