"""What WeChat Pay's answers say about the money: paid, failed or unknown; and what is sent to it."""

import dataclasses
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.signing import load_private_key, rsa2_sign
from gateways.transfers import BadTransfer, Order, Scene, TamperedTransfer
from gateways.wechat_pay import WeChatPayClient, WeChatPayCredentials
from gateways.wechat_pay_codes import CLOSED, OPEN, REASONS, REFUSED, UNKNOWN_CODES
from gateways.wechat_pay_signing import signing_text
from tests.gateways.conftest import NOW, PRIVATE_KEY, PUBLIC_KEY

type Ask = Callable[..., Awaitable[MoneyOutcome]]

NUMBER = "A1B2000001000000000042"
ORDER = Order(NUMBER, 500, "WECHAT_OPENID", "o-MYE42l80oelYMDE34nYD456Xoy", "陈晓")
SENT = {"out_bill_no": NUMBER, "transfer_bill_no": "1330", "state": "WAIT_USER_CONFIRM", "package_info": "ticket"}
FOUND = {
    "mch_id": "1900001109",
    "out_bill_no": NUMBER,
    "transfer_bill_no": "1330",
    "state": "SUCCESS",
    "transfer_amount": 500,
    "update_time": "2026-11-21T20:30:05.120+08:00",
}
PAID_AT = datetime(2026, 11, 21, 12, 30, 5, 120000, UTC)
KEY = load_private_key(PRIVATE_KEY)


class Wallet:
    """WeChat Pay's end of the wire: says the same to everyone."""

    def __init__(self) -> None:
        self.status, self.body, self.signed = 200, b"", True
        self.asked: list[httpx2.Request] = []
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self.answer))
        credentials = WeChatPayCredentials(
            "1900001109", "wxf636efh567hg4356", "408B07E7", SecretStr(PRIVATE_KEY), "PUB_KEY_ID_1", PUBLIC_KEY
        )
        self.client = WeChatPayClient(http, "http://wechat.test", credentials, clock=lambda: NOW)
        self.prepared = self.client.prepare(ORDER)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        stamp = str(int(NOW.timestamp()))
        text = signing_text(stamp, "n", self.body.decode("utf-8", "replace"))
        headers = {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": "n",
            "Wechatpay-Serial": "PUB_KEY_ID_1",
            "Wechatpay-Signature": rsa2_sign(text, KEY) if self.signed else "",
        }
        return httpx2.Response(self.status, headers=headers, content=self.body)

    async def to_a_send(self, answer: object, status: int = 200) -> MoneyOutcome:
        self.status, self.body = status, json.dumps(answer).encode()
        return await self.client.send(self.prepared)

    async def to_a_query(self, answer: object, status: int = 200) -> MoneyOutcome:
        self.status, self.body = status, json.dumps(answer).encode()
        return await self.client.query(NUMBER, 500)


@pytest.fixture(scope="session")
def shared() -> Wallet:
    return Wallet()


@pytest.fixture(scope="session")
def send(shared: Wallet) -> Ask:
    """What becomes of a send to which WeChat answers so, signed."""
    return shared.to_a_send


@pytest.fixture(scope="session")
def query(shared: Wallet) -> Ask:
    """What becomes of a query to which WeChat answers so, signed."""
    return shared.to_a_query


def refusal(code: str) -> dict[str, str]:
    return {"code": code, "message": "说明"}


async def test_a_queried_success_is_paid(query: Ask) -> None:
    assert await query(FOUND) == Paid(NUMBER, "1330", 500, PAID_AT)


async def test_a_success_that_needs_no_confirmation_is_paid_at_once(send: Ask) -> None:
    assert await send(SENT | {"state": "SUCCESS"}) == Paid(NUMBER, "1330", 500, None)


async def test_a_transfer_that_the_buyer_has_to_confirm_is_open_and_hands_out_its_ticket(send: Ask) -> None:
    outcome = await send(SENT)
    assert outcome == Unknown(NUMBER, "WAIT_USER_CONFIRM", ticket="ticket")
    assert "ticket" not in repr(outcome)


@pytest.mark.parametrize("state", sorted(OPEN))
async def test_every_open_state_is_unknown(state: str, query: Ask, send: Ask) -> None:
    for ask in (query, send):
        assert isinstance(await ask(FOUND | {"state": state}), Unknown)


@given(state=st.text().filter(lambda state: state not in {"SUCCESS", "FAIL", "CANCELLED"}))
async def test_any_other_state_is_unknown(state: str, query: Ask) -> None:
    assert isinstance(await query(FOUND | {"state": state}), Unknown)


@pytest.mark.parametrize("reason", sorted(REASONS))
async def test_every_reason_of_a_failure_names_its_remedy_and_the_number_is_used_up(reason: str, query: Ask) -> None:
    failed = await query(FOUND | {"state": "FAIL", "fail_reason": reason})
    assert failed == Failed(NUMBER, reason, REASONS[reason], closed=True)


@pytest.mark.parametrize("state", sorted(CLOSED))
async def test_a_closed_transfer_without_a_listed_reason_stops(state: str, query: Ask) -> None:
    assert await query(FOUND | {"state": state}) == Failed(NUMBER, state, "stop_and_alarm", closed=True)


@pytest.mark.parametrize("state", sorted(CLOSED))
async def test_a_send_never_says_that_a_transfer_is_closed(state: str, send: Ask) -> None:
    assert isinstance(await send(SENT | {"state": state}), Unknown)


@pytest.mark.parametrize("code", sorted(REFUSED))
async def test_every_listed_refusal_of_a_send_names_its_remedy(code: str, send: Ask) -> None:
    assert await send(refusal(code), 403) == Failed(NUMBER, code, REFUSED[code])


