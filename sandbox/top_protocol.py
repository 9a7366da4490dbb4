"""TOP on the wire: parameters, signature, timestamp, session, and the two envelopes."""

import hashlib
import hmac
import json
import re
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from starlette.responses import Response

from sandbox import clock
from sandbox.faults import Fault
from sandbox.world import World

TIMESTAMP_TOLERANCE = 600  # seconds, both ways
MESSAGES = {
    7: "App Call Limited",
    15: "Remote service error",
    21: "Missing Method",
    22: "Invalid Method",
    24: "Missing Signature",
    25: "Invalid Signature",
    26: "Missing Session",
    27: "Invalid Session",
    28: "Missing App Key",
    29: "Invalid App Key",
    30: "Missing Timestamp",
    31: "Invalid Timestamp",
    32: "Missing Version",
    33: "Unsupported Version",
    40: "Missing Required Arguments",
    41: "Invalid Arguments",
    50: "Business Error",
}


class TopError(Exception):
    """One error_response; `code` is the platform's number, sub_code says isv.* (caller) or isp.* (platform)."""

    def __init__(self, code: int, sub_code: str = "", sub_msg: str = "") -> None:
        super().__init__(f"{code} {sub_code} {sub_msg}")
        self.body: dict[str, Any] = {"code": code, "msg": MESSAGES[code]}
        if sub_code:
            self.body |= {"sub_code": sub_code, "sub_msg": sub_msg}


def business_error(sub_code: str, sub_msg: str) -> TopError:
    return TopError(50, f"isv.{sub_code}", sub_msg)


@dataclass(frozen=True)
class TopCall:
    """One verified request; `shop` is None for the methods that need no session."""

    world: World
    method: str
    params: Mapping[str, str]
    app_key: str
    shop: sqlite3.Row | None
    files: Mapping[str, bytes] = field(default_factory=dict)
    fault: Fault | None = None

    @property
    def seller_nick(self) -> str:
        if self.shop is None:
            raise TopError(26)
        return str(self.shop["seller_nick"])

    def text(self, name: str, default: str | None = None) -> str:
        value = self.params.get(name) or default
        if value is None:
            raise TopError(40, f"isv.missing-parameter:{name}", f"{name} is required")
        return value

    def number(self, name: str, default: int | None = None, low: int = 0, high: int = 2**63 - 1) -> int:
        value = self.text(name, None if default is None else str(default))
        if not re.fullmatch(r"[0-9]{1,19}", value) or not low <= int(value) <= high:
            raise TopError(41, f"isv.invalid-parameter:{name}", f"{name} must be a number {low}..{high}")
        return int(value)

    def moment(self, name: str) -> int | None:
        value = self.params.get(name)
        try:
            return clock.read(value) if value else None
        except ValueError:
            raise TopError(41, f"isv.invalid-parameter:{name}", "use yyyy-MM-dd HH:mm:ss") from None

    def choice(self, name: str, allowed: tuple[str, ...]) -> str | None:
        value = self.params.get(name)
        if value and value not in allowed:
            raise TopError(41, f"isv.invalid-parameter:{name}", f"one of {', '.join(allowed)}")
        return value or None

    def flag(self, name: str) -> bool:
        return self.params.get(name) == "true"

    def selected(self, row: dict[str, Any]) -> dict[str, Any]:
        """What `fields` asks for, without nulls, as TOP leaves them out."""
        wanted = {name.strip().split(".")[0] for name in self.text("fields").split(",")}
        return {name: value for name, value in row.items() if name in wanted and value is not None}


def signature(params: Mapping[str, str], secret: str) -> str:
    """Upper-case hex by `sign_method`; md5 wraps the string in the secret, the hmac forms do not."""
    pairs = sorted((key, value) for key, value in params.items() if key != "sign" and key and value)
    joined = "".join(key + value for key, value in pairs).encode()
    method, key = params.get("sign_method", "md5"), secret.encode()
    if method == "md5":
        return hashlib.md5(key + joined + key, usedforsecurity=False).hexdigest().upper()
    digests = {"hmac": "md5", "hmac-sha256": "sha256"}
    if method not in digests:
        raise TopError(25, "isv.invalid-sign-method", "sign_method is md5, hmac or hmac-sha256")
    return hmac.new(key, joined, digests[method]).hexdigest().upper()


def verify(world: World, params: Mapping[str, str]) -> sqlite3.Row:
    """Checks app key, timestamp and signature in the platform's order and returns the app."""
    for name, missing in (("method", 21), ("app_key", 28), ("timestamp", 30), ("v", 32), ("sign", 24)):
        if not params.get(name):
            raise TopError(missing)
    if params["v"] != "2.0":
        raise TopError(33)
    app = world.store.row("SELECT * FROM app WHERE app_key = ?", params["app_key"])
    if app is None:
        raise TopError(29)
    _check_timestamp(params["timestamp"])
    if not hmac.compare_digest(signature(params, app["app_secret"]), params["sign"].upper()):
        raise TopError(25)
    return app


def _check_timestamp(text: str) -> None:
    """The wire's clock is the wall clock in GMT+8, whatever the business date is."""
    try:
        sent = clock.read(text)
    except ValueError:
        raise TopError(31) from None
    if abs(time.time() - sent) > TIMESTAMP_TOLERANCE:
        raise TopError(31)


def shop_of_session(world: World, params: Mapping[str, str]) -> sqlite3.Row:
    session = params.get("session")
    if not session:
        raise TopError(26)
    shop = world.store.row("SELECT * FROM shop WHERE session = ? AND app_key = ?", session, params["app_key"])
    if shop is None:
        raise TopError(27, "invalid-sessionkey", "Session does not exist or has expired")
    return shop


def response(params: Mapping[str, str], body: dict[str, Any], request_id: str) -> Response:
    """The envelope as `format` (XML unless json) and `simplify` ask."""
    body = {**body, "request_id": request_id}
    failed = "code" in body and "msg" in body
    if params.get("format") == "json":
        simple = params.get("simplify") == "true" and not failed
        content = _simplified(body) if simple else {envelope_name(params, failed): body}
        return Response(json.dumps(content, ensure_ascii=False), media_type="text/javascript;charset=UTF-8")
    name = envelope_name(params, failed)
    text = f'<?xml version="1.0" encoding="utf-8" ?><{name}>{_xml(body)}</{name}>'
    return Response(text, media_type="text/xml;charset=UTF-8")


def envelope_name(params: Mapping[str, str], failed: bool) -> str:
    if failed:
        return "error_response"
    return params.get("method", "").removeprefix("taobao.").replace(".", "_") + "_response"


def _simplified(value: Any) -> Any:
    """Lists lose their inner name: {"trade_rates": {"trade_rate": [..]}} becomes {"trade_rates": [..]}."""
    if isinstance(value, list):
        return [_simplified(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(next(iter(value.values())), list):
        return _simplified(next(iter(value.values())))
    return {name: _simplified(one) for name, one in value.items()}


def _xml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, dict):
        return escape(str(value))
    parts = []
    for name, inner in value.items():
        for one in inner if isinstance(inner, list) else [inner]:
            parts.append(f"<{name}>{_xml(one)}</{name}>")
    return "".join(parts)
