"""alipay.data.dataservice.bill.downloadurl.query, and the archive behind its address: yesterday's movements as CSV."""

import io
import re
import secrets
import zipfile
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from sandbox.alipay_transfers import AlipayError
from sandbox.clock import CHINA, written, yuan
from sandbox.control_api import Body
from sandbox.faults import Fault
from sandbox.world import NotFound, World

METHOD = "alipay.data.dataservice.bill.downloadurl.query"
HEADER = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额(+元),支出金额(-元),账户余额(元),"
    "交易渠道,业务类型,备注"
)


class EditBody(Body):
    """How a day's statement differs from the truth, so that a reconciliation has something to find."""

    drop: list[str] = Field(default=[], description="merchant numbers whose lines are left out")
    amounts: dict[str, int] = Field(default={}, description="merchant number to the fen that its line names instead")
    add: list[str] = Field(default=[], description="lines that are added as they are")


def bill_url(world: World, app_id: str, content: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    """An address that is good for one download; days that are not over have no statement, nor have empty ones."""
    day = str(content.get("bill_date", ""))
    if content.get("bill_type") != "signcustomer" or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise AlipayError("40004", "INVAILID_ARGUMENTS", "参数有误: bill_type, bill_date")
    today = datetime.fromtimestamp(world.clock.now(), CHINA).strftime("%Y-%m-%d")
    if day >= today or not _lines(world, app_id, day):
        raise AlipayError("40004", "isp.bill_not_exist", "账单不存在")
    token = secrets.token_hex(16)
    world.store.set_setting(f"bill:{token}", [app_id, day])
    base = world.store.setting("own_address", "")
    return {"code": "10000", "msg": "Success", "bill_download_url": f"{base}/alipay/bill?token={token}"}


def _lines(world: World, app_id: str, day: str) -> list[str]:
    edit = EditBody(**world.store.setting(f"statement:{day}", {}))
    rows = world.store.rows(
        "SELECT * FROM transfer WHERE app_id = ? AND outcome = 'SUCCESS' ORDER BY created, order_id", app_id
    )
    lines = []
    for row in rows:
        if not (written(row["created"]) or "").startswith(day) or row["out_biz_no"] in edit.drop:
            continue
        fen = edit.amounts.get(row["out_biz_no"], row["amount"])
        lines.append(
            f"{row['order_id']}\t,{row['order_id']}\t,{row['out_biz_no']}\t,{row['title']}\t,{written(row['created'])},"
            f"{row['payee']}\t,0.00,-{yuan(fen)},0.00,支付宝,转账,{row['remark']}"
        )
    return [*lines, *edit.add]


def _text(lines: list[str], day: str) -> str:
    return "\r\n".join(
        [
            "#支付宝账务明细查询",
            f"#起始日期:[{day} 00:00:00] 终止日期:[{day} 23:59:59]",
            "#-----------------------------------------账务明细列表----------------------------------------",
            HEADER,
            *lines,
            "#----------------------------------------账务明细列表结束-------------------------------------",
        ]
    )


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.get("/alipay/bill", include_in_schema=False)
    async def download(token: str) -> Response:
        known = world.store.setting(f"bill:{token}")
        if known is None:
            raise NotFound("bill_not_found", "This address was never given, or its statement was fetched.")
        app_id, day = known
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"{app_id}_汇总.csv", "#支付宝账务汇总查询\r\n".encode("gb18030"))
            archive.writestr(f"{app_id}_明细.csv", _text(_lines(world, app_id, day), day).encode("gb18030"))
        return Response(packed.getvalue(), media_type="application/zip")

    @api.post("/control/statements/{day}", tags=["control"])
    async def edit_statement(day: str, body: EditBody) -> dict[str, Any]:
        world.store.set_setting(f"statement:{day}", body.model_dump())
        return body.model_dump()

    return api
