"""TOP methods about refunds (TOP-52, 53, 10480, 22465, 22466)."""

import sqlite3
from collections.abc import Callable
from typing import Any

from sandbox import orders, refunds
from sandbox.clock import written, yuan
from sandbox.people import open_uid
from sandbox.refund_states import EXCHANGE, REFUND_STATES
from sandbox.top_protocol import TopCall, TopError, business_error
from sandbox.world import Refused

BULK_LIMITS = {"taobao": (20, 600_000), "tmall": (30, 1_000_000)}  # applications and fen per call (TOP-22465)
PROOF_BYTES = 130_000


def refunds_receive_get(call: TopCall) -> dict[str, Any]:
    """Refunds of the shop, last changed first: page from the last page to the first while they keep changing."""
    call.text("fields")
    refunds.settle(call.world)
    where = (
        f"seller_nick = :shop AND dispute_type <> '{EXCHANGE}' AND modified BETWEEN :start AND :end "
        "AND (:status IS NULL OR status = :status) AND (:buyer IS NULL OR buyer_nick = :buyer)"
    )
    size, start = call.number("page_size", 40, 1, 100), call.moment("start_modified") or 0
    end = call.moment("end_modified") or call.world.clock.now()
    values = {
        "shop": call.seller_nick,
        "start": start,
        "end": end,
        "status": call.choice("status", REFUND_STATES),
        "buyer": call.params.get("buyer_nick") or None,
        "size": size + 1,
        "skip": (call.number("page_no", 1, 1) - 1) * size,
    }
    rows = call.world.store.rows_by_name(
        f"SELECT * FROM refund WHERE {where} ORDER BY modified DESC, refund_id DESC LIMIT :size OFFSET :skip",  # noqa: S608
        values,
    )
    answer: dict[str, Any] = {"has_next": len(rows) > size}
    if not call.flag("use_has_next"):
        counted = call.world.store.rows_by_name(f"SELECT count(*) AS n FROM refund WHERE {where}", values)  # noqa: S608
        answer = {"total_results": counted[0]["n"]}
    shown = [call.selected(_refund(call, row)) for row in rows[:size]]
    return answer | ({"refunds": {"refund": shown}} if shown else {})


def refund_get(call: TopCall) -> dict[str, Any]:
    row = refund_of_shop(call)
    deadline = written(row["deadline"])
    reminder: dict[str, Any] = {"exist_timeout": deadline is not None, "remind_type": 1}
    if deadline is not None:
        reminder["timeout"] = deadline
    return {"refund": call.selected(_refund(call, row) | {"refund_remind_timeout": reminder})}


def refund_of_shop(call: TopCall) -> sqlite3.Row:
    return _refund_of(call, call.number("refund_id", low=1))


def _refund_of(call: TopCall, refund_id: int) -> sqlite3.Row:
    try:
        return refunds.of_shop(call.world, refund_id, call.seller_nick)
    except Refused:
        raise business_error("refund-not-exist", "退款不存在或不属于该店铺") from None


def _refund(call: TopCall, row: sqlite3.Row) -> dict[str, Any]:
    order = orders.sub_order(call.world, row["oid"])
    as_stored = (
        "tid oid buyer_nick seller_nick status good_status reason company_name sid address dispute_type cs_status"
    )
    return {name: row[name] for name in as_stored.split()} | {
        "refund_id": str(row["refund_id"]),
        "buyer_open_uid": open_uid(row["buyer_nick"]),
        "desc": row["explanation"],
        "created": written(row["created"]),
        "modified": written(row["modified"]),
        "good_return_time": written(row["good_return_time"]),
        "has_good_return": bool(row["has_good_return"]),
        "refund_fee": yuan(row["refund_fee"]),
        "total_fee": yuan(order["paid"]),
        "payment": yuan(order["paid"] - row["refund_fee"]),
        "order_status": order["status"],
        "num_iid": order["num_iid"],
        "title": order["title"],
        "price": yuan(order["price"]),
        "num": order["num"],
        "refund_phase": row["phase"],
        "refund_version": row["version"],
        "operation_contraint": "cannot_refuse" if row["cannot_refuse"] else None,
    }


def _locked(call: TopCall) -> sqlite3.Row:
    """The refund, after its version and phase were compared: Tmall must send both, Taobao may."""
    row = refund_of_shop(call)
    if call.shop is not None and call.shop["flavour"] == "tmall":
        call.text("refund_version")
        call.text("refund_phase")
    _check_version(row, call.params.get("refund_version"), call.params.get("refund_phase"))
    return row


def _check_version(row: sqlite3.Row, version: str | None, phase: str | None) -> None:
    if version and version != str(row["version"]):
        raise business_error("refund-version-not-match", "退款版本号已变更,请重新获取退款详情")
    if phase and phase != row["phase"]:
        raise business_error("refund-phase-not-match", "退款阶段不匹配")


