"""kuaidi100: where a parcel is, whichever courier has it; asked for, or pushed to a subscriber."""

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import httpx2
from pydantic import SecretStr

from domain.tracking import Scan, Trace, TransitState
from gateways.courier_signing import poll_signature, push_holds
from gateways.failures import AuthRevoked, Details, GatewayFailure, Nonsense, Rejected, Transient, readable_code, redact
from gateways.nodes import Node
from gateways.wire import Clock, Line, read_json, wall_clock

PARTY = "kuaidi100"
MOST_SCANS = 300
DONE, AGAIN = "200", "501"


_BY_CODE = {
    "0": TransitState.MOVING,
    "1": TransitState.COLLECTED,
    "2": TransitState.TROUBLE,
    "3": TransitState.SIGNED,
    "4": TransitState.RETURNED,
    "5": TransitState.DELIVERING,
    "6": TransitState.RETURNING,
    "7": TransitState.MOVING,
    "8": TransitState.MOVING,
    "14": TransitState.REFUSED,
    "203": TransitState.REFUSED,
    "209": TransitState.DAMAGED,
}
_FINER = 3  # a state of three digits or more belongs to the coarse one that it begins with


class UnknownWaybill(Rejected):
    """The courier has no such number yet, or never will have."""


@dataclass(frozen=True, slots=True)
class PollCredentials:
    """`salt` is ours: it signs the pushes that a subscription brings."""

    customer: str
    key: SecretStr
    salt: SecretStr


class Kuaidi100:
    """`url` is scheme, host and port only."""

    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        credentials: PollCredentials,
        *,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._line = Line(http, url.rstrip("/"), PARTY, seconds, clock)
        self._credentials = credentials

    async def trace(self, company: str, waybill: str, phone: str = "") -> Trace:
        """`phone` is the receiver's or the sender's; some couriers tell nothing without it. Raises UnknownWaybill and
        the other failures of gateways."""
        asked = {"com": company, "num": waybill, "phone": phone, "resultv2": "4", "show": "0", "order": "desc"}
        param = json.dumps(asked, ensure_ascii=False)
        credentials = self._credentials
        sign = poll_signature(param, credentials.key.get_secret_value(), credentials.customer)
        form = {"customer": credentials.customer, "sign": sign, "param": param}
        answer = await self._post("/poll/query.do", form)
        node = Node(PARTY, "query", read_json(PARTY, answer.content))
        if node.optional_text("message") != "ok" or node.optional_text("status") != DONE:
            raise failure_of(node)
        return trace_of(node)

    async def subscribe(self, company: str, waybill: str, callback: str, phone: str = "") -> None:
        """Have every scan pushed to `callback`; a second time changes nothing."""
        parameters = {
            "callbackurl": callback,
            "salt": self._credentials.salt.get_secret_value(),
            "phone": phone,
            "resultv2": "4",
        }
        asked = {
            "company": company,
            "number": waybill,
            "key": self._credentials.key.get_secret_value(),
            "parameters": parameters,
        }
        form = {"schema": "json", "param": json.dumps(asked, ensure_ascii=False)}
        answer = await self._post("/poll", form)
        node = Node(PARTY, "poll", read_json(PARTY, answer.content))
        if readable_code(node.optional_text("returnCode")) not in (DONE, AGAIN):
            raise failure_of(node)

    async def _post(self, path: str, form: dict[str, str]) -> httpx2.Response:
        return await replace(self._line, url=f"{self._line.url}{path}").post(form=form)

    async def company_of(self, waybill: str) -> str | None:
        """The courier that such a number looks like; None where nobody can tell."""
        key = self._credentials.key.get_secret_value()
        answer = await self._line.send("GET", f"/autonumber/auto?num={quote(waybill)}&key={quote(key)}")
        found = _guesses(answer.content)
        return found[0].optional_text("comCode") if found else None


def _guesses(body: bytes) -> list[Node]:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError) as cause:
        raise Nonsense(PARTY, "not-json", "its body is not JSON") from cause
    if isinstance(value, dict):
        raise failure_of(Node(PARTY, "auto", value))
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Nonsense(PARTY, "not-a-list", "its body is no list of couriers")
    return [Node(PARTY, f"auto[{place}]", row) for place, row in enumerate(value)]


def pushed(param: str, sign: str, salt: str) -> Trace | None:
    """The trace that a push holds; None for one that only says that watching goes on or has ended. Raises AuthRevoked
    where the signature does not hold, and Nonsense."""
    if not push_holds(param, salt, sign):
        raise AuthRevoked(PARTY, "bad-signature", "the push is not signed with our salt")
    last = Node(PARTY, "push", read_json(PARTY, param.encode())).optional_node("lastResult")
    if last is None or last.optional_text("nu") is None:
        return None
    return trace_of(last)


def trace_of(node: Node) -> Trace:
    rows = node.rows("data")[:MOST_SCANS]
    scans = tuple(
        Scan(row.moment("ftime"), _state(row.optional_text("statusCode")), row.optional_text("context") or "")
        for row in rows
    )
    state = _state(node.text("state"))
    if state is None:
        raise node.nonsense("state", "a state that kuaidi100 documents")
    return Trace(node.text("nu"), node.optional_text("com") or "", state, scans)


def _state(code: str | None) -> TransitState | None:
    """A finer state that has no meaning of its own here counts as the coarse one, whose digit it begins with."""
    if code is None:
        return None
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _BY_CODE.get(code[0]) if len(code) >= _FINER else None


_UNKNOWN = {"500"}
_ILL = {"501", "502"}
_AUTH = {"503", "600", "601"}


def failure_of(node: Node) -> GatewayFailure:
    """The named failure of an answer that is no trace."""
    code = readable_code(node.optional_text("returnCode"))
    details = Details(party_text=redact(node.optional_text("message") or ""))
    if code in ("", "unreadable"):
        return Nonsense(PARTY, "no-code", "its answer has no code", **details)
    if code in _UNKNOWN:
        return UnknownWaybill(PARTY, code, "it knows no such waybill (yet)", permanent=False, **details)
    if code in _ILL:
        return Transient(PARTY, code, "its service is ill", **details)
    if code in _AUTH:
        return AuthRevoked(PARTY, code, "check customer, key and balance of the account", **details)
    return Rejected(PARTY, code, "it refused; check courier, waybill and phone", **details)
