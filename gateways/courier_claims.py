"""Claims at a courier, for damage and loss, in the signed envelope of SF's open platform.

What a claim's own message holds is agreed with each courier; this is the form that the sandbox speaks.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

import httpx2
from pydantic import SecretStr

from gateways.courier_signing import envelope_digest
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
from gateways.wire import Clock, Line, read_json, wall_clock

PARTY = "courier"
CREATE, QUERY = "COM_RECE_CLAIM_CREATE", "COM_RECE_CLAIM_QUERY"
TAKEN = "A1000"


class ClaimState(StrEnum):
    """Where a claim stands at the courier."""

    PROCESSING = "PROCESSING"
    ACCEPTED = "ACCEPTED"
    PARTLY_ACCEPTED = "PARTLY_ACCEPTED"
    REFUSED = "REFUSED"
    PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Piece:
    """A picture that shows it; `kind` is what it shows, like `outer_box_photo`."""

    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """`out_id` is ours and permanent: the same claim sent again is the first one."""

    out_id: str
    waybill: str = field(repr=False)
    kind: Literal["DAMAGE", "LOSS"]
    amount_fen: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ClaimAnswer:
    """As the courier has it. `paid_at` is UTC; `remark` are the courier's own words."""

    claim_id: str
    state: ClaimState
    claimed_fen: int
    agreed_fen: int
    pay_number: str | None
    paid_at: datetime | None
    remark: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PartnerCredentials:
    partner: str
    checkword: SecretStr


class CourierClaims:
    def __init__(
        self,
        http: httpx2.AsyncClient,
        url: str,
        credentials: PartnerCredentials,
        *,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
    ) -> None:
        self._line = Line(http, url, PARTY, seconds, clock)
        self._credentials = credentials

    async def file(self, claim: Claim) -> ClaimAnswer:
        """Make a claim, or learn how the one of this id stands. Raises Rejected with the courier's code."""
        said = {
            "outClaimId": claim.out_id,
            "mailNo": claim.waybill,
            "claimType": claim.kind,
            "claimFee": claim.amount_fen,
            "evidences": [
                {"type": one.kind, "content": base64.b64encode(one.content).decode()} for one in claim.pieces
            ],
        }
        return self._same(claim.out_id, await self._call(CREATE, said))

    async def ask(self, out_id: str) -> ClaimAnswer:
        return self._same(out_id, await self._call(QUERY, {"outClaimId": out_id}))

    def _same(self, out_id: str, node: Node) -> ClaimAnswer:
        """What another claim's answer says is not believed of this one."""
        if node.text("outClaimId") != out_id:
            raise node.nonsense("outClaimId", "the claim that was asked for")
        try:
            state = ClaimState(node.text("status"))
        except ValueError:
            raise node.nonsense("status", "a state that we know") from None
        return ClaimAnswer(
            claim_id=node.text("claimId"),
            state=state,
            claimed_fen=node.integer("claimFee"),
            agreed_fen=node.optional_integer("agreedFee") or 0,
            pay_number=node.optional_text("payNo"),
            paid_at=node.optional_moment("payTime"),
            remark=node.optional_text("remark") or "",
        )

    async def _call(self, service: str, said: Mapping[str, Any]) -> Node:
        answer = await self._line.post(form=self._envelope(service, json.dumps(said, ensure_ascii=False)))
        outer = Node(PARTY, "envelope", read_json(PARTY, answer.content))
        code = readable_code(outer.optional_text("apiResultCode"))
        if code != TAKEN:
            raise self._envelope_failure(code, outer)
        inner = Node(PARTY, service, read_json(PARTY, outer.text("apiResultData").encode()))
        if not inner.flag("success"):
            raise _refusal(inner)
        return inner.node("msgData")

    def _envelope(self, service: str, data: str) -> dict[str, str]:
        stamp = str(int(self._line.clock().timestamp() * 1000))
        return {
            "partnerID": self._credentials.partner,
            "requestID": secrets.token_hex(16),
            "serviceCode": service,
            "timestamp": stamp,
            "msgDigest": envelope_digest(data, stamp, self._credentials.checkword.get_secret_value()),
            "msgData": data,
        }

    def _envelope_failure(self, code: str, outer: Node) -> GatewayFailure:
        details = Details(party_text=redact(outer.optional_text("apiErrorMsg") or ""))
        if code == "A1005":
            return RateLimited(PARTY, code, self._line.clock() + timedelta(minutes=1), **details)
        if code in ("A1009", "A1099"):
            details["maybe_done"] = True
            return Transient(PARTY, code, "its service is ill", **details)
        if code in ("A1002", "A1004", "A1006"):
            return AuthRevoked(PARTY, code, "check partner, check word and this machine's clock", **details)
        if code in ("", "unreadable"):
            return Nonsense(PARTY, "no-code", "its answer has no code", maybe_done=True)
        return Rejected(PARTY, code, "it did not take the envelope", **details)


def _refusal(inner: Node) -> Rejected:
    code = readable_code(inner.optional_text("errorCode")) or "no-code"
    return Rejected(PARTY, code, "it did not take the claim", party_text=redact(inner.optional_text("errorMsg") or ""))
