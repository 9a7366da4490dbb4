"""Paying exactly once, whatever the wallet does: each fault of it as a story under skipped time."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from db.reads.budgets import trial_balance
from db.tables.budgets import Budget, BudgetPosting
from db.tables.money import LedgerEntry, Payout
from domain.contact_terms import CallResult, TalkOutcome
from domain.escalation import EscalationKind
from domain.payouts import PayoutStatus
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import OfferStatus, ReviewCaseState
from tests.builders import House
from tests.workflows.conftest import Keep, Tell, Told

SEND = "alipay.fund.trans.uni.transfer"
QUERY = "alipay.fund.trans.common.query"


async def ready_to_be_paid(tell: Tell, house: House) -> Told:
    """Accepted and amended: the next thing that happens is the transfer."""
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    return story


async def paid_once(story: Told) -> ReviewCaseState:
    """The case closed as paid, and wallet, row and ledger agree to the fen."""
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_PAID
    payout = state.payouts[-1]
    arrived = [one for one in await story.house.sandbox.transfers(payout.key) if one["status"] == "SUCCESS"]
    assert len(arrived) == 1
    async with story.house.parts.sessions() as session:
        row = await session.get_one(Payout, payout.key)
        entries = await session.execute(select(LedgerEntry.account, LedgerEntry.amount_fen))
        lines = {row.account: row.amount_fen for row in entries}
        held = await session.scalar(select(func.sum(Budget.reserved_fen)))
        assert (await trial_balance(session)).odd == []
    assert row.status == PayoutStatus.PAID
    assert lines == {"wallet:alipay": -500, f"compensation:{story.house.shop}": 500}
    assert held == 0
    return state


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("timeout_before", {"seconds": 3}),
        ("timeout_after", {"seconds": 3}),
        ("http_500", {}),
        ("http_500", {"after": True}),
        ("system_error", {}),
        ("system_error", {"after": True}),
        ("dealing", {"seconds": 1}),
        ("nonsense", {"after": True}),
    ],
)
@pytest.mark.covers(200)
async def test_a_transfer_whose_fate_is_unknown_is_asked_about_and_arrives_once(
    tell: Tell, house: House, kind: str, more: dict[str, object]
) -> None:
    await house.sandbox.fault(SEND, kind, **more)
    story = await ready_to_be_paid(tell, house)
    state = await paid_once(story)
    assert len(state.payouts) == 1


@pytest.mark.covers(200)
async def test_an_unknown_transfer_waits_while_the_query_fails_as_well(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    await house.sandbox.fault(SEND, "system_error", after=True)
    await house.sandbox.fault(QUERY, "http_500", count=3)
    story = await ready_to_be_paid(tell, house)
    state = await paid_once(story)
    await keep_history(f"payout:{state.payouts[0].key}", "Payout.unknown_then_paid")


async def test_an_unknown_transfer_is_asked_about_and_not_sent_again_while_a_supervisor_has_to_decide(
    tell: Tell, house: House
) -> None:
    await house.sandbox.fault(SEND, "timeout_before", seconds=3)
    await house.sandbox.fault(QUERY, "http_500", count=None)
    story = await ready_to_be_paid(tell, house)
    await story.until(lambda case: bool(case.payouts) and case.payouts[0].status is PayoutStatus.UNKNOWN)
    mark = steps.MarkMalicious(signals=["threat_before_complaint"], why=await house.text("买家威胁"))
    key = (await story.step(await story.agent(), mark)).state.payouts[0].key
    await story.events()
    await house.sandbox.delete("/control/faults")
    await story.pass_time(timedelta(hours=30))
    waiting = await story.settled()
    assert await house.sandbox.transfers(key) == []
    assert waiting.payouts[0].status is PayoutStatus.UNKNOWN
    await story.step("bob", steps.DecideMalicious(malicious=False, why=await house.text("只是气话")))
    await paid_once(story)


async def test_an_empty_wallet_keeps_key_bytes_and_reservation_until_finance_sends_again(
    tell: Tell, house: House
) -> None:
    await house.sandbox.fault(SEND, "balance")
    story = await ready_to_be_paid(tell, house)
    failed = await story.until(lambda case: bool(case.payouts) and case.payouts[0].status is PayoutStatus.FAILED)
    assert failed.outcome is None
    key = failed.payouts[0].key
    await story.step("fay", steps.MendPayout(payout=key, action=steps.MendAction.SEND_AGAIN))
    state = await paid_once(story)
    assert [payout.key for payout in state.payouts] == [key]


async def test_a_cancelled_payout_gives_its_money_back(tell: Tell, house: House) -> None:
    await house.sandbox.fault(SEND, "balance")
    story = await ready_to_be_paid(tell, house)
    failed = await story.until(lambda case: bool(case.payouts) and case.payouts[0].status is PayoutStatus.FAILED)
    key = failed.payouts[0].key
    await story.step("fay", steps.MendPayout(payout=key, action=steps.MendAction.CANCEL))
    state = await story.closed()
    assert state.outcome is Outcome.AMENDED_UNPAID
    async with house.parts.sessions() as session:
        kinds = list(await session.scalars(select(BudgetPosting.kind).order_by(BudgetPosting.serial)))
        in_use = await session.scalar(select(func.sum(Budget.reserved_fen + Budget.spent_fen)))
    assert (kinds, in_use) == (["grant", "reserve", "release"], 0)


async def test_a_payee_that_does_not_exist_is_asked_of_the_buyer_and_a_new_one_gets_a_new_key(
    tell: Tell, house: House
) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    who = await story.accepted()
    wrong = await house.payee(story.opening, account="nobody@example.com", name="没人")
    await story.step(who, steps.SetPayee(payee=wrong))
    await story.amended(reviewed)
    await story.until(lambda case: bool(case.payouts) and case.payouts[0].settled)
    await story.step(who, steps.SetPayee(payee=await house.payee(story.opening)))
    state = await paid_once(story)
    assert len({payout.key for payout in state.payouts}) == 2


async def test_an_offer_nobody_answers_expires_and_its_reservation_is_released(tell: Tell, house: House) -> None:
    story = await tell()
    who = await story.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
    await story.step(who, steps.MakeOffer(amount_fen=500))
    state = await story.until(lambda case: bool(case.offers) and case.offers[0].released, timedelta(days=7))
    assert state.offers[0].status is OfferStatus.EXPIRED
    async with house.parts.sessions() as session:
        assert await session.scalar(select(func.sum(Budget.reserved_fen))) == 0


async def test_a_marketplace_that_is_ill_before_paying_is_asked_until_it_answers(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await house.sandbox.fault("taobao.traderates.get", "http_500", count=7)
    await story.amended(reviewed)
    await paid_once(story)


async def test_a_transfer_that_fails_again_in_the_same_way_is_told_again(
    tell: Tell, house: House, keep_history: Keep
) -> None:
    await house.sandbox.fault(SEND, "balance", count=2)
    story = await ready_to_be_paid(tell, house)
    failed = await story.until(lambda case: bool(case.payouts) and case.payouts[0].status is PayoutStatus.FAILED)
    step = steps.MendPayout(payout=failed.payouts[0].key, action=steps.MendAction.SEND_AGAIN)
    await story.step("fay", step)
    again = await story.until(lambda case: case.payouts[0].remedy == "fix_and_retry")
    assert EscalationKind.PAYOUT_STUCK in again.clocks
    assert [event.kind for event in await story.events()].count("payout_failed") == 2
    await story.step("fay", step)
    await paid_once(story)
    await keep_history(f"payout:{failed.payouts[0].key}", "Payout.failed_twice_then_paid")
