"""kuaidi100: one trace for the waybills of every courier. POST /poll/query.do, POST /poll, GET /autonumber/auto."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, Response

from sandbox import courier_pushes, faults, waybills
from sandbox.faults import Fault, FaultKind
from sandbox.forms import read_body
from sandbox.waybill_trace import md5, trace
from sandbox.world import World

NEEDS_PHONE = ("shunfeng",)


class PollError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.body = {"result": False, "returnCode": code, "message": message}


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.post("/poll/query.do", include_in_schema=False)
    async def query(request: Request) -> Response:
        form, _ = read_body(request.headers.get("content-type", ""), await request.body())
        return _answer(world, "kuaidi100.query", lambda: _asked(world, form), lambda param: _trace_of(world, param))

    @api.post("/poll", include_in_schema=False)
    async def poll(request: Request) -> Response:
        form, _ = read_body(request.headers.get("content-type", ""), await request.body())
        answer = _answer(world, "kuaidi100.poll", lambda: _subscriber(world, form), lambda param: _kept(world, param))
        answer.background = BackgroundTask(courier_pushes.deliver, world)
        return answer

    @api.get("/autonumber/auto", include_in_schema=False)
    async def auto(num: str = "", key: str = "") -> Response:
        return _answer(world, "kuaidi100.auto", lambda: _known(world, key), lambda _: _recognised(world, num))

    return api


def _answer(
    world: World, method: str, check: Callable[[], dict[str, Any]], act: Callable[[dict[str, Any]], Any]
) -> Response:
    """Once it is clear who asks, a planned fault may change what is done or answered."""
    try:
        asked = check()
    except PollError as error:
        return JSONResponse(error.body)

    def perform(fault: Fault | None) -> Response:
        try:
            return JSONResponse(act(asked))
        except PollError as error:
            return JSONResponse(error.body)

    return faults.answer(faults.take(world, method), perform, _said)


def _said(fault: Fault) -> Response:
    if fault.kind is FaultKind.RATE_LIMIT:
        return JSONResponse(PollError("502", "服务器繁忙,请稍后再试").body)
    return JSONResponse(PollError("501", "服务器错误").body)


def _param(form: dict[str, str]) -> dict[str, Any]:
    try:
        param = json.loads(form.get("param", ""))
    except ValueError:
        raise PollError("400", "提交的数据不完整,或者贵公司没授权") from None
    if not isinstance(param, dict):
        raise PollError("400", "提交的数据不完整,或者贵公司没授权")
    return param


def _asked(world: World, form: dict[str, str]) -> dict[str, Any]:
    param, customer = _param(form), form.get("customer", "")
    known = world.store.row("SELECT * FROM courier_customer WHERE customer = ?", customer)
    if known is None or md5(f"{form['param']}{known['key']}{customer}") != form.get("sign"):
        raise PollError("503", "验证签名失败")
    return param


def _trace_of(world: World, param: dict[str, Any]) -> dict[str, Any]:
    com, number = str(param.get("com", "")), str(param.get("num", ""))
    if com in NEEDS_PHONE and not str(param.get("phone", "")).strip():
        raise PollError("408", "验证码错误:该单号需要收件人或寄件人电话")
    row = waybills.find(world, number)
    if row is None or row["com"] != com:
        raise PollError("500", "查询无结果,请隔段时间再查")
    waybills.settle(world, number)
    return trace(world, row["num"])


def _subscriber(world: World, form: dict[str, str]) -> dict[str, Any]:
    param = _param(form)
    if world.store.row("SELECT 1 FROM courier_customer WHERE key = ?", str(param.get("key", ""))) is None:
        raise PollError("600", "您不是合法的订阅者(即授权Key出错)")
    parameters = param.get("parameters")
    url = str(parameters.get("callbackurl", "")) if isinstance(parameters, dict) else ""
    if not url.startswith("http") or form.get("schema") != "json":
        raise PollError("700", "订阅方的订阅数据存在错误(如不支持的快递公司、单号为空、单号超长等)")
    return param


def _kept(world: World, param: dict[str, Any]) -> dict[str, Any]:
    number, key, more = waybills.plain(str(param.get("number", ""))), str(param["key"]), param["parameters"]
    if world.store.row("SELECT 1 FROM courier_subscription WHERE num = ? AND key = ?", number, key):
        raise PollError("501", "重复订阅")
    world.store.insert(
        "courier_subscription",
        num=number,
        com=str(param.get("company", "")),
        key=key,
        url=str(more["callbackurl"]),
        salt=str(more.get("salt", "")),
    )
    return {"result": True, "returnCode": "200", "message": "提交成功"}


def _known(world: World, key: str) -> dict[str, Any]:
    if world.store.row("SELECT 1 FROM courier_customer WHERE key = ?", key) is None:
        raise PollError("601", "KEY已过期")
    return {}


def _recognised(world: World, number: str) -> list[dict[str, Any]]:
    row, plain = waybills.find(world, number), waybills.plain(number)
    com = row["com"] if row else next((c for begin, c in waybills.BEGINNINGS.items() if plain.startswith(begin)), None)
    return [{"comCode": com, "lengthPre": len(plain)}] if com else []
