"""Claims at a courier: the envelope, the answer that belongs to the claim, and refusals."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from pydantic import SecretStr

from gateways.courier_claims import Claim, ClaimState, CourierClaims, PartnerCredentials, Piece
from gateways.courier_signing import envelope_digest
from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, RateLimited, Rejected, Transient

type Answering = Callable[..., httpx2.AsyncClient]

CLAIM = Claim("A-1", "YT1234567890123", "DAMAGE", 8900, (Piece("outer_box_photo", b"\xff\xd8\xff"),))
STANDS = {
    "outClaimId": "A-1", "claimId": "LP1", "mailNo": "YT1", "status": "PARTLY_ACCEPTED", "claimFee": 8900,
    "agreedFee": 4000, "remark": "外箱完好",
}  # fmt: skip


def enveloped(inner: Any, code: str = "A1000") -> dict[str, str]:
    return {"apiResponseID": "1", "apiResultCode": code, "apiErrorMsg": "", "apiResultData": json.dumps(inner)}


def answered(**changes: Any) -> dict[str, str]:
    return enveloped({"success": True, "errorCode": "S0000", "msgData": STANDS | changes})


def client(http: httpx2.AsyncClient) -> CourierClaims:
    return CourierClaims(http, "http://courier.test/std/service", PartnerCredentials("amends", SecretStr("word")))


async def failure_of(http: httpx2.AsyncClient) -> GatewayFailure:
    with pytest.raises(GatewayFailure) as caught:
        await client(http).file(CLAIM)
    return caught.value


async def test_a_claim_is_sent_in_an_envelope_whose_digest_holds(
    answering: Answering, asked: list[httpx2.Request]
) -> None:
    answer = await client(answering(answered())).file(CLAIM)
    assert (answer.state, answer.agreed_fen, answer.paid_at) == (ClaimState.PARTLY_ACCEPTED, 4000, None)
    form = {name: values[0] for name, values in parse_qs(asked[0].content.decode()).items()}
    assert form["msgDigest"] == envelope_digest(form["msgData"], form["timestamp"], "word")
    said = json.loads(form["msgData"])
    assert (said["outClaimId"], said["claimFee"]) == ("A-1", 8900)
    assert said["evidences"] == [{"type": "outer_box_photo", "content": "/9j/"}]


@pytest.mark.parametrize(
    "body",
    [
        answered(outClaimId="A-2"),
        answered(status="DONE"),
        answered(claimFee="much"),
        enveloped({"success": True}),
        enveloped([1]),
        {"apiResultCode": "A1000", "apiResultData": "<html>"},
        {"apiResultCode": ["A1000"]},
        b"",
    ],
)
async def test_an_answer_that_is_not_this_claims_is_nonsense(answering: Answering, body: object) -> None:
    assert isinstance(await failure_of(answering(body)), Nonsense)


@pytest.mark.parametrize(
    ("code", "kind", "maybe_done"),
    [
        ("A1005", RateLimited, False),
        ("A1009", Transient, True),
        ("A1099", Transient, True),
        ("A1002", AuthRevoked, False),
        ("A1006", AuthRevoked, False),
        ("A1001", Rejected, False),
    ],
)
async def test_an_envelope_that_is_not_taken_says_what_to_do(
    answering: Answering, code: str, kind: type[GatewayFailure], maybe_done: bool
) -> None:
    failure = await failure_of(answering(enveloped(None, code)))
    assert (type(failure), failure.code, failure.maybe_done) == (kind, code, maybe_done)


async def test_a_claim_that_is_not_taken_is_rejected_with_the_couriers_code(answering: Answering) -> None:
    inner = {"success": False, "errorCode": "CLAIM_EXPIRED", "errorMsg": "超过30天, 电话 13800138000"}
    failure = await failure_of(answering(enveloped(inner)))
    assert (type(failure), failure.code) == (Rejected, "CLAIM_EXPIRED")
    assert "13800138000" not in failure.party_text


def test_neither_waybill_nor_picture_is_printed() -> None:
    assert "YT1234567890123" not in repr(CLAIM)
    assert "xff" not in repr(CLAIM)
