"""WeChat Pay at the sandbox: one number, one transfer, which the buyer has to confirm."""

import dataclasses
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from gateways.failures import Nonsense, Transient
from gateways.money import Failed, Paid, Unknown
from gateways.transfers import Order
from gateways.wechat_pay import WeChatPayClient, WeChatPayCredentials
from gateways.wire import CHINA

type Tell = Callable[..., Awaitable[Any]]

SECONDS = 1.0
MERCHANT, APP, SERIAL = "1900001109", "wxf636efh567hg4356", "408B07E79B8269FEC3D5D3E6AB8ED163A6A380DB"
TRANSFER, QUERY = "wechat.transfer", "wechat.query"
DAY_AND_A_BIT = 86_460


@pytest.fixture(scope="session")
async def wechat(
    tell: Tell, http: httpx2.AsyncClient, sandbox: str, private_key: str, public_key: str
) -> WeChatPayClient:
    known = await tell("/control/wechat/merchants", mch_id=MERCHANT, app_id=APP, serial=SERIAL, public_key=public_key)
    credentials = WeChatPayCredentials(
        MERCHANT, APP, SERIAL, SecretStr(private_key), known["platform_serial"], known["platform_key"]
    )
    return WeChatPayClient(http, sandbox, credentials, seconds=SECONDS)


@pytest.fixture
async def order(tell: Tell) -> Order:
    """Five yuan for Chen, who is known to WeChat by an openid of the shop's mini-program."""
    openid = f"o-{secrets.token_hex(8)}"
    await tell("/control/wechat/payees", openid=openid, name="陈晓")
    return Order(secrets.token_hex(12).upper(), 500, "WECHAT_OPENID", openid, "陈晓")


async def test_a_transfer_waits_for_its_buyer_and_is_paid_once_confirmed(
    wechat: WeChatPayClient, order: Order, tell: Tell, read: Tell
) -> None:
    await tell("/control/wechat/payees", openid=order.account, name="陈晓", confirms="by_hand")
    begun = await wechat.send(wechat.prepare(order))
    assert isinstance(begun, Unknown)
    assert (begun.code, bool(begun.ticket)) == ("WAIT_USER_CONFIRM", True)
    await tell(f"/control/wechat/transfers/{order.number}/confirm")
    paid = await wechat.query(order.number, 500)
    assert isinstance(paid, Paid)
    (row,) = await read("/control/wechat/transfers", out_bill_no=order.number)
    assert (row["status"], row["amount_fen"], row["order_id"]) == ("SUCCESS", 500, paid.order_id)


async def test_the_same_bytes_again_are_the_same_transfer(wechat: WeChatPayClient, order: Order, read: Tell) -> None:
    prepared = wechat.prepare(order)
    for _ in range(3):
        await wechat.send(prepared)
    assert len(await read("/control/wechat/transfers", out_bill_no=order.number)) == 1


async def test_the_same_number_with_another_amount_raises_the_alarm(
    wechat: WeChatPayClient, order: Order, read: Tell
) -> None:
    await wechat.send(wechat.prepare(order))
    dearer = await wechat.send(wechat.prepare(dataclasses.replace(order, amount_fen=900)))
    assert dearer == Unknown(order.number, "ALREADY_EXISTS", alarm=True)
    assert [row["amount_fen"] for row in await read("/control/wechat/transfers", out_bill_no=order.number)] == [500]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"account": "o-nobody-at-all"}, "ACCOUNT_NOT_EXIST"),
        ({"name": "王五"}, "NAME_NOT_CORRECT"),
    ],
)
async def test_a_wrong_payee_shows_in_the_query_and_the_number_is_used_up(
    change: dict[str, str], code: str, wechat: WeChatPayClient, order: Order
) -> None:
    begun = await wechat.send(wechat.prepare(dataclasses.replace(order, **change)))  # type: ignore[arg-type]
    assert isinstance(begun, Unknown)
    assert await wechat.query(order.number, 500) == Failed(order.number, code, "ask_buyer", closed=True)


async def test_what_the_buyer_does_not_confirm_within_a_day_is_closed_and_the_money_is_back(
    wechat: WeChatPayClient, order: Order, tell: Tell, read: Tell
) -> None:
    await tell("/control/wechat/payees", openid=order.account, name="陈晓", confirms="by_hand")
    before = (await read("/control/wechat/wallet"))["balance"]
    await wechat.send(wechat.prepare(order))
    await tell("/control/clock", advance_seconds=DAY_AND_A_BIT)
    outcome = await wechat.query(order.number, 500)
    await tell("/control/clock", advance_seconds=-DAY_AND_A_BIT)
    assert outcome == Failed(order.number, "OVERDUE_CLOSE", "stop_and_alarm", closed=True)
    assert (await read("/control/wechat/wallet"))["balance"] == before