@pytest.mark.parametrize("code", sorted(UNKNOWN_CODES))
async def test_every_code_that_proves_nothing_is_unknown(code: str, send: Ask) -> None:
    assert await send(refusal(code), 403) == Unknown(NUMBER, code, alarm=code == "ALREADY_EXISTS")


@given(code=st.text().filter(lambda code: code not in REFUSED))
async def test_any_unlisted_code_is_unknown(code: str, send: Ask) -> None:
    assert isinstance(await send(refusal(code), 400), Unknown)


@pytest.mark.parametrize("code", sorted(REFUSED))
async def test_a_refused_query_says_nothing_about_the_money(code: str, query: Ask) -> None:
    assert await query(refusal(code), 403) == Unknown(NUMBER, code)


async def test_a_number_that_the_wallet_does_not_know_is_marked(query: Ask) -> None:
    assert await query(refusal("NOT_FOUND"), 404) == Unknown(NUMBER, "NOT_FOUND", not_found=True)


@pytest.mark.parametrize("other", [{"transfer_amount": 5000}, {"out_bill_no": "B"}, {"mch_id": "1900001110"}])
@pytest.mark.parametrize("state", ["SUCCESS", "FAIL", "PROCESSING"])
async def test_another_transfers_answer_raises_the_alarm(
    other: dict[str, object], state: str, send: Ask, query: Ask
) -> None:
    for ask in (send, query):
        outcome = await ask(FOUND | {"state": state} | other)
        assert isinstance(outcome, Unknown)
        assert outcome.alarm


@pytest.mark.parametrize("lost", ["transfer_bill_no", "out_bill_no", "transfer_amount"])
async def test_a_success_without_its_numbers_is_unknown(lost: str, query: Ask) -> None:
    assert isinstance(await query({key: value for key, value in FOUND.items() if key != lost}), Unknown)


@pytest.mark.parametrize(("body", "status"), [(FOUND, 200), (refusal("NOT_ENOUGH"), 403)])
async def test_an_unsigned_answer_is_unknown_whatever_it_says(body: object, status: int) -> None:
    wallet = Wallet()
    wallet.signed = False
    assert await wallet.to_a_send(body, status) == Unknown(NUMBER, "bad-signature")


@pytest.mark.parametrize("status", [500, 502, 429])
async def test_a_broken_gateway_leaves_the_money_unknown(status: int, send: Ask) -> None:
    assert await send(refusal("SYSTEM_ERROR"), status) == Unknown(NUMBER, f"http-{status}")


SCALARS: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([]) | st.just({})
)


@given(odd=st.dictionaries(st.sampled_from(sorted(FOUND | {"fail_reason": ""})), SCALARS, min_size=1))
async def test_signed_oddities_never_crash(odd: dict[str, object], send: Ask, query: Ask) -> None:
    for ask in (send, query):
        assert isinstance(await ask(FOUND | odd), Paid | Failed | Unknown)


async def test_the_bytes_that_are_sent_are_those_that_were_kept_and_the_key_of_the_name_is_named() -> None:
    wallet = Wallet()
    await wallet.to_a_send(SENT)
    request = wallet.asked[0]
    assert request.content == wallet.prepared.body
    assert request.headers["wechatpay-serial"] == "PUB_KEY_ID_1"
    assert request.headers["authorization"].startswith('WECHATPAY2-SHA256-RSA2048 mchid="1900001109"')


async def test_bytes_that_do_not_fit_their_digest_are_never_sent() -> None:
    wallet = Wallet()
    dearer = dataclasses.replace(wallet.prepared, body=wallet.prepared.body.replace(b":500", b":900"))
    with pytest.raises(TamperedTransfer):
        await wallet.client.send(dearer)
    assert wallet.asked == []


def test_the_bytes_say_what_is_paid_and_honestly_why(shared: Wallet) -> None:
    content = json.loads(shared.prepared.body)
    assert (content["transfer_amount"], content["transfer_scene_id"]) == (500, "1011")
    assert content["user_recv_perception"] == "商家赔付"
    assert content["transfer_scene_report_infos"] == [{"info_type": "赔付原因", "info_content": "售后补偿"}]
    assert "陈晓" not in shared.prepared.body.decode()


@pytest.mark.covers(74)
def test_the_scene_is_the_one_that_the_policy_names(shared: Wallet) -> None:
    told = json.loads(shared.client.prepare(dataclasses.replace(ORDER, wechat_scene=Scene(perception="退款"))).body)
    assert (told["transfer_scene_id"], told["user_recv_perception"]) == ("1011", "退款")


def test_small_sums_go_without_a_name_as_the_wallet_wants_it(shared: Wallet) -> None:
    small = shared.client.prepare(dataclasses.replace(ORDER, amount_fen=29))
    assert "user_name" not in json.loads(small.body)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": "x" * 33}, "out_bill_no"),
        ({"number": "a-b"}, "out_bill_no"),
        ({"amount_fen": 9}, "10 fen"),
        ({"kind": "ALIPAY_LOGON_ID"}, "ALIPAY_LOGON_ID"),
        ({"account": "chen@example.com"}, "openid"),
        ({"amount_fen": 200_000, "name": None}, "real name"),
        ({"title": "补" * 33}, "title"),
    ],
)
def test_a_transfer_that_the_wallet_would_refuse_is_never_prepared(
    change: dict[str, object], said: str, shared: Wallet
) -> None:
    with pytest.raises(BadTransfer, match=said):
        shared.client.prepare(dataclasses.replace(ORDER, **change))  # type: ignore[arg-type]
