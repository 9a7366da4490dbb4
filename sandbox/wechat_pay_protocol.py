"""WeChat Pay's v3 protocol: who asks, whether the signature holds, and answers signed over their raw bytes."""

import base64
import json
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from fastapi import Request
from starlette.responses import Response

from sandbox import rsa_keys
from sandbox.world import World

SETTING = "wechat_private_key"
PLATFORM_SERIAL = "PUB_KEY_ID_0119000000012026112100000000000001"
SCHEME = "WECHATPAY2-SHA256-RSA2048"
FRESH_SECONDS = 300
_PART = re.compile(r'([a-z_]+)="([^"]*)"')


class WeChatError(Exception):
    """An HTTP status with code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.body = {"code": code, "message": message}


@dataclass(frozen=True)
class Asked:
    """A request whose signature held."""

    merchant: str
    app_id: str
    path: str
    body: bytes
    sealed_with: str

    def content(self) -> dict[str, Any]:
        try:
            content = json.loads(self.body)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise WeChatError(400, "PARAM_ERROR", "请求体须为JSON对象")
        return content


def ensure_key_pair(world: World) -> None:
    rsa_keys.ensure_key_pair(world, SETTING)


def platform_public_key(world: World) -> str:
    return rsa_keys.public_pem(world, SETTING)


async def asked(world: World, request: Request) -> Asked:
    """Raises WeChatError 401 SIGN_ERROR for anybody whom the merchant's key does not vouch for."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    said = dict(_PART.findall(rest))
    if scheme != SCHEME or {"mchid", "nonce_str", "signature", "timestamp", "serial_no"} - said.keys():
        raise _unsigned("Authorization格式错误")
    merchant = world.store.row("SELECT * FROM wechat_merchant WHERE mch_id = ?", said["mchid"])
    if merchant is None or merchant["serial"] != said["serial_no"]:
        raise _unsigned("商户号或证书序列号不存在")
    if not said["timestamp"].isdigit() or abs(int(said["timestamp"]) - time.time()) > FRESH_SECONDS:
        raise _unsigned("时间戳已过期")
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    body = await request.body()
    text = f"{request.method}\n{path}\n{said['timestamp']}\n{said['nonce_str']}\n{body.decode('utf-8', 'replace')}\n"
    if not rsa_keys.is_signed_by(merchant["public_key"], text, said["signature"]):
        raise _unsigned("签名错误")
    sealed_with = request.headers.get("wechatpay-serial", "")
    return Asked(merchant["mch_id"], merchant["app_id"], path, body, sealed_with)


def _unsigned(message: str) -> WeChatError:
    return WeChatError(401, "SIGN_ERROR", message)


def opened(world: World, asked: Asked, sealed: str) -> str:
    """A field that was encrypted with the platform's public key, whose id must stand in the header."""
    if asked.sealed_with != PLATFORM_SERIAL:
        raise WeChatError(400, "PARAM_ERROR", "Wechatpay-Serial与加密公钥不一致")
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 prescribed
    try:
        return rsa_keys.private_key(world, SETTING).decrypt(base64.b64decode(sealed, validate=True), oaep).decode()
    except ValueError:
        raise WeChatError(400, "PARAM_ERROR", "user_name解密失败") from None


def answered(world: World, body: dict[str, Any], status: int = 200) -> Response:
    """Writes the body once and signs those very bytes."""
    raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    stamp, nonce = str(int(time.time())), secrets.token_hex(16)
    headers = {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": PLATFORM_SERIAL,
        "Wechatpay-Signature": rsa_keys.sign(world, SETTING, f"{stamp}\n{nonce}\n{raw}\n"),
        "Wechatpay-Signature-Type": SCHEME,
        "Request-ID": secrets.token_hex(16).upper(),
    }
    return Response(raw, status, headers, media_type="application/json")
