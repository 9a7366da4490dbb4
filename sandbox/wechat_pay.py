"""/v3: WeChat Pay's merchant transfer as its merchants call it: begin, query by either number, cancel."""

import hashlib
import json
import re
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox import faults, wechat_wallet
from sandbox import wechat_pay_protocol as protocol
from sandbox.clock import CHINA
from sandbox.faults import Fault, FaultKind
from sandbox.wechat_pay_protocol import Asked, WeChatError
from sandbox.world import World

TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
# Scene → what the buyer may be told it is, and what must be reported about it.
SCENES = {
    "1000": ({"活动奖励", "现金奖励"}, {"活动名称", "奖励说明"}),
    "1011": ({"退款", "商家赔付"}, {"赔付原因"}),
}
LEAST = 10  # fen
NAME_FROM, NAME_NEEDED_FROM = 30, 200_000


def router(world: World) -> APIRouter:
    protocol.ensure_key_pair(world)
    api = APIRouter(include_in_schema=False)

    async def handled(request: Request, name: str, do: Callable[[Asked, Fault | None], dict[str, Any]]) -> Response:
        try:
            asked = await protocol.asked(world, request)
        except WeChatError as error:
            return protocol.answered(world, error.body, error.status)

        def perform(passed_on: Fault | None) -> Response:
            try:
                return protocol.answered(world, do(asked, passed_on))
            except WeChatError as error:
                return protocol.answered(world, error.body, error.status)

        return faults.answer(faults.take(world, name), perform, lambda planned: _said(world, planned))

    @api.post(TRANSFERS)
    async def begin_transfer(request: Request) -> Response:
        return await handled(request, "wechat.transfer", lambda asked, fault: begin(world, asked, fault))

    @api.get(TRANSFERS + "/out-bill-no/{number}")
    async def query_by_number(request: Request, number: str) -> Response:
        def do(asked: Asked, fault: Fault | None) -> dict[str, Any]:
            return query(asked, wechat_wallet.by_number(world, number), fault)

        return await handled(request, "wechat.query", do)

    @api.get(TRANSFERS + "/transfer-bill-no/{bill}")
    async def query_by_bill(request: Request, bill: str) -> Response:
        def do(asked: Asked, fault: Fault | None) -> dict[str, Any]:
            return query(asked, wechat_wallet.by_bill(world, bill), fault)

        return await handled(request, "wechat.query", do)

    @api.post(TRANSFERS + "/out-bill-no/{number}/cancel")
    async def cancel_transfer(request: Request, number: str) -> Response:
        return await handled(request, "wechat.cancel", lambda asked, _: cancel(world, asked, number))

    return api


def _said(world: World, fault: Fault) -> Response:
    if fault.kind is FaultKind.RATE_LIMIT:
        return protocol.answered(world, {"code": "RATELIMIT_EXCEEDED", "message": "接口限频"}, 429)
    return protocol.answered(world, {"code": "SYSTEM_ERROR", "message": "系统异常,请用相同参数重试"}, 500)


def begin(world: World, asked: Asked, fault: Fault | None) -> dict[str, Any]:
    """Accepts a transfer, or repeats the answer about the one that the same out_bill_no and the same content made.

    A refusal leaves no trace: the number stays free, so the caller may mend the cause and send the same again. What
    the buyer's account has against it shows later, in the state.
    """
    content = asked.content()
    _check_shape(asked, content)
    name = protocol.opened(world, asked, content["user_name"]) if content.get("user_name") else None
    number, digest = content["out_bill_no"], _digest(content | {"user_name": name})
    known = wechat_wallet.by_number(world, number)
    if known is not None:
        if (known["mch_id"], known["digest"]) != (asked.merchant, digest):
            raise WeChatError(403, "ALREADY_EXISTS", "商户单号已存在且参数不一致")
        return _told(known)
    dry = fault is not None and fault.kind is FaultKind.BALANCE
    if dry or wechat_wallet.balance(world) < content["transfer_amount"]:
        raise WeChatError(403, "NOT_ENOUGH", "资金不足")
    state, reason = _first_state(world, content, name, fault)
    begun = wechat_wallet.begin(
        world,
        out_bill_no=number,
        mch_id=asked.merchant,
        digest=digest,
        openid=content["openid"],
        amount=content["transfer_amount"],
        remark=content["transfer_remark"],
        scene=content["transfer_scene_id"],
        state=state,
        fail_reason=reason,
        settle_wall=time.time() + fault.seconds if fault and fault.kind is FaultKind.DEALING else 0.0,
    )
    return _told(begun)


