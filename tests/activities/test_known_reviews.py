"""What a review asks for, by what is known of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.intake_batches import ItemKind
from activities.known_reviews import UNKNOWN, KnownCase, KnownReview, asks_for
from domain.platforms import Grade
from domain.review_case.outcomes import Outcome

CUT_OFF = datetime(2026, 11, 1, tzinfo=UTC)
LATER = CUT_OFF + timedelta(days=3)
ROW = UUID(int=1)
SAME, OTHER = b"s" * 32, b"o" * 32
BAD_OR_NEUTRAL = [Grade.BAD, Grade.NEUTRAL]


def known(outcome: Outcome | None = None, amended_by: str | None = None) -> KnownReview:
    """A review with a case: open, or closed with an outcome."""
    closed_at = LATER if outcome else None
    case = KnownCase("A26-1", "review:x", "1", ROW, 1, closed_at, outcome, amended_by)
    return KnownReview(ROW, SAME, case)


def asked(found: KnownReview, grade: Grade, mark: bytes = SAME, *, pushed: bool = False) -> ItemKind | None:
    return asks_for(found, grade, mark, LATER, CUT_OFF, pushed=pushed)


@pytest.mark.parametrize("grade", BAD_OR_NEUTRAL)
def test_an_unknown_bad_or_neutral_review_is_new(grade: Grade) -> None:
    assert asked(UNKNOWN, grade) is ItemKind.NEW


@given(
    st.sampled_from([*Grade]),
    st.booleans(),
    st.timedeltas(min_value=timedelta(seconds=1), max_value=CUT_OFF - datetime(2000, 1, 1, tzinfo=UTC)),
)
def test_nothing_from_before_the_cut_off_opens_a_case(grade: Grade, pushed: bool, before: timedelta) -> None:
    assert asks_for(UNKNOWN, grade, SAME, CUT_OFF - before, CUT_OFF, pushed=pushed) is None


def test_a_sealed_review_without_a_case_is_still_new() -> None:
    assert asked(KnownReview(ROW, SAME), Grade.BAD) is ItemKind.NEW


@given(st.sampled_from([*Grade]), st.booleans())
def test_an_open_case_hears_of_every_change_and_of_every_push(grade: Grade, pushed: bool) -> None:
    assert asked(known(), grade, OTHER, pushed=pushed) is ItemKind.CHANGED_OPEN
    assert asked(known(), grade, SAME, pushed=pushed) is (ItemKind.CHANGED_OPEN if pushed else None)


@given(st.sampled_from([*Outcome]), st.sampled_from([SAME, OTHER]), st.booleans())
def test_a_good_review_never_wakes_a_closed_case(outcome: Outcome, mark: bytes, pushed: bool) -> None:
    assert asked(known(outcome, "edit_result"), Grade.GOOD, mark, pushed=pushed) is None


@pytest.mark.parametrize("grade", BAD_OR_NEUTRAL)
def test_an_amended_review_that_is_bad_again_wakes_its_case_even_with_its_old_words(grade: Grade) -> None:
    assert asked(known(Outcome.AMENDED_PAID, "edit_result"), grade) is ItemKind.RELAPSED
    assert asked(known(Outcome.REMOVED), grade) is ItemKind.RELAPSED


def test_an_amendment_by_append_leaves_the_first_review_bad() -> None:
    assert asked(known(Outcome.AMENDED_PAID, "append"), Grade.BAD, pushed=True) is None


@given(st.sampled_from([Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.SETTLED_KEPT, Outcome.STOPPED_BY_BUYER]))
def test_a_review_that_stayed_bad_wakes_its_case_only_when_it_changed(outcome: Outcome) -> None:
    assert asked(known(outcome), Grade.BAD, pushed=True) is None
    assert asked(known(outcome), Grade.BAD, OTHER) is ItemKind.RELAPSED
