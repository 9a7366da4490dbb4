"""POST /std/service: claims, in the signed envelope that SF's open platform gives all its services.

Couriers publish what a claim's message holds only to partners; the two services here are the sandbox's own.
"""

import base64
import binascii
import hashlib
import json
import time
from typing import Any
from urllib.parse import quote_plus

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from sandbox import courier_claims, faults
from sandbox.clock import written
from sandbox.courier_claims import ClaimRefused
from sandbox.faults import Fault, FaultKind
from sandbox.forms import read_body
from sandbox.world import World

FRESH_SECONDS = 600
LARGEST = 5_000_000  # bytes of one picture
MOST_PIECES = 9
PHOTOS = ("outer_box_photo", "inner_packing_photo", "damage_photo", "waybill")


class ServiceError(Exception):
    """The envelope was not taken; `code` is the platform's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def router(world: World) -> APIRouter:
    api = APIRouter()

    @api.post("/std/service", include_in_schema=False)
    async def service(request: Request) -> Response:
        form, _ = read_body(request.headers.get("content-type", ""), await request.body())
        try:
            said, act = _opened(world, form)
        except ServiceError as error:
            return _enveloped(error.code, error.message)

        def perform(fault: Fault | None) -> Response:
            try:
                return _enveloped("A1000", "", {"success": True, "errorCode": "S0000", "msgData": act(said)})
            except ClaimRefused as refusal:
                return _enveloped(
                    "A1000", "", {"success": False, "errorCode": refusal.code, "errorMsg": refusal.message}
                )

        return faults.answer(faults.take(world, form["serviceCode"]), perform, _said)

    def _opened(world: World, form: dict[str, str]) -> tuple[dict[str, Any], Any]:
        partner = _verified(world, form)
        services = {
            "COM_RECE_CLAIM_CREATE": lambda said: _filed(world, partner, said),
            "COM_RECE_CLAIM_QUERY": lambda said: _asked(world, partner, said),
        }
        act = services.get(form.get("serviceCode", ""))
        if act is None:
            raise ServiceError("A1004", "无对应服务权限")
        try:
            said = json.loads(form["msgData"])
        except ValueError:
            raise ServiceError("A1008", "数据解密失败") from None
        if not isinstance(said, dict):
            raise ServiceError("A1008", "数据解密失败")
        return said, act

    return api


def _said(fault: Fault) -> Response:
    if fault.kind is FaultKind.RATE_LIMIT:
        return _enveloped("A1005", "流量受控")
    return _enveloped("A1099", "系统异常")


def _enveloped(code: str, message: str, result: dict[str, Any] | None = None) -> Response:
    data = json.dumps(result, ensure_ascii=False) if result is not None else ""
    trace = hashlib.sha256(str(time.time_ns()).encode()).hexdigest()[:32].upper()
    return JSONResponse({"apiResponseID": trace, "apiResultCode": code, "apiErrorMsg": message, "apiResultData": data})


def digest_of(data: str, timestamp: str, checkword: str) -> str:
    """base64(md5(urlencode(data + timestamp + checkword))), encoded as Java does."""
    text = quote_plus(f"{data}{timestamp}{checkword}", safe="*").replace("~", "%7E")
    return base64.b64encode(hashlib.md5(text.encode(), usedforsecurity=False).digest()).decode()


def _verified(world: World, form: dict[str, str]) -> str:
    needed = ("partnerID", "requestID", "serviceCode", "timestamp", "msgDigest", "msgData")
    if not all(form.get(name) for name in needed):
        raise ServiceError("A1001", "必传参数不可为空")
    partner = world.store.row("SELECT * FROM courier_partner WHERE partner_id = ?", form["partnerID"])
    if partner is None:
        raise ServiceError("A1004", "无对应服务权限")
    if digest_of(form["msgData"], form["timestamp"], partner["checkword"]) != form["msgDigest"]:
        raise ServiceError("A1006", "数字签名无效")
    stamp = form["timestamp"]
    if not stamp.isdecimal() or abs(time.time() - int(stamp) / 1000) > FRESH_SECONDS:
        raise ServiceError("A1002", "请求时效已过期")
    return str(partner["partner_id"])


def _filed(world: World, partner: str, said: dict[str, Any]) -> dict[str, Any]:
    _check(said)
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return _shown(courier_claims.file(world, partner, digest, said))


def _check(said: dict[str, Any]) -> None:
    """Raises ClaimRefused for a claim whose shape, sum or pictures are not taken."""
    if said.get("claimType") not in ("DAMAGE", "LOSS") or not said.get("outClaimId") or not said.get("mailNo"):
        raise ClaimRefused("PARAM_INVALID", "参数不合法")
    fee = said.get("claimFee")
    if not isinstance(fee, int) or isinstance(fee, bool) or fee <= 0:
        raise ClaimRefused("AMOUNT_INVALID", "索赔金额不合法")
    pieces = said.get("evidences")
    if not isinstance(pieces, list) or len(pieces) > MOST_PIECES or not all(isinstance(one, dict) for one in pieces):
        raise ClaimRefused("EVIDENCE_INVALID", f"举证须为列表,最多{MOST_PIECES}份")
    if said["claimType"] == "DAMAGE" and not any(one.get("type") in PHOTOS for one in pieces):
        raise ClaimRefused("EVIDENCE_MISSING", "破损理赔须提供照片")
    for one in pieces:
        _check_picture(str(one.get("content", "")))


def _check_picture(content: str) -> None:
    try:
        raw = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise ClaimRefused("EVIDENCE_INVALID", "举证内容须为base64") from None
    if len(raw) > LARGEST or not raw.startswith(courier_claims.PICTURES):
        raise ClaimRefused("EVIDENCE_INVALID", "举证须为图片,且不超过5MB")


def _asked(world: World, partner: str, said: dict[str, Any]) -> dict[str, Any]:
    row = courier_claims.find(world, partner, str(said.get("outClaimId", "")))
    if row is None:
        raise ClaimRefused("CLAIM_NOT_FOUND", "理赔单不存在")
    return _shown(row)


def _shown(row: Any) -> dict[str, Any]:
    return {
        "outClaimId": row["out_id"],
        "claimId": row["claim_id"],
        "mailNo": row["num"],
        "status": row["status"],
        "claimFee": row["fee"],
        "agreedFee": row["agreed"],
        "remark": row["remark"],
        "payNo": row["pay_no"],
        "payTime": written(row["paid_at"]),
    }
