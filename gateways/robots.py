"""Group robots of DingTalk, WeCom and Feishu: one text into one chat. All of them answer HTTP 200; what counts is the
code in the body.

Nothing makes a repeat safe: what is sent twice is read twice. So record the attempt first; where a failure says
`maybe_done`, nobody knows whether the chat has the message. The token is part of the address: call `quiet_http_log` at
start.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

import httpx2
from pydantic import SecretStr

from gateways.failures import AuthRevoked, Details, GatewayFailure, Nonsense, RateLimited, Rejected, Transient, redact
from gateways.wire import Clock, Line, read_json, wall_clock

# A robot that has sent too much is silent for a while: DingTalk for ten minutes, the others until the minute is over.
PAUSES = {"dingtalk": timedelta(minutes=10), "wecom": timedelta(minutes=1), "feishu": timedelta(minutes=1)}
JSON = {"content-type": "application/json; charset=utf-8"}


class RobotKind(StrEnum):
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"


@dataclass(frozen=True, slots=True)
class RobotAddress:
    """The token that stands in the robot's address, and the secret of its signature where it asks for one."""

    token: SecretStr
    secret: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What one platform calls its code, and which codes mean what. Codes that are not named are refusals of this very
    message."""

    party: str
    code: str
    text: str
    path: str
    too_many: frozenset[int]
    locked_out: frozenset[int]
    ill: frozenset[int]


# Codes as the platforms' documents name them (custom robots; group robots; custom bot guide). None was tried for real.
_DIALECTS: Mapping[RobotKind, _Dialect] = {
    RobotKind.DINGTALK: _Dialect(
        "DingTalk", "errcode", "errmsg", "/robot/send",
        too_many=frozenset({130101, 130102, 410100}), locked_out=frozenset({300001, 300005, 310000, 400013}),
        ill=frozenset({-1, 430101, 430102}),
    ),
    RobotKind.WECOM: _Dialect(
        "WeCom", "errcode", "errmsg", "/cgi-bin/webhook/send",
        too_many=frozenset({45009, 45033}), locked_out=frozenset({93000, 93004, 93008, 93017, 93018}),
        ill=frozenset({-1}),
    ),
    RobotKind.FEISHU: _Dialect(
        "Feishu", "code", "msg", "/open-apis/bot/v2/hook/",
        too_many=frozenset({11232, 11233}), locked_out=frozenset({19001, 19021, 19022, 19024}),
        ill=frozenset({10003, 11247}),
    ),
}  # fmt: skip


class Robots:
    """All three platforms; `urls` are scheme and host of each."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        urls: Mapping[RobotKind, str],
        *,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._http = http
        self._urls = urls
        self._seconds = seconds
        self._clock = clock

    async def send(self, kind: RobotKind, address: RobotAddress, text: str) -> None:
        """Returns when the platform said that it has the message. Raises GatewayFailure."""
        path, body = _asked(kind, address, text, self._clock())
        dialect = _DIALECTS[kind]
        line = Line(self._http, self._urls[kind].rstrip("/"), dialect.party, self._seconds, self._clock)
        answer = await line.send("POST", path, body=json.dumps(body, ensure_ascii=False).encode(), headers=JSON)
        failure = _failure(kind, read_json(dialect.party, answer.content), self._clock())
        if failure is not None:
            raise failure


def _asked(kind: RobotKind, address: RobotAddress, text: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """Path and body. DingTalk signs the moment in milliseconds in the query, Feishu in seconds in the body."""
    path, token = _DIALECTS[kind].path, quote(address.token.get_secret_value(), safe="")
    secret = address.secret.get_secret_value() if address.secret else ""
    plain = {"msgtype": "text", "text": {"content": text}}
    if kind is RobotKind.FEISHU:
        stamp = str(int(now.timestamp()))
        signed = {"timestamp": stamp, "sign": _mac(f"{stamp}\n{secret}", "")} if secret else {}
        return f"{path}{token}", signed | {"msg_type": "text", "content": {"text": text}}
    if kind is RobotKind.WECOM:
        return f"{path}?key={token}", plain
    stamp = str(int(now.timestamp() * 1000))
    signed_query = f"&timestamp={stamp}&sign={quote(_mac(secret, f'{stamp}\n{secret}'), safe='')}" if secret else ""
    return f"{path}?access_token={token}{signed_query}", plain


def _mac(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


def _failure(kind: RobotKind, answer: dict[str, Any], now: datetime) -> GatewayFailure | None:
    dialect = _DIALECTS[kind]
    code = answer.get(dialect.code)
    if not isinstance(code, int) or isinstance(code, bool):
        return Nonsense(dialect.party, "no-code", "its answer has no code", maybe_done=True)
    if code == 0:
        return None
    details = Details(party_text=redact(answer.get(dialect.text)))
    name = str(code)
    if code in dialect.too_many:
        return RateLimited(dialect.party, name, now + PAUSES[kind], **details)
    if code in dialect.locked_out:
        return AuthRevoked(dialect.party, name, "check the robot's token, secret, keywords and IP list", **details)
    if code in dialect.ill:
        return Transient(dialect.party, name, "its service is ill", **details)
    return Rejected(dialect.party, name, "it refused this message", **details)
