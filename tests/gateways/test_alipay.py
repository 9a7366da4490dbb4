"""What Alipay's answers say about the money: paid, failed or unknown."""

import dataclasses
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.alipay import AlipayClient
from gateways.alipay_codes import REMEDIES, UNKNOWN_CODES
from gateways.alipay_transfer import IdentityType, Payee, Transfer, prepare
from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.signing import alipay_signing_text, load_public_key, rsa2_verify
from gateways.transfers import TamperedTransfer

type AlipayOf = Callable[[httpx2.AsyncClient], AlipayClient]
type Signed = Callable[[str, str], bytes]
type Answering = Callable[..., httpx2.AsyncClient]
type Ask = Callable[[object], Awaitable[MoneyOutcome]]

NUMBER = "A1b2000001000000000042"
PREPARED = prepare(Transfer(NUMBER, 500, Payee("2088000000000001", IdentityType.USER_ID)))
SEND = "alipay_fund_trans_uni_transfer_response"
QUERY = "alipay_fund_trans_common_query_response"
SENT = {"code": "10000", "msg": "Success", "out_biz_no": NUMBER, "order_id": "2026", "status": "SUCCESS"}
FOUND = SENT | {"trans_amount": "5.00", "pay_date": "2026-11-21 20:30:05"}
PAID_AT = datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)


class Wallet:
    """Alipay's end of the wire: says `body` to everyone. One for all tests, since loading RSA keys takes a while."""

    def __init__(self, alipay_of: AlipayOf, signed: Signed) -> None:
        self.body = b""
        self._signed = signed
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, content=self.body)))
        self.client = alipay_of(http)

    async def to_a_send(self, answer: object) -> MoneyOutcome:
        return await self.raw(self._signed(SEND, json.dumps(answer)))

    async def to_a_query(self, answer: object) -> MoneyOutcome:
        self.body = self._signed(QUERY, json.dumps(answer))
        return await self.client.query(NUMBER, 500)

    async def raw(self, body: bytes) -> MoneyOutcome:
        self.body = body
        return await self.client.send(PREPARED)


@pytest.fixture(scope="session")
def wallet(alipay_of: AlipayOf, signed: Signed) -> Wallet:
    return Wallet(alipay_of, signed)


@pytest.fixture(scope="session")
def send(wallet: Wallet) -> Ask:
    """What becomes of a send to which the wallet answers so, signed."""
    return wallet.to_a_send


@pytest.fixture(scope="session")
def query(wallet: Wallet) -> Ask:
    """What becomes of a query to which the wallet answers so, signed."""
    return wallet.to_a_query


def refusal(sub_code: str, code: str = "40004") -> dict[str, str]:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "说明"}


async def test_a_signed_success_is_paid(send: Ask) -> None:
    assert await send(SENT | {"trans_date": "2026-11-21 20:30:05"}) == Paid(NUMBER, "2026", 500, PAID_AT)


async def test_a_queried_success_is_paid(query: Ask) -> None:
    assert await query(FOUND) == Paid(NUMBER, "2026", 500, PAID_AT)


async def test_an_odd_date_does_not_undo_a_payment(send: Ask) -> None:
    assert await send(SENT | {"trans_date": "soon"}) == Paid(NUMBER, "2026", 500, None)


@pytest.mark.parametrize("code", sorted(REMEDIES))
async def test_every_listed_failure_names_its_remedy(code: str, send: Ask) -> None:
    assert await send(refusal(code)) == Failed(NUMBER, code, REMEDIES[code])


@pytest.mark.parametrize("code", sorted(UNKNOWN_CODES))
async def test_every_code_that_proves_nothing_is_unknown(code: str, send: Ask) -> None:
    outcome = await send(refusal(code))
    assert outcome == Unknown(NUMBER, code, alarm=code == "PAYMENT_INFO_INCONSISTENCY")


@given(code=st.text().filter(lambda code: code not in REMEDIES))
async def test_any_unlisted_code_is_unknown(code: str, send: Ask) -> None:
    assert isinstance(await send(refusal(code)), Unknown)


@given(code=st.text().filter(lambda code: code not in ("10000", "40004")), sub_code=st.sampled_from(sorted(REMEDIES)))
async def test_a_listed_failure_outside_a_business_refusal_is_unknown(code: str, sub_code: str, send: Ask) -> None:
    assert isinstance(await send(refusal(sub_code, code)), Unknown)


@pytest.mark.parametrize("status", ["DEALING", "FAIL", "INIT", "", None])
async def test_a_send_without_success_is_unknown(status: str | None, send: Ask) -> None:
    assert isinstance(await send(SENT | {"status": status}), Unknown)


@given(status=st.text().filter(lambda status: status not in ("SUCCESS", "FAIL")))
async def test_a_query_with_any_other_status_is_unknown(status: str, query: Ask) -> None:
    assert isinstance(await query(FOUND | {"status": status}), Unknown)


async def test_money_that_came_back_raises_the_alarm(query: Ask) -> None:
    assert await query(FOUND | {"status": "REFUND"}) == Unknown(NUMBER, "REFUND", alarm=True)