def _done(act: Callable[[], None]) -> None:
    """Runs a step of the refund's life; what its state forbids becomes a business error of the wire."""
    try:
        act()
    except Refused as refusal:
        raise business_error(f"refund-{refusal.code.replace('_', '-')}", refusal.message) from None


def refund_refuse(call: TopCall) -> dict[str, Any]:
    row, message, proof = _locked(call), call.text("refuse_message"), call.files.get("refuse_proof")
    if not 2 <= len(message) <= 200:
        raise TopError(41, "isv.invalid-parameter:refuse_message", "refuse_message has 2 to 200 characters")
    if proof is None and call.shop is not None and call.shop["flavour"] == "tmall":
        raise TopError(40, "isv.missing-parameter:refuse_proof", "refuse_proof is required for Tmall")
    if proof is not None and len(proof) > PROOF_BYTES:
        raise TopError(41, "isv.invalid-parameter:refuse_proof", f"at most {PROOF_BYTES} bytes")
    shown_with = {"refuse_reason": call.number("refuse_reason_id", 0), "proof_bytes": len(proof) if proof else None}
    _done(lambda: refunds.refuse(call.world, row, message, **shown_with))
    fresh = refunds.get(call.world, row["refund_id"])
    shown = {name: _refund(call, fresh)[name] for name in ("refund_id", "status", "modified")}
    return {"is_success": True, "refund": shown}


def returngoods_agree(call: TopCall) -> dict[str, Any]:
    """Shows the buyer where to send the goods; Taobao needs the written address, Tmall a remark."""
    row = _locked(call)
    call.number("seller_address_id", low=1)
    needed = ("remark",) if call.shop is not None and call.shop["flavour"] == "tmall" else ("name", "address")
    for name in needed:
        call.text(name)
    address = call.params.get("address") or f"卖家地址{call.params['seller_address_id']}"
    _done(lambda: refunds.agree_return(call.world, row, address))
    return {"is_success": True}


def refunds_agree(call: TopCall) -> dict[str, Any]:
    """One or more `refund_id|fen|version|phase`; each succeeds or fails alone, msg_code sums up."""
    infos = [info.split("|") for info in call.text("refund_infos").split(",")]
    if not all(len(info) in (3, 4) and info[0].isdecimal() and info[1].isdecimal() for info in infos):
        raise TopError(41, "isv.invalid-parameter:refund_infos", "refund_id|amount|version|phase")
    _check_bulk(call, infos)
    results = [_agreed(call, info) for info in infos]
    succeeded = sum(result["succ"] for result in results)
    code = "OP_SUCC" if succeeded == len(results) else "SOME_OP_SUCC" if succeeded else "OP_FAILURE_UE"
    return {
        "succ": succeeded > 0,
        "msg_code": code,
        "message": f"{succeeded}/{len(results)}",
        "results": {"refund_mapping_result": results},
    }


def _check_bulk(call: TopCall, infos: list[list[str]]) -> None:
    count, most = BULK_LIMITS[call.shop["flavour"] if call.shop is not None else "taobao"]
    total = sum(int(info[1]) for info in infos)
    if len(infos) > count or total > most:
        raise business_error("refund-bulk-limit", f"一次最多{count}笔,总金额不超过{yuan(most)}元")
    if total > call.world.limits.refund_code_above_fen and not call.params.get("code", "").isdecimal():
        # The real platform now sends a code to the seller's phone; the sandbox takes any digits for it.
        raise business_error("refund-need-sms-code", "金额较大,请输入发送到卖家手机的短信验证码")


def _agreed(call: TopCall, info: list[str]) -> dict[str, Any]:
    try:
        row = _refund_of(call, int(info[0]))
        if call.shop is not None and call.shop["flavour"] == "tmall" and len(info) < 4:
            raise TopError(40, "isv.missing-parameter:phase", "天猫退款必须传入退款阶段")
        _check_version(row, info[2], info[3] if len(info) == 4 else None)
        if int(info[1]) != row["refund_fee"]:
            raise business_error("refund-amount-not-match", "退款金额不一致")
        _done(lambda: refunds.pay_back(call.world, row))
    except TopError as error:
        return {"refund_id": info[0], "succ": False, "message": error.body.get("sub_msg", error.body["msg"])}
    return {"refund_id": info[0], "succ": True, "message": "退款成功"}


METHODS = {
    "taobao.refunds.receive.get": refunds_receive_get,
    "taobao.refund.get": refund_get,
    "taobao.refund.refuse": refund_refuse,
    "taobao.rp.returngoods.agree": returngoods_agree,
    "taobao.rp.refunds.agree": refunds_agree,
}
