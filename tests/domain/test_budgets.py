"""Budgets: what an offer draws on, which ceiling stops it, and that every posting balances."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.budgets import (
    NOTHING,
    Amount,
    BadBudgetKey,
    Balance,
    BudgetExhausted,
    BudgetInUse,
    BudgetKey,
    BudgetScope,
    Circumstances,
    PostingKind,
    draws,
    missing_grant,
    month_before,
    moved,
    raised,
    reserve,
    settled,
)
from domain.policies.compensation import CompensationPolicy, FormKind
from domain.policies.documents import load_shipped

POLICY = load_shipped("compensation", CompensationPolicy)
CASH, COUPON = FormKind.CASH, FormKind.COUPON
NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 30, 16, tzinfo=UTC)  # the first moment of December in Shanghai


def at(moment: datetime = NOON, zone: str = "Asia/Shanghai", **more: object) -> Circumstances:
    known: dict[str, object] = {"shop": "demo", "zone": zone, "at": moment, "maker": "alice", "buyer": "chen"}
    return Circumstances(**(known | more))  # type: ignore[arg-type]


def used(key: str, fen: int, coupons: int = 0, granted: int = 300_000) -> dict[str, Balance]:
    """Books in which one budget has been used and the others are empty."""
    amount = Amount(fen, coupons)
    book = Balance().after(moved(PostingKind.GRANT, key, Amount(granted, 200)))
    return {key: book.after(moved(PostingKind.RESERVE, key, amount))}


def try_to_offer(fen: int, kind: FormKind, books: dict[str, Balance], where: Circumstances | None = None) -> None:
    wanted = draws(kind, fen, where or at(), POLICY)
    reserve(wanted, {str(draw.budget): books.get(str(draw.budget), Balance()) for draw in wanted})


@pytest.mark.parametrize(
    ("key", "fen", "coupons", "kind", "named"),
    [
        ("cash/shop/demo/2026-11", 299_600, 0, CASH, "cash_month_fen"),
        ("cash/agent/alice/2026-11-21", 9_600, 0, CASH, "cash_agent_day_fen"),
        ("cash/buyer/chen", 1_600, 0, CASH, "cash_buyer_90_days_fen"),
        ("coupon/shop/demo/2026-11", 0, 200, COUPON, "coupons_month"),
        ("coupon/shop/demo/2026-11", 99_600, 9, COUPON, "coupons_month_fen"),
    ],
)
def test_a_budget_that_would_be_broken_is_named(key: str, fen: int, coupons: int, kind: FormKind, named: str) -> None:
    with pytest.raises(BudgetExhausted) as refused:
        try_to_offer(500, kind, used(key, fen, coupons))

    assert refused.value.facts["budget"] == named


@pytest.mark.covers(67)
def test_the_coupon_quota_follows_last_months_sales() -> None:
    full = used("coupon/shop/demo/2026-11", 99_600, 9)

    try_to_offer(500, COUPON, full, at(sales_last_month_fen=100_000_000))


@pytest.mark.covers(67)
def test_shops_of_one_team_share_its_quota() -> None:
    quotas = {str(draws(COUPON, 500, at(shop=shop, team="east"), POLICY)[0].budget) for shop in ("one", "two")}

    assert quotas == {"coupon/team/east/2026-11"}


@pytest.mark.parametrize("kind", [FormKind.GOODS, FormKind.REFUND])
def test_goods_and_refunds_draw_on_no_budget(kind: FormKind) -> None:
    assert draws(kind, 500, at(), POLICY) == ()


def test_an_unknown_buyer_has_no_budget_of_their_own() -> None:
    assert len(draws(CASH, 500, at(buyer=None), POLICY)) == 2


@pytest.mark.parametrize(
    ("moment", "zone", "month", "day"),
    [
        (MIDNIGHT - timedelta(microseconds=1), "Asia/Shanghai", "2026-11", "2026-11-30"),
        (MIDNIGHT, "Asia/Shanghai", "2026-12", "2026-12-01"),
        (MIDNIGHT, "Europe/Berlin", "2026-11", "2026-11-30"),
    ],
)
def test_an_offer_at_the_months_end_counts_in_one_month_of_the_shops_zone(
    moment: datetime, zone: str, month: str, day: str
) -> None:
    periods = {draw.budget.period for draw in draws(CASH, 500, at(moment, zone), POLICY)}

    assert periods == {month, day, ""}


def test_the_month_before_january_is_december() -> None:
    assert (month_before("2026-01"), month_before("2026-12")) == ("2025-12", "2026-11")


@given(st.integers(1, 20_000), st.integers(0, 20_000))
def test_a_budget_is_never_overdrawn(amount: int, before: int) -> None:
    try:
        try_to_offer(amount, CASH, used("cash/agent/alice/2026-11-21", before, granted=20_000))
    except BudgetExhausted:
        within = False
    else:
        within = True
    assert within == (before + amount <= 10_000 and amount <= 2_000)


def test_a_stricter_policy_takes_nothing_back_that_is_in_use() -> None:
    key = "cash/agent/alice/2026-11-21"
    book = used(key, 8_000, granted=10_000)[key]

    assert missing_grant(book, Amount(5_000, 200)) == Amount(-2_000)


def test_what_was_given_under_another_name_of_the_buyer_counts() -> None:
    draw = draws(CASH, 600, at(), POLICY)[2]
    same_buyer = type(draw)(draw.budget, draw.ceiling, draw.wanted, draw.fields, elsewhere=Amount(1_500))

    with pytest.raises(BudgetExhausted, match=r"one buyer in 90 days has ¥5\.00 left"):
        reserve([same_buyer], {str(draw.budget): Balance()})


def test_a_raise_makes_room_and_is_taken_back_only_as_far_as_it_is_left() -> None:
    key = BudgetKey(CASH, BudgetScope.SHOP, "demo", "2026-11")
    book = used(str(key), 299_900)[str(key)]
    book = book.after(raised(key, book, Amount(1_000)))

    assert (book.left, book.ceiling) == (Amount(1_100, 200), Amount(301_000, 200))
    with pytest.raises(BudgetInUse, match=r"¥11\.00"):
        raised(key, book, Amount(-1_101))


@given(st.integers(1, 2_000), st.sampled_from([PostingKind.RELEASE, PostingKind.SPEND]))
def test_whatever_was_reserved_is_released_or_spent_whole_in_the_budgets_it_came_from(
    fen: int, end: PostingKind
) -> None:
    wanted = draws(CASH, fen, at(), POLICY)
    posted = reserve(wanted, {str(draw.budget): Balance() for draw in wanted})
    lines = [*posted.grants, *posted.lines, *settled(end, posted.lines)]

    for key in {line.budget for line in lines}:
        book = Balance().after(line for line in lines if line.budget == key)
        assert book.sound
        assert (book.reserved, book.spent.fen) == (NOTHING, fen if end is PostingKind.SPEND else 0)


@pytest.mark.parametrize(
    "text", ["", "cash/shop", "cash/moon/demo", "goods/shop/demo/2026-11", "cash/shop/a/b/c", "coupon/agent/x/2026-11"]
)
def test_a_budget_that_cannot_be_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadBudgetKey):
        BudgetKey.read(text)


@given(st.sampled_from([CASH, COUPON]), st.booleans(), st.sampled_from(["alice", "5f0a-11"]))
def test_a_budgets_name_reads_back(kind: FormKind, in_team: bool, maker: str) -> None:
    for draw in draws(kind, 500, at(maker=maker, team="east" if in_team else None), POLICY):
        assert BudgetKey.read(str(draw.budget)) == draw.budget
