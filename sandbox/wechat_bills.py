"""/v3/bill/fundflowbill and the file behind its address: what left the merchant's account on a day, as CSV."""

import gzip
import hashlib
import re
import secrets
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from sandbox import faults, wechat_wallet
from sandbox import wechat_pay_protocol as protocol
from sandbox.clock import CHINA, written, yuan
from sandbox.control_api import Body
from sandbox.faults import Fault
from sandbox.wechat_pay_protocol import Asked, WeChatError
from sandbox.world import World

PATH, FILE = "/v3/bill/fundflowbill", "/v3/billdownload/file"
ACCOUNTS = ("BASIC", "OPERATION", "FEES")
HEADER = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,"
    "备注,业务凭证号"
)
TOTALS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


class EditBody(Body):
    """How a day's bill differs from the truth, so that a reconciliation has something to find."""

    drop: list[str] = Field(default=[], description="out_bill_no whose lines are left out, with the totals unchanged")
    amounts: dict[str, int] = Field(default={}, description="out_bill_no to the fen that its line names instead")
    add: list[str] = Field(default=[], description="lines that are added as they are")
    no_numbers: bool = Field(default=False, description="lines name WeChat's own number alone")
    creating: bool = Field(default=False, description="the bill is still being made")


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.get(PATH, include_in_schema=False)
    async def apply(request: Request) -> Response:
        def perform(asked: Asked) -> dict[str, Any]:
            return told(world, asked, dict(request.query_params), str(request.base_url).rstrip("/"))

        return await _handled(world, request, "wechat.bill", lambda asked: protocol.answered(world, perform(asked)))

    @api.get(FILE, include_in_schema=False)
    async def download(request: Request) -> Response:
        token = request.query_params.get("token", "")

        def perform(asked: Asked) -> Response:
            known = world.store.setting(f"wechat_bill:{token}")
            if known is None or known[0] != asked.merchant:
                raise WeChatError(404, "NOT_FOUND", "账单下载地址已失效")
            packed = known[2] == "GZIP"
            text = bill(world, known[0], known[1])
            return Response(gzip.compress(text) if packed else text, media_type="application/octet-stream")

        return await _handled(world, request, "wechat.bill_download", perform)

    @api.post("/control/wechat/statements/{day}", tags=["control"])
    async def edit_statement(day: str, body: EditBody) -> dict[str, Any]:
        world.store.set_setting(f"wechat_statement:{day}", body.model_dump())
        return body.model_dump()

    return api


async def _handled(world: World, request: Request, name: str, do: Any) -> Response:
    try:
        asked = await protocol.asked(world, request)
    except WeChatError as error:
        return protocol.answered(world, error.body, error.status)

    def perform(_: Fault | None) -> Response:
        try:
            answer: Response = do(asked)
        except WeChatError as error:
            return protocol.answered(world, error.body, error.status)
        return answer

    def say(_: Fault) -> Response:
        return protocol.answered(world, {"code": "SYSTEM_ERROR", "message": "系统异常"}, 500)

    return faults.answer(faults.take(world, name), perform, say)


def told(world: World, asked: Asked, params: dict[str, str], base: str) -> dict[str, Any]:
    """Days that are not over have no bill, nor have days and accounts on which nothing moved."""
    day, account = params.get("bill_date", ""), params.get("account_type", "BASIC")
    packing = params.get("tar_type", "")
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) or account not in ACCOUNTS or packing not in ("", "GZIP"):
        raise WeChatError(400, "PARAM_ERROR", "参数错误: bill_date, account_type, tar_type")
    today = datetime.fromtimestamp(world.clock.now(), CHINA).strftime("%Y-%m-%d")
    edit = _edit(world, day)
    if edit.creating:
        raise WeChatError(400, "STATEMENT_CREATING", "账单生成中")
    if day >= today or account != "BASIC" or not (_moved(world, asked.merchant, day) or edit.add):
        raise WeChatError(400, "NO_STATEMENT_EXIST", "账单文件不存在")
    token = secrets.token_urlsafe(24)
    world.store.set_setting(f"wechat_bill:{token}", [asked.merchant, day, packing])
    digest = hashlib.sha1(bill(world, asked.merchant, day), usedforsecurity=False).hexdigest()
    return {"hash_type": "SHA1", "hash_value": digest, "download_url": f"{base}{FILE}?token={token}"}


def _edit(world: World, day: str) -> EditBody:
    return EditBody(**world.store.setting(f"wechat_statement:{day}", {}))


def _moved(world: World, merchant: str, day: str) -> list[dict[str, Any]]:
    """What arrived on that day, as everybody sees it now."""
    listed = {row["order_id"]: row for row in wechat_wallet.transfers(world) if row["status"] == "SUCCESS"}
    rows = world.store.rows("SELECT * FROM wechat_transfer WHERE mch_id = ? ORDER BY updated, out_bill_no", merchant)
    return [
        dict(row)
        for row in rows
        if row["transfer_bill_no"] in listed and (written(row["updated"]) or "").startswith(day)
    ]


def bill(world: World, merchant: str, day: str) -> bytes:
    edit, moved = _edit(world, day), _moved(world, merchant, day)
    lines = []
    for row in moved:
        if row["out_bill_no"] in edit.drop:
            continue
        fen = edit.amounts.get(row["out_bill_no"], row["amount"])
        values = (
            str(written(row["updated"])), row["transfer_bill_no"], f"1{row['transfer_bill_no']}", "商家转账", "转账",
            "支出", yuan(fen), "0.00", f"{merchant}API", row["remark"],
            row["transfer_bill_no"] if edit.no_numbers else row["out_bill_no"],
        )  # fmt: skip
        lines.append(",".join(f"`{value}" for value in values))
    total = sum(edit.amounts.get(row["out_bill_no"], row["amount"]) for row in moved)
    sums = (f"{len(moved)}.0", "0.0", "0.00", f"{len(moved)}.0", yuan(total))
    rows = [HEADER, *lines, *edit.add, TOTALS, ",".join(f"`{value}" for value in sums)]
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()
