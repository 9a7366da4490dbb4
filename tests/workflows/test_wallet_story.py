"""The second wallet, and what people do about a transfer that failed for good or that nobody knows about."""

import pytest
from sqlalchemy import select

from activities.wallets import alipay
from db.tables.money import LedgerEntry, Payout
from domain.contact_terms import CallResult, TalkOutcome
from domain.payouts import PayoutStatus
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import PayoutRef, ReviewCaseState
from gateways.transfers import PreparedTransfer
from tests.builders import House
from tests.workflows.conftest import Tell, Told

SEND, QUERY = "wechat.transfer", "wechat.query"
OPENID = "o-MYE42l80oelYMDE34nYD456Xoy"


async def ready_by_wechat(tell: Tell, house: House) -> Told:
    """Chen accepted five yuan by WeChat Pay and amended; the next thing that happens is the transfer."""
    await house.sandbox.post("/control/wechat/payees", openid=OPENID, name="陈晓")
    reviewed = await house.review()
    story = await tell(reviewed)
    who = await story.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
    await story.step(who, steps.ConfirmCause(cause="quality.broken"))
    payee = await house.payee(story.opening, OPENID, kind="WECHAT_OPENID")
    await story.step(who, steps.SetPayee(payee=payee))
    await story.step(who, steps.MakeOffer(form="cash_wechat", amount_fen=500))
    await story.step(who, steps.AnswerOffer(offer=1, accepted=True))
    await story.amended(reviewed)
    return story


async def paid_by_wechat(story: Told) -> ReviewCaseState:
    """Case, row, ledger and the wallet agree that five yuan arrived once."""
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_PAID
    key = state.payouts[-1].key
    arrived = [one for one in await story.house.sandbox.transfers(key) if one["status"] == "SUCCESS"]
    assert [one["amount_fen"] for one in arrived] == [500]
    async with story.house.parts.sessions() as session:
        entries = await session.execute(select(LedgerEntry.account, LedgerEntry.amount_fen))
        assert {row.account: row.amount_fen for row in entries}["wallet:wechat"] == -500
        assert (await session.get_one(Payout, key)).status == PayoutStatus.PAID
    return state


def last(case: ReviewCaseState) -> PayoutRef | None:
    return case.payouts[-1] if case.payouts else None


@pytest.mark.covers(68, 200)
async def test_cash_goes_by_the_second_wallet_as_well_once_its_buyer_has_confirmed(tell: Tell, house: House) -> None:
    story = await ready_by_wechat(tell, house)
    state = await paid_by_wechat(story)
    assert len(state.payouts) == 1


async def test_a_number_that_the_wallet_has_closed_is_paid_anew_under_another_one_when_finance_says_so(
    tell: Tell, house: House
) -> None:
    await house.sandbox.fault(SEND, "dealing", seconds=0, outcome="FAIL")
    story = await ready_by_wechat(tell, house)
    failed = await story.until(lambda case: bool((payout := last(case)) and payout.status is PayoutStatus.FAILED))
    assert failed.payouts[0].closed
    step = steps.MendPayout(payout=failed.payouts[0].key, action=steps.MendAction.PAY_ANEW)
    await story.step("fay", step)
    state = await paid_by_wechat(story)
    assert len({payout.key for payout in state.payouts}) == 2


@pytest.mark.covers(200)
async def test_what_asking_cannot_find_out_for_a_day_a_person_looks_up_with_all_that_is_known(
    tell: Tell, house: House
) -> None:
    await house.sandbox.fault(SEND, "system_error", after=True)
    await house.sandbox.fault(QUERY, "http_500", count=None)
    story = await ready_by_wechat(tell, house)
    stuck = await story.until(lambda case: bool((payout := last(case)) and payout.person_at))
    (told,) = [event for event in await story.events() if event.kind == "payout_needs_person"]
    assert told.facts["queries"] >= 5
    word = steps.DecidePayout(payout=stuck.payouts[0].key, paid=True, reference="1330", why=await house.text("见后台"))
    await story.step("fay", word)
    state = await paid_by_wechat(story)
    assert len(state.payouts) == 1


async def test_cancelling_asks_the_wallet_first_and_what_was_paid_after_all_counts(tell: Tell, house: House) -> None:
    await house.sandbox.fault("alipay.fund.trans.uni.transfer", "balance")
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    failed = await story.until(lambda case: bool((payout := last(case)) and payout.status is PayoutStatus.FAILED))
    key = failed.payouts[0].key
    await send_the_stored_bytes_behind_our_back(house, key)
    await story.step("fay", steps.MendPayout(payout=key, action=steps.MendAction.CANCEL))
    state = await story.closed()
    assert (state.outcome, state.payouts[0].status) == (Outcome.AMENDED_PAID, PayoutStatus.PAID)


async def send_the_stored_bytes_behind_our_back(house: House, key: str) -> None:
    """An earlier send that only now arrives at the wallet."""
    async with house.parts.sessions() as session:
        row = await session.get_one(Payout, key)
    assert row.wire is not None
    assert row.wire_digest is not None
    wallet = alipay(house.parts.settings, house.parts.http)
    assert wallet is not None
    await wallet.send(PreparedTransfer(key, row.amount_fen, row.wire.encode(), row.wire_digest.hex()))