async def test_an_empty_account_refuses_and_the_same_number_passes_later(
    wechat: WeChatPayClient, order: Order, fault: Tell
) -> None:
    await fault(TRANSFER, "balance")
    prepared = wechat.prepare(order)
    assert await wechat.send(prepared) == Failed(order.number, "NOT_ENOUGH", "fix_and_retry")
    assert await wechat.query(order.number, 500) == Unknown(order.number, "NOT_FOUND", not_found=True)
    await wechat.send(prepared)
    assert isinstance(await wechat.query(order.number, 500), Paid)


@pytest.mark.parametrize("kind", ["timeout_before", "http_500", "system_error", "nonsense", "rate_limit"])
async def test_whatever_happens_before_a_transfer_leaves_it_unknown_and_it_can_be_sent_again(
    kind: str, wechat: WeChatPayClient, order: Order, fault: Tell
) -> None:
    await fault(TRANSFER, kind)
    prepared = wechat.prepare(order)
    assert isinstance(await wechat.send(prepared), Unknown)
    assert await wechat.query(order.number, 500) == Unknown(order.number, "NOT_FOUND", not_found=True)
    await wechat.send(prepared)
    assert isinstance(await wechat.query(order.number, 500), Paid)


@pytest.mark.parametrize("kind", ["timeout_after", "http_500", "system_error", "nonsense"])
async def test_whatever_happens_after_a_transfer_leaves_it_unknown_and_a_query_finds_it(
    kind: str, wechat: WeChatPayClient, order: Order, fault: Tell, read: Tell
) -> None:
    await fault(TRANSFER, kind, after=True)
    assert isinstance(await wechat.send(wechat.prepare(order)), Unknown)
    assert isinstance(await wechat.query(order.number, 500), Paid)
    assert len(await read("/control/wechat/transfers", out_bill_no=order.number)) == 1


async def test_a_request_signed_by_somebody_else_moves_nothing(
    wechat: WeChatPayClient,
    order: Order,
    tell: Tell,
    read: Tell,
    http: httpx2.AsyncClient,
    sandbox: str,
    private_key: str,
) -> None:
    known = await tell(
        "/control/wechat/merchants", mch_id="1900009999", app_id=APP, serial="1",
        public_key=(await read("/control/alipay/public_key"))["public_key"],
    )  # fmt: skip
    stranger = WeChatPayClient(
        http, sandbox,
        WeChatPayCredentials(
            "1900009999", APP, "1", SecretStr(private_key), known["platform_serial"], known["platform_key"]
        ),
    )  # fmt: skip
    assert await stranger.send(stranger.prepare(order)) == Unknown(order.number, "SIGN_ERROR")
    assert await wechat.query(order.number, 500) == Unknown(order.number, "NOT_FOUND", not_found=True)


@pytest.fixture
async def yesterday(tell: Tell, read: Tell) -> AsyncIterator[date]:
    """The sandbox's today, which is over by then."""
    today = datetime.fromisoformat((await read("/control/clock"))["now"]).astimezone(CHINA).date()
    yield today
    await tell("/control/wechat/statements/" + today.isoformat())


async def day_over(tell: Tell, days: int = 1) -> None:
    await tell("/control/clock", advance_seconds=days * 86_400)


@pytest.mark.covers(200)
async def test_yesterdays_fund_flow_names_each_transfer_that_arrived(
    wechat: WeChatPayClient, order: Order, tell: Tell, yesterday: date
) -> None:
    await wechat.send(wechat.prepare(order))
    assert isinstance(paid := await wechat.query(order.number, 500), Paid)
    await day_over(tell)
    try:
        bill = await wechat.statement(yesterday)
    finally:
        await day_over(tell, -1)
    assert bill is not None
    (line,) = [one for one in bill.lines if one.number == order.number]
    assert (line.fen, line.order, bill.unread) == (500, paid.order_id, ())


async def test_a_day_that_is_not_over_and_one_without_movements_have_no_bill(
    wechat: WeChatPayClient, yesterday: date
) -> None:
    assert await wechat.statement(yesterday) is None
    assert await wechat.statement(date(2020, 1, 1)) is None


async def test_a_bill_that_is_being_made_is_asked_for_again(
    wechat: WeChatPayClient, tell: Tell, yesterday: date
) -> None:
    await tell(f"/control/wechat/statements/{yesterday}", creating=True)
    with pytest.raises(Transient):
        await wechat.statement(yesterday)


async def test_a_file_that_was_broken_on_its_way_is_not_read(
    wechat: WeChatPayClient, tell: Tell, fault: Tell, yesterday: date
) -> None:
    await tell(f"/control/wechat/statements/{yesterday}", add=["odd"])
    await fault("wechat.bill_download", "nonsense")
    await day_over(tell)
    try:
        with pytest.raises(Nonsense):
            await wechat.statement(yesterday)
    finally:
        await day_over(tell, -1)
