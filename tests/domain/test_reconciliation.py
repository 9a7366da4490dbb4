"""Our payouts against a wallet's statement: every difference by its name."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reconciliation import Difference, DifferenceKind, Moved, compare, day_before, due_span, is_ours

A, B = "TEST00000100000000000101", "TEST00000100000000000201"


def test_books_that_agree_differ_in_nothing() -> None:
    assert compare([Moved(1, A, 500), Moved(2, B, 300)], {A: 500, B: 300}, [A, B]) == []


@pytest.mark.covers(200)
@pytest.mark.parametrize(
    ("moved", "paid", "expected", "found"),
    [
        ([Moved(7, A, 500)], {}, [], Difference(DifferenceKind.OURS_MISSING, A, None, 500, 7)),
        ([], {A: 500}, [A], Difference(DifferenceKind.THEIRS_MISSING, A, 500)),
        ([Moved(7, A, 600)], {A: 500}, [A], Difference(DifferenceKind.AMOUNT_DIFFERS, A, 500, 600, 7)),
        (
            [Moved(7, A, 500), Moved(8, A, 500)], {A: 500}, [A],
            Difference(DifferenceKind.PAID_TWICE, A, 500, 1000),
        ),
        (
            [Moved(7, A, 500), Moved(8, A, -500)], {A: 500}, [A],
            Difference(DifferenceKind.CAME_BACK, A, 500, -500, 8),
        ),
    ],
)  # fmt: skip
def test_each_way_to_differ_has_its_name(
    moved: list[Moved], paid: dict[str, int], expected: list[str], found: Difference
) -> None:
    assert compare(moved, paid, expected) == [found]


BOOK = st.dictionaries(st.sampled_from([A, B, "TEST00000100000000000301"]), st.integers(1, 10_000))


@given(theirs=BOOK, ours=BOOK)
def test_nothing_is_found_exactly_where_both_books_are_equal(theirs: dict[str, int], ours: dict[str, int]) -> None:
    moved = [Moved(row, key, fen) for row, (key, fen) in enumerate(theirs.items())]
    assert (compare(moved, ours, list(ours)) == []) == (theirs == ours)


def test_the_numbers_of_other_business_are_not_ours() -> None:
    assert is_ours(A, "TEST")
    assert not is_ours(A, "ELSE")
    assert not is_ours("2026112122001", "TEST")


def test_days_are_those_of_the_wallets() -> None:
    assert day_before(datetime(2026, 11, 21, 16, 30, tzinfo=UTC)) == date(2026, 11, 21)
    begins, ends = due_span(date(2026, 11, 21))
    assert (begins.astimezone(UTC).hour, ends.astimezone(UTC).hour) == (15, 15)