async def test_a_queried_failure_names_its_remedy(query: Ask) -> None:
    failed = await query(FOUND | {"status": "FAIL", "error_code": "PAYEE_NOT_EXIST"})
    assert failed == Failed(NUMBER, "PAYEE_NOT_EXIST", "ask_buyer", closed=True)


async def test_a_queried_failure_without_a_listed_reason_stops(query: Ask) -> None:
    assert await query(FOUND | {"status": "FAIL"}) == Failed(NUMBER, "FAIL", "stop_and_alarm", closed=True)


@pytest.mark.parametrize("code", sorted(REMEDIES))
async def test_a_refused_query_says_nothing_about_the_money(code: str, query: Ask) -> None:
    assert await query(refusal(code)) == Unknown(NUMBER, code)


async def test_a_number_that_the_wallet_does_not_know_is_marked(query: Ask) -> None:
    assert await query(refusal("ORDER_NOT_EXIST")) == Unknown(NUMBER, "ORDER_NOT_EXIST", not_found=True)


@pytest.mark.parametrize("other", [{"trans_amount": "50.00"}, {"out_biz_no": "A1b2000001000000000043"}])
@pytest.mark.parametrize("status", ["SUCCESS", "FAIL", "DEALING"])
async def test_another_transfers_answer_raises_the_alarm(
    other: dict[str, str], status: str, send: Ask, query: Ask
) -> None:
    for outcome in (await send(FOUND | {"status": status} | other), await query(FOUND | {"status": status} | other)):
        assert isinstance(outcome, Unknown)
        assert outcome.alarm


async def test_a_queried_success_without_an_amount_is_unknown(query: Ask) -> None:
    assert await query(SENT) == Unknown(NUMBER, "NO_AMOUNT")


@pytest.mark.parametrize("lost", ["order_id", "out_biz_no"])
async def test_a_success_without_its_numbers_is_unknown(lost: str, send: Ask) -> None:
    assert isinstance(await send({key: value for key, value in SENT.items() if key != lost}), Unknown)


async def test_a_wrong_signature_is_unknown_whatever_it_says(wallet: Wallet, signed: Signed) -> None:
    dearer = signed(SEND, json.dumps(SENT)).replace(b'"2026"', b'"2027"')
    assert await wallet.raw(dearer) == Unknown(NUMBER, "bad-signature")


async def test_an_unsigned_failure_is_unknown_too(wallet: Wallet) -> None:
    body = json.dumps({SEND: refusal("PAYEE_NOT_EXIST")}).encode()
    assert await wallet.raw(body) == Unknown(NUMBER, "bad-signature")


async def test_a_node_that_comes_twice_is_unknown(wallet: Wallet, signed: Signed) -> None:
    body = signed(SEND, json.dumps(SENT))
    twice = body[:-1] + f',"{SEND}":{{"code":"10000"}}}}'.encode()
    assert await wallet.raw(twice) == Unknown(NUMBER, "not-json")


async def test_the_signature_covers_the_text_as_it_was_sent(wallet: Wallet, signed: Signed) -> None:
    spaced = json.dumps(SENT | {"msg": "成功 \\/"}, indent=1, ensure_ascii=True)
    assert isinstance(await wallet.raw(signed(SEND, spaced)), Paid)


@given(
    body=st.binary()
    | st.text().map(str.encode)
    | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
async def test_no_body_is_anything_but_unknown(body: bytes, wallet: Wallet) -> None:
    assert isinstance(await wallet.raw(body), Unknown)


FIELDS = st.sampled_from(["code", "sub_code", "status", "out_biz_no", "order_id", "trans_amount", "error_code"])
SCALARS: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({})
)


@given(odd=st.dictionaries(FIELDS, SCALARS, min_size=1))
async def test_signed_oddities_never_crash(odd: dict[str, object], send: Ask, query: Ask) -> None:
    for outcome in (await send(FOUND | odd), await query(FOUND | odd)):
        assert isinstance(outcome, Paid | Failed | Unknown)


@pytest.mark.parametrize("status", [500, 502, 429])
async def test_a_broken_gateway_leaves_the_money_unknown(
    status: int, answering: Answering, alipay_of: AlipayOf
) -> None:
    http = answering(b"<html>", status=status)
    assert await alipay_of(http).send(PREPARED) == Unknown(NUMBER, f"http-{status}")


async def test_the_payee_travels_in_the_body_and_the_whole_is_signed(
    answering: Answering, asked: list[httpx2.Request], alipay_of: AlipayOf, public_key: str
) -> None:
    await alipay_of(answering(b"")).send(PREPARED)
    common, body = dict(asked[0].url.params), dict(parse_qsl(asked[0].content.decode()))
    assert body == {"biz_content": PREPARED.body.decode()}
    assert (common["timestamp"], common["charset"]) == ("2026-11-21 20:30:00", "utf-8")
    text = alipay_signing_text(common | body)
    assert rsa2_verify(text, common["sign"], load_public_key(public_key))


async def test_bytes_that_do_not_fit_their_digest_are_never_sent(
    answering: Answering, asked: list[httpx2.Request], alipay_of: AlipayOf
) -> None:
    changed = dataclasses.replace(PREPARED, body=PREPARED.body.replace(b"5.00", b"9.00"))
    with pytest.raises(TamperedTransfer):
        await alipay_of(answering(b"")).send(changed)
    assert asked == []
