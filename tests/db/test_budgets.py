"""The ledger of budgets on real PostgreSQL: ceilings under concurrency, months at midnight, what the database holds."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import office
from db.buyers import BuyerFacts, keep_buyer
from db.reads.budgets import trial_balance
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.budgets import Budget, BudgetLine, BudgetPosting
from domain.budgets import Amount, BudgetExhausted
from domain.offers import OfferMade
from domain.policies.compensation import OfferForm
from embedded import databases
from tests.db.budget_world import BudgetWorld

SHOP = "cash/shop/demo/2026-11"
MIDNIGHT = datetime(2026, 11, 30, 16, tzinfo=UTC)  # the first moment of December in Shanghai


@pytest.fixture
async def world(open_session: Sessions, ring: KeyRing, now: datetime) -> BudgetWorld:
    world = BudgetWorld(open_session, ring, now)
    await world.open()
    return world


async def tried(world: BudgetWorld, case: Any, fen: int, **more: Any) -> bool:
    try:
        await world.reserve(case, fen, **more)
    except BudgetExhausted:
        return False
    return True


@pytest.mark.covers(200)
async def test_many_offers_at_once_never_pass_a_ceiling(world: BudgetWorld) -> None:
    world.allow(cash_month_fen=5_000, cash_agent_day_fen=2_000, cash_buyer_90_days_fen=1_000)
    makers, buyers = ["alice", "ann", "bob", "lee"], [f"buyer-{n}" for n in range(8)]
    for maker in makers:
        await world.person(maker)
    cases = [await world.case(buyer) for buyer in buyers * 3]
    made = await asyncio.gather(*(tried(world, case, 300, maker=makers[n % 4]) for n, case in enumerate(cases)))
    books = await world.books()
    assert (sum(made), books[SHOP].reserved) == (16, Amount(4_800))
    assert all(book.used.fen <= book.ceiling.fen for book in books.values())


async def test_ending_an_offer_twice_and_both_ways_at_once_moves_its_money_once(world: BudgetWorld) -> None:
    case = await world.case()
    await world.reserve(case, 500)
    await asyncio.gather(*(end(case) for end in (world.release, world.spend) * 4))
    book = (await world.books())[SHOP]
    assert (book.reserved.fen, book.spent.fen) in {(0, 0), (0, 500)}


async def test_a_repeated_claim_sets_nothing_aside_twice_and_one_made_anew_takes_its_place(world: BudgetWorld) -> None:
    case = await world.case()
    for _ in range(2):
        assert await world.reserve(case, 500) == "2026-11"
    assert (await world.books())[SHOP].reserved == Amount(500)
    assert await world.reserve(case, 300, at=MIDNIGHT, maker="ann") == "2026-12"
    books = await world.books()
    assert (books[SHOP].used, books["cash/shop/demo/2026-12"].reserved) == (Amount(0), Amount(300))


async def test_an_offer_that_was_paid_is_never_set_aside_again(world: BudgetWorld) -> None:
    case = await world.case()
    await world.reserve(case, 500)
    await world.spend(case)
    with pytest.raises(OfferMade):
        await world.reserve(case, 500)


async def test_the_trial_balance_names_what_was_spent_without_a_payout(world: BudgetWorld) -> None:
    case = await world.case()
    await world.reserve(case, 500)
    await world.spend(case)
    async with world.open_session() as session:
        assert (await trial_balance(session)).odd == [f"spending of {case[0]} offer 1"]


async def test_an_offer_at_midnight_counts_in_the_month_in_which_it_was_made_even_when_paid_in_the_next(
    world: BudgetWorld,
) -> None:
    old, new = await world.case("chen"), await world.case("wu")
    months = [
        await world.reserve(old, 500, at=MIDNIGHT - timedelta(microseconds=1)),
        await world.reserve(new, 700, at=MIDNIGHT),
    ]
    await world.spend(old, at=MIDNIGHT + timedelta(hours=1))
    books = await world.books()
    assert months == ["2026-11", "2026-12"]
    assert (books[SHOP].spent, books["cash/shop/demo/2026-12"].used) == (Amount(500), Amount(700))


async def test_the_day_of_a_maker_is_one_over_all_accounts_of_theirs(world: BudgetWorld) -> None:
    world.allow(cash_agent_day_fen=1_000)
    for login in ("alice", "alice-too"):
        await world.person(login)
    async with world.open_session.begin() as session:
        await office.link_accounts(session, "tests", world.now, *world.people.values())
    assert await tried(world, await world.case("chen"), 600)
    assert not await tried(world, await world.case("wu"), 600, maker="alice-too")


async def buyers_of(world: BudgetWorld) -> list[str]:
    return [key for key in await world.books() if key.startswith("cash/buyer/")]


async def test_what_a_buyer_was_given_counts_for_ninety_days_from_the_payment(world: BudgetWorld) -> None:
    case = await world.case()
    await world.reserve(case, 1_500)
    paid_at = world.now + timedelta(days=20)
    await world.spend(case, at=paid_at)
    again, ninety = await world.case(), timedelta(days=90)
    assert not await tried(world, again, 600, at=paid_at + ninety - timedelta(seconds=1))
    assert await tried(world, again, 600, at=paid_at + ninety)
    (buyer,) = await buyers_of(world)
    assert (await world.books())[buyer].used == Amount(600)


async def test_two_buyers_who_turn_out_to_be_one_share_what_they_were_given(world: BudgetWorld, ring: KeyRing) -> None:
    first, second = await world.case("chen"), await world.case("chen-2")
    await world.reserve(first, 1_500)
    await world.reserve(second, 400)
    async with world.open_session.begin() as session:
        for nick in ("chen", "chen-2"):
            await keep_buyer(session, ring, BuyerFacts("sandbox", nick, nick=nick, phone="13800138000"))
    assert not await tried(world, await world.case("chen"), 200)
    assert await tried(world, await world.case("chen-2"), 100)


@pytest.mark.covers(67)
async def test_coupons_are_counted_for_the_team_of_the_shops(world: BudgetWorld) -> None:
    world.allow(month_count=2, month_fen=5_000)
    for shop in ("east-1", "east-2"):
        await world.open(shop, team="east")
    coupon = {"form": OfferForm.COUPON_DIRECT}
    for shop in ("east-1", "east-2"):
        await world.reserve(await world.case(shop=shop), 500, shop=shop, **coupon)
    assert not await tried(world, await world.case(shop="east-1"), 500, shop="east-1", **coupon)
    assert await tried(world, await world.case(), 500, **coupon)
    assert (await world.books())["coupon/team/east/2026-11"].reserved == Amount(1_000, 2)


async def test_a_stricter_policy_stops_the_next_offer_and_leaves_the_last(world: BudgetWorld) -> None:
    await world.reserve(await world.case("chen"), 900)
    world.allow(cash_month_fen=600)
    assert not await tried(world, await world.case("wu"), 100)
    world.allow(cash_month_fen=1_000)
    assert await tried(world, await world.case("wu"), 100)
    assert (await world.books())[SHOP].left == Amount(0)


EDITS = (
    "UPDATE budget_line SET fen = fen + 1",
    "DELETE FROM budget_line",
    "UPDATE budget_posting SET amount_fen = 1",
    "DELETE FROM budget_posting",
    "TRUNCATE budget CASCADE",
    "UPDATE budget SET left_fen = left_fen + 100, granted_fen = granted_fen - 100",
    "DELETE FROM budget",
)


async def test_the_ledger_is_append_only_even_for_its_owner(world: BudgetWorld, owner: AsyncEngine) -> None:
    await world.reserve(await world.case(), 500)
    for edit in EDITS:
        async with owner.connect() as connection:
            with pytest.raises(DBAPIError, match="append-only"):
                await connection.execute(text(edit))


ODD_LINES = [
    ({"left": -100, "reserved": 99}, "does not balance"),
    ({"left": -100}, "does not balance"),
    ({"left": -10_000_000, "reserved": 10_000_000}, "within_its_ceiling"),
    ({"spent": -1, "left": 1}, "not_negative"),
    ({"left": 0}, "not_zero"),
]


async def test_lines_that_do_not_balance_or_overdraw_are_refused_by_the_database(world: BudgetWorld) -> None:
    await world.reserve(await world.case(), 500)
    for lines, why in ODD_LINES:
        async with world.open_session() as session:
            posting = BudgetPosting(id=uuid4(), kind="lapse", shop="demo", at=world.now, by="tests")
            session.add(posting)
            await session.flush()
            session.add_all(
                [BudgetLine(posting=posting.id, budget=SHOP, account=a, fen=f, coupons=0) for a, f in lines.items()]
            )
            with pytest.raises(DBAPIError, match=why):
                await session.flush()


async def test_no_budget_begins_with_means_that_no_posting_gave(world: BudgetWorld) -> None:
    async with world.open_session() as session:
        session.add(Budget(key="k", kind="cash", scope="shop", subject="s", period="", left_fen=1, granted_fen=-1))
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.flush()


OLD_ROWS = """
    INSERT INTO budget VALUES ('demo', '2026-11', 300000, 500, 700);
    INSERT INTO reservation (case_number, offer, shop, month, maker, amount_fen, status, at, settled_at)
    SELECT number, n, 'demo', '2026-11', 'alice', fen, status, at, CASE WHEN n > 1 THEN at END
    FROM (SELECT number, opened_at AS at FROM case_file) one_case,
        (VALUES (1, 500, 'reserved'), (2, 700, 'spent'), (3, 900, 'released')) AS old (n, fen, status)
"""


async def test_reservations_from_before_move_onto_the_ledger_and_back(
    world: BudgetWorld, owner: AsyncEngine, tmp_path: Path
) -> None:
    case = await world.case()
    url = owner.url.render_as_string(hide_password=False)
    await owner.dispose()
    await databases.alembic(url, tmp_path / "down.log", "downgrade", "0004f")
    async with owner.begin() as connection:
        await connection.execute(text(OLD_ROWS))
    await databases.alembic(url, tmp_path / "up.log", "upgrade", "head")
    book = (await world.books())[SHOP]
    assert (book.ceiling.fen, book.reserved.fen, book.spent.fen) == (300_000, 500, 700)
    await world.spend(case)
    assert (await world.books())[SHOP].spent.fen == 1_200
