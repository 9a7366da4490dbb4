"""Losses in the ledger: brought to what a case knows, corrected by postings, balanced, never changed."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from db.losses import post_losses
from db.reads.losses import Period, losses_by_case, losses_by_shop
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.cases import CaseFile
from db.tables.money import LedgerEntry
from domain.loss_accounts import LossAccount
from tests.db.budget_world import BudgetWorld

GOODS, FREIGHT, COURIER = LossAccount.GOODS, LossAccount.FREIGHT, LossAccount.COURIER


@pytest.fixture
async def cases(open_session: Sessions, ring: KeyRing, now: datetime) -> tuple[str, str]:
    """Two cases of one shop."""
    world = BudgetWorld(open_session, ring, now)
    await world.open()
    return (await world.case())[0], (await world.case())[0]


async def balance(open_session: Sessions) -> dict[str, int]:
    async with open_session() as session:
        sums = select(LedgerEntry.account, func.sum(LedgerEntry.amount_fen)).group_by(LedgerEntry.account)
        return {account: int(fen) for account, fen in await session.execute(sums) if fen}


@pytest.mark.covers(158)
async def test_losses_are_posted_once_and_corrected_by_what_changed(
    open_session: Sessions, cases: tuple[str, str], now: datetime
) -> None:
    case, _ = cases
    async with open_session.begin() as session:
        await post_losses(session, case, "demo", {GOODS: 8900, FREIGHT: 1000}, 5, now)
        await post_losses(session, case, "demo", {GOODS: 8900, FREIGHT: 1000}, 5, now)
    async with open_session.begin() as session:
        await post_losses(session, case, "demo", {FREIGHT: 1000, COURIER: -600}, 9, now)
    assert await balance(open_session) == {
        "loss_freight:demo": 1000, "freight_paid:demo": -1000, "recovered_courier:demo": -600,
        "courier_account:demo": 600,
    }  # fmt: skip
    async with open_session() as session:
        assert len(list(await session.scalars(select(LedgerEntry)))) == 8


@pytest.mark.covers(158)
async def test_net_losses_of_a_period_are_those_of_its_cases(
    open_session: Sessions, cases: tuple[str, str], now: datetime
) -> None:
    first, second = cases
    async with open_session.begin() as session:
        await post_losses(session, first, "demo", {GOODS: 8900, FREIGHT: 1000}, 5, now)
        await post_losses(session, second, "demo", {FREIGHT: 800, COURIER: -600}, 5, now + timedelta(hours=1))
        await post_losses(session, first, "demo", {GOODS: 8900}, 6, now + timedelta(days=40))
    month = Period(None, now, now + timedelta(days=30))
    async with open_session() as session:
        (shop,) = await losses_by_shop(session, month)
        lines = await losses_by_case(session, month, 50, None)
        assert (shop.goods_fen, shop.freight_fen, shop.courier_fen, shop.net_fen) == (8900, 1800, -600, 10_100)
        assert (shop.cases, sum(line.net_fen for line in lines)) == (2, shop.net_fen)
        assert [line.case for line in lines] == [second, first]
        page = await losses_by_case(session, month, 1, None)
        rest = await losses_by_case(session, month, 1, (page[0].posted_at, page[0].case))
        assert [page[0].case, rest[0].case] == [second, first]
        later = await losses_by_shop(session, Period(None, now + timedelta(days=30), now + timedelta(days=60)))
        assert [one.net_fen for one in later] == [-1000]
        assert await losses_by_shop(session, Period(frozenset({"other"}), month.since, month.until)) == []


async def test_a_case_without_losses_posts_nothing(
    open_session: Sessions, cases: tuple[str, str], now: datetime
) -> None:
    case, _ = cases
    async with open_session.begin() as session:
        await post_losses(session, case, "demo", {}, 5, now)
        assert await session.get(CaseFile, case) is not None
    assert await balance(open_session) == {}
