"""Transport of Taobao's open platform (TOP): sign, post, unwrap, and name what went wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

import httpx2
from pydantic import SecretStr

from gateways.failures import (
    AuthRevoked,
    Details,
    GatewayFailure,
    Nonsense,
    RateLimited,
    Rejected,
    Transient,
    readable_code,
    redact,
)
from gateways.nodes import Node
from gateways.signing import TopSignMethod, top_signature
from gateways.wire import CHINA, Clock, Line, china_stamp, read_json, wall_clock

PARTY = "TOP"

# 11, 12, 42, 53 permission; 24, 25 signature; 26, 27 session; 28, 29 app key.
_AUTH_CODES = frozenset({"11", "12", "24", "25", "26", "27", "28", "29", "42", "53"})
# 30, 31: our time stamp.
_CLOCK_CODES = frozenset({"30", "31"})
# 21, 22 method; 33 version; 40, 41 argument; 47 encoding: the same call can never pass.
_CALLER_CODES = frozenset({"21", "22", "33", "40", "41", "47"})
_BAN = re.compile(r"ban will last for (\d{1,6}) more second")


@dataclass(frozen=True, slots=True)
class TopCredentials:
    """One shop's grant to one app. `session` is the seller's access token."""

    app_key: str
    app_secret: SecretStr
    session: SecretStr


class TopClient:
    """Calls one method for one shop. `seconds` bounds a whole call, connecting included (3 s at most)."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        credentials: TopCredentials,
        sign_method: TopSignMethod = "hmac-sha256",
        *,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._line = Line(http, url, PARTY, seconds, clock)
        self._credentials = credentials
        self._sign_method = sign_method
        self._clock = clock

    async def call(self, method: str, **params: str | int | bool | None) -> Node:
        """The inside of `<method>_response`. Empty and None parameters are not sent. Raises GatewayFailure."""
        return await self._ask(method, params, None)

    async def upload(self, method: str, files: Mapping[str, bytes], **params: str | int | bool | None) -> Node:
        """The same with files, by their fields; those are not signed."""
        return await self._ask(method, params, files)

    async def _ask(
        self, method: str, params: dict[str, str | int | bool | None], files: Mapping[str, bytes] | None
    ) -> Node:
        answer = await self._line.post(form=self._signed(method, params), files=files)
        body = read_json(PARTY, answer.content)
        if "error_response" in body:
            raise failure_of(body["error_response"], self._clock())
        inner = body.get(response_name(method))
        if not isinstance(inner, dict):
            raise Nonsense(PARTY, "no-response-node", f"{response_name(method)} is missing", maybe_done=True)
        return Node(PARTY, response_name(method), inner)

    def _signed(self, method: str, params: dict[str, str | int | bool | None]) -> dict[str, str]:
        form = {key: _wire(value) for key, value in params.items() if value is not None and value != ""}
        form |= {
            "method": method,
            "app_key": self._credentials.app_key,
            "session": self._credentials.session.get_secret_value(),
            "timestamp": china_stamp(self._clock()),
            "format": "json",
            "v": "2.0",
            "sign_method": self._sign_method,
        }
        secret = self._credentials.app_secret.get_secret_value()
        return form | {"sign": top_signature(form, secret, self._sign_method)}


def response_name(method: str) -> str:
    """taobao.traderates.get → traderates_get_response; other prefixes than `taobao.` stay."""
    return method.removeprefix("taobao.").replace(".", "_") + "_response"


def _wire(value: str | int | bool | None) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def failure_of(error: Any, now: datetime) -> GatewayFailure:
    """The named failure of an `error_response`; `now` is aware and turns a ban's length into its end."""
    if not isinstance(error, dict) or not readable_code(error.get("code")):
        return Nonsense(PARTY, "no-error-code", "its error has no code", maybe_done=True)
    code = readable_code(error["code"])
    text = error.get("sub_msg") or error.get("msg") or ""
    details = Details(
        sub_code=readable_code(error.get("sub_code")),
        request_id=readable_code(error.get("request_id")),
        party_text=redact(text),
    )
    until = _limited_until(code, details["sub_code"], str(text), now)
    return _sorted_failure(code, details) if until is None else RateLimited(PARTY, code, until, **details)


def _limited_until(code: str, sub_code: str, text: str, now: datetime) -> datetime | None:
    """When the ban ends, None if the error is no ban."""
    if sub_code == "accesscontrol.limited-by-app-access-count":
        # The app's daily quota starts anew at midnight, GMT+8.
        tomorrow = now.astimezone(CHINA).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time.min, CHINA).astimezone(now.tzinfo)
    ban = _BAN.search(text)
    if ban is not None:
        return now + timedelta(seconds=int(ban[1]) + 1)
    if sub_code == "isp.call-limited":
        return now + timedelta(seconds=1)
    limited = code == "7" or sub_code.startswith("accesscontrol.limited-by")
    return now + timedelta(seconds=60) if limited else None


def _sorted_failure(code: str, details: Details) -> GatewayFailure:
    sub_code = details["sub_code"]
    if code in _AUTH_CODES:
        return AuthRevoked(
            PARTY, code, "check the app's key and secret, or let the seller authorise it again", **details
        )
    if code == "10" or sub_code.startswith("isp."):  # isp.* is the platform's own trouble, isv.* is ours
        details["maybe_done"] = True
        return Transient(PARTY, code, "its service is ill", **details)
    if code in _CLOCK_CODES:
        return Rejected(PARTY, code, "set this machine's clock: TOP bears ten minutes", **details, permanent=False)
    permanent = code in _CALLER_CODES or sub_code.startswith("isv.")
    return Rejected(PARTY, code, "it refused; read its text", **details, permanent=permanent)
