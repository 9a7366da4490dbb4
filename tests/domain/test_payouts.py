from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payouts import (
    MOVES,
    BadMoneyKey,
    PayoutMoveRefused,
    PayoutStatus,
    check_move,
    human_due_at,
    money_key,
    next_query_at,
)
from domain.policies.compensation import CompensationPolicy
from domain.policies.documents import load_shipped

POLICY = load_shipped("compensation", CompensationPolicy).payout
FIRST = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
DECISIONS = st.tuples(
    st.from_regex(r"[0-9A-Z]{4}", fullmatch=True),
    st.integers(0, 10**6 - 1),
    st.integers(0, 10**12 - 1),
    st.integers(0, 99),
)


@given(st.lists(DECISIONS, unique=True, max_size=10))
def test_different_decisions_have_different_money_keys(decisions: list[tuple[str, int, int, int]]) -> None:
    assert len({money_key(*one) for one in decisions}) == len(decisions)


@given(DECISIONS)
def test_every_wallet_takes_a_money_key(decision: tuple[str, int, int, int]) -> None:
    key = money_key(*decision)

    assert len(key) == 24
    assert key.isascii()
    assert key.isalnum()


@pytest.mark.parametrize(
    ("install", "shop", "case", "seq"),
    [
        ("abc1", 1, 1, 1),
        ("ABC", 1, 1, 1),
        ("AB-1", 1, 1, 1),
        ("ABC1\n", 1, 1, 1),
        ("ABC1", 10**6, 1, 1),
        ("ABC1", -1, 1, 1),
        ("ABC1", 1, 10**12, 1),
        ("ABC1", 1, 1, 100),
    ],
)
def test_a_part_that_does_not_fit_makes_no_key(install: str, shop: int, case: int, seq: int) -> None:
    with pytest.raises(BadMoneyKey):
        money_key(install, shop, case, seq)


@given(st.sampled_from(PayoutStatus))
def test_a_paid_payout_stays_paid(wanted: PayoutStatus) -> None:
    with pytest.raises(PayoutMoveRefused):
        check_move(PayoutStatus.PAID, wanted)


@pytest.mark.parametrize("wanted", [PayoutStatus.CANCELLED, PayoutStatus.DRAFT, PayoutStatus.APPROVED])
def test_an_unknown_payout_is_never_given_up_or_begun_anew(wanted: PayoutStatus) -> None:
    with pytest.raises(PayoutMoveRefused, match="it may become failed, paid, sending"):
        check_move(PayoutStatus.UNKNOWN, wanted)


def test_no_payout_is_sent_without_approval() -> None:
    with pytest.raises(PayoutMoveRefused):
        check_move(PayoutStatus.DRAFT, PayoutStatus.SENDING)


def test_a_failure_that_was_mended_is_sent_again_under_its_key() -> None:
    check_move(PayoutStatus.FAILED, PayoutStatus.SENDING)

    assert PayoutStatus.APPROVED not in MOVES[PayoutStatus.FAILED]


def test_the_wallet_is_asked_again_later_and_later() -> None:
    waits = [next_query_at(FIRST, attempts, POLICY) - FIRST for attempts in range(8)]

    assert [wait.total_seconds() for wait in waits] == [5, 30, 120, 600, 3600, 21600, 43200, 64800]


@given(st.integers(0, 500))
def test_asking_never_stands_still(attempts: int) -> None:
    assert next_query_at(FIRST, attempts, POLICY) < next_query_at(FIRST, attempts + 1, POLICY)


def test_after_a_day_a_person_looks() -> None:
    assert human_due_at(FIRST, POLICY) == FIRST + timedelta(hours=24)
