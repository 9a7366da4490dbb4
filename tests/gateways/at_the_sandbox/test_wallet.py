"""Money: paid once, failed with a remedy, or unknown until a query says more."""

import asyncio
import dataclasses
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateways.alipay import QUERY, SEND, AlipayClient
from gateways.alipay_transfer import IdentityType, Payee, Transfer, prepare
from gateways.money import Failed, MoneyOutcome, Paid, Unknown
from gateways.transfers import PreparedTransfer

type Tell = Callable[..., Awaitable[Any]]


@pytest.fixture
async def payee(tell: Tell) -> Payee:
    """Chen's wallet account."""
    account = f"chen-{secrets.token_hex(4)}@example.com"
    await tell("/control/wallet/payees", account=account, name="陈晨")
    return Payee(account, IdentityType.LOGON_ID, "陈晨")


@pytest.fixture
def transfer(payee: Payee) -> Transfer:
    return Transfer(secrets.token_hex(12), 500, payee)


@pytest.fixture
def prepared(transfer: Transfer) -> PreparedTransfer:
    return prepare(transfer)


async def test_a_transfer_is_paid_with_its_receipt(
    alipay: AlipayClient, prepared: PreparedTransfer, read: Tell
) -> None:
    outcome = await alipay.send(prepared)
    assert isinstance(outcome, Paid)
    (row,) = await read("/control/transfers", out_biz_no=prepared.number)
    assert (row["order_id"], row["amount_fen"], row["scene"]) == (outcome.order_id, 500, "企业退款")


async def test_sending_the_same_bytes_again_pays_nothing_more(
    alipay: AlipayClient, prepared: PreparedTransfer, read: Tell
) -> None:
    assert await alipay.send(prepared) == await alipay.send(prepared)
    assert len(await read("/control/transfers", out_biz_no=prepared.number)) == 1


async def test_many_sends_at_once_pay_once(alipay: AlipayClient, prepared: PreparedTransfer, read: Tell) -> None:
    outcomes = await asyncio.gather(*(alipay.send(prepared) for _ in range(8)))
    assert len({outcome.order_id for outcome in outcomes if isinstance(outcome, Paid)}) == 1
    assert len(await read("/control/transfers", out_biz_no=prepared.number)) == 1


async def test_a_query_tells_what_was_paid(alipay: AlipayClient, prepared: PreparedTransfer) -> None:
    paid = await alipay.send(prepared)
    assert isinstance(paid, Paid)
    assert await alipay.query(prepared.number, 500) == paid


async def test_a_query_for_another_amount_raises_the_alarm(alipay: AlipayClient, prepared: PreparedTransfer) -> None:
    await alipay.send(prepared)
    assert await alipay.query(prepared.number, 600) == Unknown(prepared.number, "OTHER_AMOUNT", alarm=True)


async def test_a_number_never_sent_is_not_found(alipay: AlipayClient) -> None:
    assert await alipay.query("never1", 500) == Unknown("never1", "ORDER_NOT_EXIST", not_found=True)


async def test_one_number_for_two_transfers_raises_the_alarm(
    alipay: AlipayClient, transfer: Transfer, read: Tell
) -> None:
    await alipay.send(prepare(transfer))
    outcome = await alipay.send(prepare(dataclasses.replace(transfer, amount_fen=600)))
    assert outcome == Unknown(transfer.out_biz_no, "PAYMENT_INFO_INCONSISTENCY", alarm=True)
    assert [row["amount_fen"] for row in await read("/control/transfers", out_biz_no=transfer.out_biz_no)] == [500]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"identity": "nobody@example.com"}, "PAYEE_NOT_EXIST"), ({"name": "王五"}, "PAYEE_USER_INFO_ERROR")],
)
async def test_a_wrong_payee_is_asked_of_the_buyer(
    change: dict[str, str], code: str, alipay: AlipayClient, transfer: Transfer
) -> None:
    wrong = Payee(
        **({"identity": transfer.payee.identity, "name": "陈晨"} | change), identity_type=IdentityType.LOGON_ID
    )
    outcome = await alipay.send(prepare(dataclasses.replace(transfer, payee=wrong)))
    assert outcome == Failed(transfer.out_biz_no, code, "ask_buyer")


async def test_a_mended_balance_lets_the_same_bytes_through(
    alipay: AlipayClient, prepared: PreparedTransfer, fault: Tell
) -> None:
    await fault(SEND, "balance")
    failed = await alipay.send(prepared)
    assert failed == Failed(prepared.number, "PAYER_BALANCE_NOT_ENOUGH", "fix_and_retry")
    assert isinstance(await alipay.send(prepared), Paid)


async def test_a_transfer_lost_before_it_was_made_is_not_found_and_may_be_sent_again(
    alipay: AlipayClient, prepared: PreparedTransfer, fault: Tell
) -> None:
    await fault(SEND, "timeout_before")
    assert await alipay.send(prepared) == Unknown(prepared.number, "timeout")
    queried = await alipay.query(prepared.number, 500)
    assert queried == Unknown(prepared.number, "ORDER_NOT_EXIST", not_found=True)
    assert isinstance(await alipay.send(prepared), Paid)


@pytest.mark.covers(200)
@pytest.mark.parametrize("kind", ["timeout_after", "http_500", "system_error", "nonsense", "rate_limit"])
async def test_a_transfer_whose_answer_was_lost_is_unknown_and_was_paid_once(
    kind: str, alipay: AlipayClient, prepared: PreparedTransfer, fault: Tell, read: Tell
) -> None:
    await fault(SEND, kind, after=True)
    assert isinstance(await alipay.send(prepared), Unknown)
    assert isinstance(await alipay.query(prepared.number, 500), Paid)
    assert isinstance(await alipay.send(prepared), Paid)
    assert len(await read("/control/transfers", out_biz_no=prepared.number)) == 1


@pytest.mark.parametrize("kind", ["timeout_before", "http_500", "system_error", "nonsense", "rate_limit", "dealing"])
async def test_a_query_that_goes_wrong_leaves_the_money_unknown(
    kind: str, alipay: AlipayClient, prepared: PreparedTransfer, fault: Tell
) -> None:
    await alipay.send(prepared)
    await fault(QUERY, kind)
    outcome = await alipay.query(prepared.number, 500)
    assert isinstance(outcome, Unknown)
    assert not outcome.alarm


async def test_nonsense_of_each_kind_is_unknown(alipay: AlipayClient, prepared: PreparedTransfer, fault: Tell) -> None:
    await fault(SEND, "nonsense", count=3)
    assert all([isinstance(await alipay.send(prepared), Unknown) for _ in range(3)])


@pytest.mark.parametrize("kind", ["SUCCESS", "FAIL"])
async def test_a_transfer_in_the_making_ends_as_the_query_says(
    kind: str, alipay: AlipayClient, prepared: PreparedTransfer, fault: Tell
) -> None:
    await fault(SEND, "dealing", seconds=0.3, outcome=kind)
    assert await alipay.send(prepared) == Unknown(prepared.number, "DEALING")
    outcome = await settled(alipay, prepared)
    assert type(outcome) is (Paid if kind == "SUCCESS" else Failed)


async def settled(alipay: AlipayClient, prepared: PreparedTransfer) -> MoneyOutcome:
    """Query until the wallet has made up its mind, as the schedule of a payout does."""
    outcome: MoneyOutcome = Unknown(prepared.number, "")
    async with asyncio.timeout(5):
        while isinstance(outcome, Unknown):
            outcome = await alipay.query(prepared.number, 500)
    return outcome
