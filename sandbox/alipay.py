"""POST and GET /gateway.do: Alipay's gateway; the two methods themselves are in alipay_transfers.py."""

import json
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from sandbox import alipay_keys, faults
from sandbox.alipay_bills import METHOD, bill_url
from sandbox.alipay_transfers import METHODS as TRANSFERS
from sandbox.alipay_transfers import AlipayError
from sandbox.clock import read
from sandbox.faults import Fault, FaultKind
from sandbox.forms import read_body
from sandbox.store import UNWRITABLE
from sandbox.world import World

METHODS = {**TRANSFERS, METHOD: bill_url}


def router(world: World) -> APIRouter:
    alipay_keys.ensure_key_pair(world)
    api = APIRouter()

    @api.api_route("/gateway.do", methods=["GET", "POST"], include_in_schema=False)
    async def gateway_do(request: Request) -> Response:
        # The official client puts the common parameters into the query and biz_content into the form.
        texts, _ = read_body(request.headers.get("content-type", ""), await request.body())
        params = {**request.query_params, **texts}
        if params.get("method") == METHOD:  # the only one that hands out an address of its own
            world.store.set_setting("own_address", str(request.base_url).rstrip("/"))
        return handle(world, params)

    return api


def handle(world: World, params: dict[str, str]) -> Response:
    method = params.get("method", "")
    try:
        app_id, biz_content = _verified(world, params)
    except AlipayError as error:
        return answered(world, method, error.body)
    fault = faults.take(world, method)

    def perform(passed_on: Fault | None) -> Response:
        try:
            node = METHODS[method](world, app_id, biz_content, passed_on)
        except AlipayError as error:
            node = error.body
        except UNWRITABLE:
            node = AlipayError("40004", "INVALID_PARAMETER", "参数有误: 无法编码的字符").body
        return answered(world, method, node)

    return faults.answer(fault, perform, lambda planned: answered(world, method, _said(planned).body))


def _verified(world: World, params: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """App id and parsed biz_content of a request whose signature holds."""
    for name in ("app_id", "method", "timestamp", "sign", "sign_type", "charset", "version"):
        if not params.get(name):
            raise AlipayError("40001", f"isv.missing-{name.replace('_', '-')}", f"缺少{name}参数")
    app = world.store.row("SELECT * FROM alipay_app WHERE app_id = ?", params["app_id"])
    if app is None:
        raise AlipayError("40002", "isv.invalid-app-id", "无效的AppID参数")
    if params["sign_type"] != "RSA2":
        raise AlipayError("40002", "isv.invalid-signature-type", "无效的签名类型,须为RSA2")
    if not alipay_keys.is_signed_by(app["public_key"], params):
        raise AlipayError("40002", "isv.invalid-signature", "验签出错,请检查签名与应用公钥")
    if params["method"] not in METHODS:
        raise AlipayError("40002", "isv.invalid-method", "不存在的方法名")
    try:
        read(params["timestamp"])
    except ValueError:
        raise AlipayError("40002", "isv.invalid-timestamp", "时间戳格式为yyyy-MM-dd HH:mm:ss") from None
    return params["app_id"], _biz_content(params.get("biz_content", ""))


def _biz_content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise AlipayError("40002", "isv.invalid-parameter", "biz_content须为JSON对象")
    return content


def answered(world: World, method: str, node: dict[str, Any]) -> Response:
    """Writes the node once and signs those very characters: a client must verify the raw text, not its own dump."""
    raw = json.dumps(node, ensure_ascii=False, separators=(",", ":"))
    name = method.replace(".", "_") + "_response" if method else "error_response"
    body = f'{{"{name}":{raw},"sign":"{alipay_keys.sign(world, raw)}"}}'
    return Response(body, media_type="text/html;charset=utf-8")


def _said(fault: Fault) -> AlipayError:
    if fault.kind is FaultKind.RATE_LIMIT:
        return AlipayError("40005", "isv.app-call-limited", "应用调用次数超限,请稍后再试")
    return AlipayError("40004", "SYSTEM_ERROR", "系统繁忙")
