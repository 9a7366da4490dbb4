"""Yesterday's statement of a wallet against our payouts, on the sandbox's own archive."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from activities.coupons import CouponQueries
from activities.marketplace_clients import Marketplaces
from activities.policies import Policies
from activities.reconciling import Reconciled, ReconcileRequest, ReconcilingActivities
from activities.wallets import Wallets
from db.tables.money import Payout
from db.tables.statements import StatementDifference
from domain.fulfilment import WalletName
from domain.reconciliation import CHINA
from tests.builders import House
from tests.workflows.conftest import Keep, Tell
from tests.workflows.test_wallet_story import ready_by_wechat
from workflows.reconcile import Reconcile

DAY = 86_400
A_STORY = timedelta(minutes=5)


@pytest.fixture
async def tomorrow(house: House) -> AsyncIterator[datetime]:
    """Noon in China on the day after the sandbox's today, which is then over for the sandbox as well."""
    today = datetime.fromisoformat((await house.sandbox.get("/control/clock"))["now"]).astimezone(CHINA)
    # A story that begins in the last minutes of a day must not pay on the next one.
    moved = DAY - (3_600 if (today + A_STORY).date() > today.date() else 0)
    await house.sandbox.post("/control/clock", advance_seconds=moved)
    yield today.replace(hour=12) + timedelta(days=1)
    await house.sandbox.post("/control/clock", advance_seconds=-moved)


@pytest.fixture
def reconciling(house: House) -> ReconcilingActivities:
    parts = house.parts
    coupons = CouponQueries(parts.sessions, Marketplaces(parts.settings, parts.sessions, parts.http))
    wallets = Wallets.of_settings(parts.settings, parts.http, Policies(), coupons)
    return ReconcilingActivities(parts.sessions, wallets)


@pytest.mark.covers(200)
async def test_every_difference_between_a_statement_and_our_payouts_is_found_once_and_named(
    tell: Tell, house: House, reconciling: ReconcilingActivities, tomorrow: datetime
) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await house.sandbox.post("/control/clock", advance_seconds=-DAY)
    await story.amended(reviewed)
    key = (await story.closed()).payouts[0].key
    await house.sandbox.post("/control/clock", advance_seconds=DAY)
    stranger = f"{key[:-2]}77"
    row = f"9\t,9\t,{stranger}\t,售后补偿\t,2026-11-20 12:00:00,x\t,0.00,-8.00,1.00,支付宝,转账,"
    day = (tomorrow - timedelta(days=1)).date().isoformat()
    await house.sandbox.post(f"/control/statements/{day}", amounts={key: 600}, add=[row, "something else"])
    request = ReconcileRequest(wallet=WalletName.ALIPAY, now=tomorrow.astimezone(UTC))
    read = await reconciling.reconcile(request)
    assert (read.read, read.ours, read.differences) == (True, 2, 3)
    async with house.parts.sessions() as session:
        found = {(one.kind, one.ours_fen, one.theirs_fen) for one in await session.scalars(select(StatementDifference))}
        assert (await session.get_one(Payout, key)).stated_on == (tomorrow - timedelta(days=1)).date()
    assert found == {("amount_differs", 500, 600), ("ours_missing", None, 800), ("unknown_line", None, None)}
    assert not (await reconciling.reconcile(request)).read


@pytest.mark.covers(200)
@pytest.mark.parametrize("no_numbers", [False, True])
async def test_the_second_wallets_statement_is_compared_as_well_whichever_number_it_names(
    tell: Tell, house: House, reconciling: ReconcilingActivities, tomorrow: datetime, no_numbers: bool
) -> None:
    await house.sandbox.post("/control/clock", advance_seconds=-DAY)
    story = await ready_by_wechat(tell, house)
    key = (await story.closed()).payouts[0].key
    await house.sandbox.post("/control/clock", advance_seconds=DAY)
    day = (tomorrow - timedelta(days=1)).date()
    edit = {"amounts": {key: 499}, "add": ["something else"], "no_numbers": no_numbers}
    await house.sandbox.post(f"/control/wechat/statements/{day}", **edit)
    request = ReconcileRequest(wallet=WalletName.WECHAT, now=tomorrow.astimezone(UTC))
    read = await reconciling.reconcile(request)
    await house.sandbox.post(f"/control/wechat/statements/{day}")
    assert (read.read, read.ours, read.differences) == (True, 1, 2)
    async with house.parts.sessions() as session:
        differences = list(await session.scalars(select(StatementDifference)))
        assert (await session.get_one(Payout, key)).stated_on == day
    found = {(one.wallet, one.kind, one.ours_fen, one.theirs_fen) for one in differences}
    assert found == {("wechat", "amount_differs", 500, 499), ("wechat", "unknown_line", None, None)}


async def test_a_look_that_comes_too_early_changes_nothing(
    env: WorkflowEnvironment, house: House, keep_history: Keep
) -> None:
    read: Reconciled = await env.client.execute_workflow(
        Reconcile.run, WalletName.ALIPAY, id="reconcile:alipay", task_queue=house.parts.settings.task_queue
    )
    assert read.differences == 0
    await keep_history("reconcile:alipay", "Reconcile.one_look")
