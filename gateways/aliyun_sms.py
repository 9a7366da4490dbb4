"""Aliyun SMS: send one approved template to one phone, and ask later whether it arrived."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import httpx2
from pydantic import SecretStr

from domain.outgoing import ClearedNotice
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
from gateways.signing import acs3_authorization, acs3_query
from gateways.wire import Clock, Line, read_json, wall_clock

PARTY = "Aliyun SMS"
VERSION = "2017-05-25"

_AUTH = re.compile(
    r"InvalidAccessKeyId.*|SignatureDoesNotMatch|IncompleteSignature|InvalidSecurityToken.*|Forbidden.*|NoPermission"
    r"|isp\.RAM_PERMISSION_DENY|isv\.(OUT_OF_SERVICE|PRODUCT_UN_?SUBSCRI(BE|PT)|ACCOUNT_NOT_EXISTS|ACCOUNT_ABNORMAL)"
)
_ILL = re.compile(r"isp\..*|ServiceUnavailable.*|InternalError.*|SystemError.*")
# These pass once the shop has paid its bill or set the machine's clock.
_MENDABLE = frozenset({"isv.AMOUNT_NOT_ENOUGH", "InvalidTimeStamp.Expired", "SignatureNonceUsed"})
# Limits per phone, signature and template, all rolling; the message names the one that was met.
_LIMITS = {"分钟级": timedelta(minutes=1), "小时级": timedelta(hours=1), "天级": timedelta(days=1)}


class DeliveryState(StrEnum):
    WAITING = "waiting"
    FAILED = "failed"
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class SmsCredentials:
    access_key_id: str
    access_key_secret: SecretStr


@dataclass(frozen=True, slots=True)
class SmsAccepted:
    """Accepted is not delivered: ask `delivery` with this id."""

    biz_id: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where one message is. `error_code` is the operator's, None while there is none; `received_at` is UTC."""

    state: DeliveryState
    error_code: str | None
    received_at: datetime | None
    out_id: str | None
    phone: str = field(repr=False)


class AliyunSms:
    """`url` is scheme, host and port only. The phone travels in the query string: call `quiet_http_log` at start."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        credentials: SmsCredentials,
        *,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._http = http
        self._url = httpx2.URL(url).copy_with(path="/", query=None)
        self._credentials = credentials
        self._seconds = seconds
        self._clock = clock

    async def send_sms(
        self, phone: str, sign_name: str, template_code: str, notice: ClearedNotice, out_id: str
    ) -> SmsAccepted:
        """Send one message. Nothing makes a repeat safe, so record the attempt first; `out_id` only traces it."""
        answer = await self._call(
            "SendSms",
            {
                "PhoneNumbers": phone,
                "SignName": sign_name,
                "TemplateCode": template_code,
                "TemplateParam": json.dumps(dict(notice.words), ensure_ascii=False),
                "OutId": out_id,
            },
        )
        return SmsAccepted(answer.text("BizId"), answer.optional_text("RequestId") or "")

    async def delivery(self, phone: str, sent_on: date, biz_id: str) -> Delivery | None:
        """State of one message; `sent_on` is the day at GMT+8, at most 30 days back. None if not yet known."""
        answer = await self._call(
            "QuerySendDetails",
            {
                "PhoneNumber": phone,
                "SendDate": f"{sent_on:%Y%m%d}",
                "BizId": biz_id,
                "PageSize": "10",
                "CurrentPage": "1",
            },
        )
        details = answer.rows("SmsSendDetailDTOs")
        return _delivery(details[0]) if details else None

    async def _call(self, action: str, params: Mapping[str, str]) -> Node:
        query = acs3_query(params)
        line = Line(self._http, f"{self._url}?{query}", PARTY, self._seconds, self._clock)
        answer = await line.post(headers=self._headers(action, query))
        node = Node(PARTY, action, read_json(PARTY, answer.content))
        if readable_code(node.optional_text("Code")) != "OK":
            raise failure_of(node, self._clock())
        return node

    def _headers(self, action: str, query: str) -> dict[str, str]:
        signed = {
            "host": self._url.netloc.decode(),
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        secret = self._credentials.access_key_secret.get_secret_value()
        authorization = acs3_authorization("POST", "/", query, signed, b"", self._credentials.access_key_id, secret)
        return signed | {"authorization": authorization, "accept": "application/json"}


def failure_of(answer: Node, now: datetime) -> GatewayFailure:
    """The named failure of an answer whose Code is not OK."""
    code = readable_code(answer.optional_text("Code"))
    text = answer.optional_text("Message") or ""
    details = Details(request_id=readable_code(answer.optional_text("RequestId")), party_text=redact(text))
    if code in ("", "unreadable"):
        return Nonsense(PARTY, "no-code", "its answer has no code", maybe_done=True)
    if code == "isv.BUSINESS_LIMIT_CONTROL" or code.startswith("Throttling"):
        wait = next((length for word, length in _LIMITS.items() if word in text), timedelta(minutes=1))
        return RateLimited(PARTY, code, now + wait, **details)
    if _AUTH.fullmatch(code):
        return AuthRevoked(PARTY, code, "check the access key, its rights and the account", **details)
    if _ILL.fullmatch(code):
        details["maybe_done"] = True
        return Transient(PARTY, code, "its service is ill", **details)
    permanent = code not in _MENDABLE
    return Rejected(PARTY, code, "it refused; check signature name, template and phone", **details, permanent=permanent)


_STATES = {1: DeliveryState.WAITING, 2: DeliveryState.FAILED, 3: DeliveryState.DELIVERED}


def _delivery(row: Node) -> Delivery:
    state = _STATES.get(row.integer("SendStatus"))
    if state is None:
        raise row.nonsense("SendStatus", "1, 2 or 3")
    return Delivery(
        state=state,
        error_code=row.optional_text("ErrCode"),
        received_at=row.optional_moment("ReceiveDate"),
        out_id=row.optional_text("OutId"),
        phone=row.optional_text("PhoneNum") or "",
    )
