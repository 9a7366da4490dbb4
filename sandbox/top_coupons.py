"""TOP methods about shop coupons (TOP-10584, TOP-10581, and the two that list them)."""

import time
from typing import Any

from sandbox import coupons
from sandbox.clock import DAY, written
from sandbox.faults import FaultKind
from sandbox.top_protocol import TopCall, TopError, business_error
from sandbox.world import Refused

BUYERS_PER_CALL = 100
LOOK_BACK_DAYS = 15
STATES = ("unused", "using", "used")


def coupon_add(call: TopCall) -> dict[str, Any]:
    """Face value and condition come in yuan; without a condition the coupon counts for every order."""
    end = call.moment("end_time")
    if end is None:
        raise TopError(40, "isv.missing-parameter:end_time", "end_time is required")
    face, condition = call.number("denominations", high=10**6), call.number("condition", 0, high=10**7)
    start = call.moment("start_time")
    try:
        made = coupons.add_kind(call.world, call.seller_nick, 100 * face, 100 * condition, start, end)
    except Refused as refusal:
        raise business_error(refusal.code, refusal.message) from None
    return {"coupon_id": made}


def coupon_send(call: TopCall) -> dict[str, Any]:
    """Whoever got none stands in failure_buyers; is_success is true even if that is everybody."""
    kind = coupons.kind(call.world, call.seller_nick, call.number("coupon_id"))
    if kind is None:
        raise business_error("coupon-not-exist", "优惠券不存在")
    nicks = [nick for nick in call.text("buyer_nick").split(",") if nick]
    if not 1 <= len(nicks) <= BUYERS_PER_CALL:
        raise TopError(41, "isv.invalid-parameter:buyer_nick", f"1 to {BUYERS_PER_CALL} buyers")
    late = call.fault.seconds if call.fault and call.fault.kind is FaultKind.DEALING else 0.0
    refused = call.fault is not None and call.fault.kind is FaultKind.BALANCE
    given, failed = [], []
    for nick in nicks:
        why = "优惠券发放数量超限" if refused else coupons.why_not(call.world, kind, nick)
        if why is None:
            number = coupons.give(call.world, kind["coupon_id"], nick, late)
            given.append({"buyer_nick": nick, "coupon_number": number})
        else:
            failed.append({"buyer_nick": nick, "reason": why})
    # While it is dealing with it, the platform names neither those who got one nor those who did not.
    answer: dict[str, Any] = {"is_success": True}
    if given and not late:
        answer["coupon_results"] = {"coupon_result": given}
    if failed:
        answer["failure_buyers"] = {"error_message": failed}
    return answer


def coupons_get(call: TopCall) -> dict[str, Any]:
    """The shop's kinds that have not ended."""
    where, values = ["seller_nick = ?", "end_time > ?"], [call.seller_nick, call.world.clock.now()]
    if call.params.get("coupon_id"):
        where.append("coupon_id = ?")
        values.append(call.number("coupon_id"))
    if call.params.get("denominations"):
        where.append("denomination = ?")
        values.append(100 * call.number("denominations"))
    # `where` is put together from the literals above; every value is bound.
    sql = f"SELECT * FROM coupon_kind WHERE {' AND '.join(where)} ORDER BY coupon_id"  # noqa: S608
    rows = call.world.store.rows(sql, *values)
    size = call.number("page_size", 20, 1, 100)
    start = (call.number("page_no", 1, 1) - 1) * size
    shown = [
        {
            "coupon_id": row["coupon_id"],
            "denominations": row["denomination"] // 100,
            "condition": row["condition"] // 100,
            "creat_time": written(row["created"]),
            "end_time": written(row["end_time"]),
        }
        for row in rows[start : start + size]
    ]
    return {"total_results": len(rows)} | ({"coupons": {"coupon": shown}} if shown else {})


def coupondetail_get(call: TopCall) -> dict[str, Any]:
    """Who has which coupon of a kind. Only kinds are shown that end within the 15 days before `end_time`, which is now
    where it is left out, as the platform documents it."""
    coupon_id = call.number("coupon_id")
    until = call.moment("end_time") or call.world.clock.now()
    days = call.number("days", 1, 1, LOOK_BACK_DAYS)
    kind = coupons.kind(call.world, call.seller_nick, coupon_id)
    within = kind is not None and until - days * DAY <= kind["end_time"] <= until
    nick, state = call.params.get("buyer_nick") or None, call.choice("state", STATES)
    rows = call.world.store.rows(
        "SELECT * FROM coupon WHERE coupon_id = ? AND seen_wall <= ? AND (? IS NULL OR buyer_nick = ?) "
        "AND (? IS NULL OR state = ?) ORDER BY coupon_number",
        coupon_id, time.time(), nick, nick, state, state,
    ) if within else []  # fmt: skip
    size = call.number("page_size", 20, 20, 100)
    start = (call.number("page_no", 1, 1) - 1) * size
    shown = [
        {"buyer_nick": row["buyer_nick"], "coupon_number": row["coupon_number"], "state": row["state"]}
        for row in rows[start : start + size]
    ]
    counted = {"total_results": len(rows), "is_have_next_page": start + size < len(rows)}
    return counted | ({"coupon_details": {"coupon_detail": shown}} if shown else {})


METHODS = {
    "taobao.promotion.coupon.add": coupon_add,
    "taobao.promotion.coupon.send": coupon_send,
    "taobao.promotion.coupons.get": coupons_get,
    "taobao.promotion.coupondetail.get": coupondetail_get,
}