def _first_state(
    world: World, content: dict[str, Any], name: str | None, fault: Fault | None
) -> tuple[str, str | None]:
    account = wechat_wallet.account(world, content["openid"])
    if account is None:
        return "FAIL", "ACCOUNT_NOT_EXIST"
    if account["status"] == "frozen":
        return "FAIL", "ACCOUNT_FROZEN"
    if name is not None and name != account["name"]:
        return "FAIL", "NAME_NOT_CORRECT"
    if fault is not None and fault.kind is FaultKind.DEALING:
        return "PROCESSING", "TRANSFER_RISK" if fault.outcome == "FAIL" else None
    return "WAIT_USER_CONFIRM", None


def _digest(content: dict[str, Any]) -> str:
    """Equal for equal parameters, however their JSON was spaced and their name was encrypted."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _check_shape(asked: Asked, content: dict[str, Any]) -> None:
    scene = SCENES.get(str(content.get("transfer_scene_id")))
    if scene is None:
        raise WeChatError(403, "NO_AUTH", "商户未开通该转账场景")
    amount, reports = content.get("transfer_amount"), content.get("transfer_scene_report_infos")
    said = {report.get("info_type") for report in reports} if isinstance(reports, list) else set()
    needs_name = isinstance(amount, int) and amount >= NAME_NEEDED_FROM
    may_name = isinstance(amount, int) and amount >= NAME_FROM
    good = {
        "appid": content.get("appid") == asked.app_id,
        "out_bill_no": re.fullmatch(r"[0-9A-Za-z]{1,32}", str(content.get("out_bill_no", ""))) is not None,
        "openid": re.fullmatch(r"[0-9A-Za-z_-]{6,64}", str(content.get("openid", ""))) is not None,
        "transfer_amount": isinstance(amount, int) and not isinstance(amount, bool) and amount >= LEAST,
        "transfer_remark": 0 < len(str(content.get("transfer_remark", ""))) <= 32,
        "user_recv_perception": content.get("user_recv_perception") in {None, *scene[0]},
        "transfer_scene_report_infos": said == scene[1],
        "user_name": bool(content.get("user_name")) if needs_name else may_name or not content.get("user_name"),
    }
    wrong = [name for name, right in good.items() if not right]
    if wrong:
        raise WeChatError(400, "PARAM_ERROR", f"参数错误: {', '.join(wrong)}")


def query(asked: Asked, transfer: sqlite3.Row | None, fault: Fault | None) -> dict[str, Any]:
    if transfer is None or transfer["mch_id"] != asked.merchant:
        raise WeChatError(404, "NOT_FOUND", "记录不存在")
    told = _told(transfer) | {
        "mch_id": transfer["mch_id"],
        "appid": asked.app_id,
        "transfer_amount": transfer["amount"],
        "transfer_remark": transfer["remark"],
        "openid": transfer["openid"],
        "update_time": _rfc3339(transfer["updated"]),
    }
    if transfer["state"] == "FAIL":
        told["fail_reason"] = transfer["fail_reason"]
    if fault is not None and fault.kind is FaultKind.DEALING:
        told["state"] = "PROCESSING"
    return told


def cancel(world: World, asked: Asked, number: str) -> dict[str, Any]:
    transfer = wechat_wallet.by_number(world, number)
    if transfer is None or transfer["mch_id"] != asked.merchant:
        raise WeChatError(404, "NOT_FOUND", "记录不存在")
    if transfer["state"] not in ("ACCEPTED", "PROCESSING", "WAIT_USER_CONFIRM"):
        raise WeChatError(400, "INVALID_REQUEST", "当前状态不支持撤销")
    wechat_wallet.settle(world, transfer, "CANCELING")
    told = {"out_bill_no": number, "transfer_bill_no": transfer["transfer_bill_no"], "state": "CANCELING"}
    return told | {"update_time": _rfc3339(world.clock.now())}


def _told(transfer: sqlite3.Row) -> dict[str, Any]:
    told = {
        "out_bill_no": transfer["out_bill_no"],
        "transfer_bill_no": transfer["transfer_bill_no"],
        "create_time": _rfc3339(transfer["created"]),
        "state": transfer["state"],
    }
    if transfer["state"] == "WAIT_USER_CONFIRM":
        told["package_info"] = f"sandbox-confirm-{transfer['transfer_bill_no']}"
    return told


def _rfc3339(moment: int) -> str:
    return datetime.fromtimestamp(moment, CHINA).isoformat(timespec="milliseconds")
