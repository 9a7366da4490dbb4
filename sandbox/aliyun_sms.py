"""POST / with an x-acs-action header: Aliyun's SMS service, API version 2017-05-25."""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox import faults, texts
from sandbox.aliyun_signature import AcsError, verify
from sandbox.clock import DAY, read, written
from sandbox.faults import Fault, FaultKind
from sandbox.forms import read_body
from sandbox.world import World

MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.post("/", include_in_schema=False)
    async def rpc(request: Request) -> Response:
        return handle(world, request.query_params, request.headers, await request.body())

    return api


def handle(world: World, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> Response:
    try:
        verify(world, "POST", query, headers, body)
        action = ACTIONS.get(headers.get("x-acs-action", ""))
        if action is None:
            raise AcsError(404, "InvalidAction.NotFound", "Specified api is not found.")
    except AcsError as error:
        return answered({"Code": error.code, "Message": error.message, "HostId": "sandbox"}, error.status)
    form, _ = read_body(headers.get("content-type", ""), body)

    def perform(passed_on: Fault | None) -> Response:
        try:
            return answered({"Code": "OK", "Message": "OK"} | action(world, {**query, **form}, passed_on))
        except texts.SmsRefused as refusal:
            return answered({"Code": refusal.code, "Message": refusal.message})

    fault = faults.take(world, headers["x-acs-action"])
    return faults.answer(fault, perform, lambda planned: answered(_said(planned)))


def answered(body: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse({**body, "RequestId": str(uuid.uuid4()).upper()}, status)


def _said(fault: Fault) -> dict[str, Any]:
    if fault.kind is FaultKind.RATE_LIMIT:
        return {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发分钟级流控Permits:1"}
    return {"Code": "isp.SYSTEM_ERROR", "Message": "系统错误"}


def send_sms(world: World, params: dict[str, str], fault: Fault | None) -> dict[str, Any]:
    """OK means taken, not delivered; there is no idempotency key, so a repeated call is a second message."""
    if fault is not None and fault.kind is FaultKind.BALANCE:
        raise texts.SmsRefused("isv.AMOUNT_NOT_ENOUGH", "账户余额不足")
    biz_id = texts.send(
        world,
        "aliyun",
        _phones(params.get("PhoneNumbers", "")),
        params.get("SignName", ""),
        params.get("TemplateCode", ""),
        params.get("TemplateParam"),
        out_id=params.get("OutId"),
        delivery_seconds=fault.seconds if fault is not None else 0.0,
    )
    return {"BizId": biz_id}


def _phones(text: str) -> list[str]:
    numbers = text.split(",")
    if len(numbers) > 1_000:
        raise texts.SmsRefused("isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制,最多支持1000条")
    matches = [MOBILE.fullmatch(number.strip()) for number in numbers]
    if not all(matches):
        raise texts.SmsRefused("isv.MOBILE_NUMBER_ILLEGAL", "手机号码格式错误")
    return [match[1] for match in matches if match]


def query_send_details(world: World, params: dict[str, str], fault: Fault | None) -> dict[str, Any]:
    """One day (GMT+8) of one phone, newest first."""
    size, page = _number(params, "PageSize", 1, 50), _number(params, "CurrentPage", 1, 10**6)
    (phone,), start = _phones(params.get("PhoneNumber", "")), _day(params.get("SendDate", ""))
    found = [
        row
        for row in texts.sent(world, phone)
        if start <= row["created"] < start + DAY and params.get("BizId") in (None, "", row["biz_id"])
    ]
    shown = found[(page - 1) * size : page * size]
    return {
        "TotalCount": str(len(found)),
        "SmsSendDetailDTOs": {"SmsSendDetailDTO": [_detail(row) for row in shown]},
    }


def _number(params: dict[str, str], name: str, low: int, high: int) -> int:
    text = params.get(name, "")
    if not text.isdecimal() or not low <= int(text) <= high:
        raise texts.SmsRefused("isv.INVALID_PARAMETERS", f"{name}须在{low}与{high}之间")
    return int(text)


def _day(text: str) -> int:
    try:
        return read(f"{text[:4]}-{text[4:6]}-{text[6:8]} 00:00:00")
    except ValueError:
        raise texts.SmsRefused("isv.INVALID_PARAMETERS", "SendDate格式为yyyyMMdd") from None


def _detail(row: Any) -> dict[str, Any]:
    status = texts.send_status(row)
    return {
        "PhoneNum": row["phone"],
        "SendStatus": status,
        "ErrCode": "" if status == 1 else row["err_code"],
        "TemplateCode": row["template_code"],
        "Content": row["text"],
        "SendDate": written(row["created"]),
        "ReceiveDate": "" if status == 1 else written(row["created"] + 3),
        "OutId": row["out_id"] or "",
    }


ACTIONS: dict[str, Callable[[World, dict[str, str], Fault | None], dict[str, Any]]] = {
    "SendSms": send_sms,
    "QuerySendDetails": query_send_details,
}
