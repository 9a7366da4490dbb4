"""Parcels, claims and pushes: our clients against the sandbox's couriers."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from domain.tracking import TransitState
from gateways.courier_claims import Claim, ClaimState, CourierClaims, PartnerCredentials, Piece
from gateways.failures import AuthRevoked, Nonsense, RateLimited, Rejected, Transient
from gateways.kuaidi100 import Kuaidi100, PollCredentials, UnknownWaybill, pushed

type Tell = Callable[..., Awaitable[Any]]

SECONDS = 1.0
SALT = "a-salt-of-ours"
PHOTO = Piece("outer_box_photo", b"\xff\xd8\xff\xe0 a picture of a box")


@pytest.fixture
async def tracker(tell: Tell, http: httpx2.AsyncClient, sandbox: str) -> Kuaidi100:
    customer, key = secrets.token_hex(8), secrets.token_hex(8)
    await tell("/control/courier/customers", customer=customer, key=key)
    credentials = PollCredentials(customer, SecretStr(key), SecretStr(SALT))
    return Kuaidi100(http, sandbox, credentials, seconds=SECONDS)


@pytest.fixture
async def claims(tell: Tell, http: httpx2.AsyncClient, sandbox: str) -> CourierClaims:
    partner = secrets.token_hex(8)
    await tell("/control/courier/partners", partner_id=partner, checkword="word")
    credentials = PartnerCredentials(partner, SecretStr("word"))
    return CourierClaims(http, f"{sandbox}/std/service", credentials, seconds=SECONDS)


@pytest.fixture
def parcel(tell: Tell) -> Tell:
    async def make(**body: object) -> str:
        return str((await tell("/control/courier/waybills", **body))["num"])

    return make


def claim(waybill: str, out_id: str | None = None, fen: int = 8900, pieces: tuple[Piece, ...] = (PHOTO,)) -> Claim:
    return Claim(out_id or secrets.token_hex(6), waybill, "DAMAGE", fen, pieces)


async def test_a_parcel_is_traced_from_its_collection_to_its_sign_for(
    tracker: Kuaidi100, tell: Tell, parcel: Tell
) -> None:
    number = await parcel()
    assert (await tracker.trace("yuantong", number)).state is TransitState.COLLECTED
    await tell(f"/control/courier/waybills/{number}/scan", code="5", context="派送中")
    await tell(f"/control/courier/waybills/{number}/sign")
    trace = await tracker.trace("yuantong", number)
    assert (trace.state, len(trace.scans)) == (TransitState.SIGNED, 3)
    assert trace.signed_at is not None


async def test_what_the_buyer_typed_is_found_by_the_name_of_its_courier(
    tracker: Kuaidi100, tell: Tell, order: Tell
) -> None:
    placed = await order()
    asked = await tell(f"/buyer/orders/{placed['tid']}/refund", amount="39.90", reason="质量问题", with_return=True)
    assert asked["sid"] is None
    assert placed["parcel"]["state"] == "301"
    trace = await tracker.trace("yuantong", placed["parcel"]["num"])
    assert trace.signed_at is not None


async def test_a_number_that_no_courier_has_is_unknown_and_not_an_illness(tracker: Kuaidi100, parcel: Tell) -> None:
    with pytest.raises(UnknownWaybill):
        await tracker.trace("yuantong", "YT0000000000000")
    with pytest.raises(UnknownWaybill):
        await tracker.trace("shentong", await parcel())
    assert await tracker.company_of("YT0000000000000") == "yuantong"
    assert await tracker.company_of("9999999999") is None


async def test_a_courier_that_wants_a_phone_tells_nothing_without_it(tracker: Kuaidi100, parcel: Tell) -> None:
    number = await parcel(com="shunfeng")
    with pytest.raises(Rejected):
        await tracker.trace("shunfeng", number)
    assert (await tracker.trace("shunfeng", number, "13900139000")).state is TransitState.COLLECTED


async def test_who_signs_with_another_key_is_told_so(http: httpx2.AsyncClient, sandbox: str, parcel: Tell) -> None:
    stranger = Kuaidi100(http, sandbox, PollCredentials("nobody", SecretStr("x"), SecretStr("y")), seconds=SECONDS)
    with pytest.raises(AuthRevoked):
        await stranger.trace("yuantong", await parcel())
    with pytest.raises(AuthRevoked):
        await stranger.subscribe("yuantong", "YT1", "http://127.0.0.1:9/")


@pytest.mark.parametrize(
    ("kind", "failure"),
    [("timeout_before", Transient), ("http_500", Transient), ("system_error", Transient), ("nonsense", Nonsense)],
)
async def test_a_courier_that_is_ill_is_named_as_what_it_is(
    tracker: Kuaidi100, parcel: Tell, fault: Tell, kind: str, failure: type[Exception]
) -> None:
    number = await parcel()
    await fault("kuaidi100.query", kind)
    with pytest.raises(failure):
        await tracker.trace("yuantong", number)
    assert (await tracker.trace("yuantong", number)).state is TransitState.COLLECTED


async def test_scans_are_pushed_with_our_salt_and_again_until_they_are_taken(
    tracker: Kuaidi100, tell: Tell, parcel: Tell
) -> None:
    number = await parcel()
    heard: list[str] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        heard.append((await reader.readexactly(length)).decode())
        body = b'{"result":true,"returnCode":"200"}' if len(heard) > 1 else b"busy"
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/pushes"
        await tracker.subscribe("yuantong", number, url)
        await tracker.subscribe("yuantong", number, url)
        await tell(f"/control/courier/waybills/{number}/sign")
        async with asyncio.timeout(20):
            while not heard or state(heard[-1]) is not TransitState.SIGNED:  # noqa: ASYNC110 - another process sends
                await asyncio.sleep(0.02)
    assert [state(body) for body in heard[:2]] == [TransitState.COLLECTED] * 2


def state(body: str) -> TransitState:
    form = httpx2.QueryParams(body)
    trace = pushed(form["param"], form["sign"], SALT)
    assert trace is not None
    return trace.state


async def test_a_claim_is_answered_and_paid(claims: CourierClaims, tell: Tell, parcel: Tell) -> None:
    number = await parcel()
    await tell(f"/control/courier/waybills/{number}/damage")
    filed = await claims.file(claim(number, "out-1"))
    assert filed.state is ClaimState.PROCESSING
    await tell(f"/control/courier/claims/{filed.claim_id}/answer", answer="partly", agreed_fen=4000)
    assert ((await claims.ask("out-1")).state, (await claims.ask("out-1")).agreed_fen) == ("PARTLY_ACCEPTED", 4000)
    await tell(f"/control/courier/claims/{filed.claim_id}/pay")
    paid = await claims.ask("out-1")
    assert (paid.state, paid.pay_number is not None, paid.paid_at is not None) == (ClaimState.PAID, True, True)


async def test_a_claim_that_no_clerk_answers_is_accepted_and_then_paid(
    claims: CourierClaims, tell: Tell, parcel: Tell
) -> None:
    filed = claim(await parcel())
    await claims.file(filed)
    days = 3
    try:
        await tell("/control/clock", advance_seconds=days * 86_400 + 60)
        assert (await claims.ask(filed.out_id)).state is ClaimState.ACCEPTED
        days += 1
        await tell("/control/clock", advance_seconds=86_400)
        assert (await claims.ask(filed.out_id)).state is ClaimState.PAID
    finally:
        await tell("/control/clock", advance_seconds=-(days * 86_400 + 60))


async def test_a_claim_sent_twice_is_one_and_another_under_its_id_is_refused(
    claims: CourierClaims, parcel: Tell
) -> None:
    number = await parcel()
    first = await claims.file(claim(number, "twice"))
    assert (await claims.file(claim(number, "twice"))).claim_id == first.claim_id
    for other, code in ((claim(number, "twice", 100), "OUT_ID_REUSED"), (claim(number), "CLAIM_EXISTS")):
        with pytest.raises(Rejected) as refused:
            await claims.file(other)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"pieces": ()}, "EVIDENCE_MISSING"),
        ({"pieces": (Piece("outer_box_photo", b"%PDF-1.7"),)}, "EVIDENCE_INVALID"),
        ({"fen": 0}, "AMOUNT_INVALID"),
        ({"waybill": "YT0000000000000"}, "WAYBILL_NOT_FOUND"),
    ],
)
async def test_a_claim_without_grounds_is_not_taken(
    claims: CourierClaims, parcel: Tell, changed: dict[str, Any], code: str
) -> None:
    number = await parcel()
    with pytest.raises(Rejected) as refused:
        await claims.file(claim(**({"waybill": number} | changed)))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "failure"), [("timeout_after", Transient), ("rate_limit", RateLimited), ("system_error", Transient)]
)
async def test_a_claim_whose_answer_was_lost_is_there_all_the_same(
    claims: CourierClaims, parcel: Tell, fault: Tell, kind: str, failure: type[Exception]
) -> None:
    filed = claim(await parcel())
    await fault("COM_RECE_CLAIM_CREATE", kind, after=True)
    with pytest.raises(failure):
        await claims.file(filed)
    assert (await claims.ask(filed.out_id)).state is ClaimState.PROCESSING
