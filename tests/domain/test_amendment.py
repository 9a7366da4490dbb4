from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.amendment import Amended, Baseline, NotAmended, Reading, Removed, Unclear, Worse, verdict
from domain.platforms import AmendMode, Grade

REGISTERED = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NOW = REGISTERED + timedelta(days=2)
BAD = Baseline(at=REGISTERED, grade=Grade.BAD, review_created_at=REGISTERED)
TAOBAO = frozenset({AmendMode.EDIT_RESULT, AmendMode.DELETE})
TMALL = frozenset({AmendMode.APPEND})
EVERY_MODE = frozenset(AmendMode) - {AmendMode.NONE}

READINGS = st.builds(
    Reading,
    at=st.integers(-60, 4000).map(lambda minutes: REGISTERED + timedelta(minutes=minutes)),
    found=st.booleans(),
    grade=st.none() | st.sampled_from(Grade),
    appended=st.booleans(),
    append_negative=st.none() | st.booleans(),
    other_row_readable=st.booleans(),
)
MODES = st.frozensets(st.sampled_from(sorted(EVERY_MODE)))


def seen(minutes: int, **facts: Any) -> Reading:
    """A reading so many minutes after registration; found and unchanged unless facts say otherwise."""
    return Reading(at=REGISTERED + timedelta(minutes=minutes), **({"found": True, "grade": Grade.BAD} | facts))


def gone(minutes: int, *, other: bool = True) -> Reading:
    return Reading(at=REGISTERED + timedelta(minutes=minutes), found=False, other_row_readable=other)


@pytest.mark.covers(76, 207)
def test_one_reading_of_a_good_grade_proves_an_edit() -> None:
    good = seen(60, grade=Grade.GOOD)

    assert verdict(BAD, [seen(30), good], TAOBAO, NOW) == Amended(AmendMode.EDIT_RESULT, (good,))


def test_a_good_score_proves_an_amendment_where_only_the_score_changes() -> None:
    good = seen(60, grade=Grade.GOOD)

    assert verdict(BAD, [good], {AmendMode.SCORE_ONLY}, NOW) == Amended(AmendMode.SCORE_ONLY, (good,))


def test_a_grade_that_buyers_cannot_change_asks_for_a_person() -> None:
    answer = verdict(BAD, [seen(60, grade=Grade.GOOD)], TMALL, NOW)

    assert isinstance(answer, Unclear)
    assert answer.read_again_at is None


def test_a_review_that_stands_is_not_amended() -> None:
    assert verdict(BAD, [seen(60)], TAOBAO, NOW) == NotAmended("nothing has changed")


def test_a_neutral_grade_instead_of_a_bad_one_is_better_but_not_amended() -> None:
    answer = verdict(BAD, [seen(60, grade=Grade.NEUTRAL)], TAOBAO, NOW)

    assert answer == NotAmended("the grade is neutral", improved=True)


def test_an_amendment_that_was_taken_back_does_not_count() -> None:
    readings = [seen(60, grade=Grade.GOOD), seen(90)]

    assert isinstance(verdict(BAD, readings, TAOBAO, NOW), NotAmended)


def test_a_second_complaint_is_worse_even_beside_a_good_grade() -> None:
    last = seen(60, grade=Grade.GOOD, appended=True, append_negative=True)

    assert verdict(BAD, [last], EVERY_MODE, NOW) == Worse("the buyer appended another complaint", (last,))


def test_a_neutral_review_that_turns_bad_is_worse() -> None:
    neutral = BAD.model_copy(update={"grade": Grade.NEUTRAL})

    assert isinstance(verdict(neutral, [seen(60)], TAOBAO, NOW), Worse)


@pytest.mark.covers(87)
def test_a_friendly_append_amends_where_reviews_can_only_be_appended_to() -> None:
    last = seen(60, appended=True, append_negative=False)

    assert verdict(BAD, [last], TMALL, NOW) == Amended(AmendMode.APPEND, (last,))


def test_a_friendly_append_does_not_amend_where_the_grade_can_be_edited() -> None:
    last = seen(60, appended=True, append_negative=False)

    assert isinstance(verdict(BAD, [last], TAOBAO, NOW), NotAmended)


def test_an_append_of_unknown_meaning_asks_for_a_person() -> None:
    answer = verdict(BAD, [seen(60, appended=True)], TMALL, NOW)

    assert isinstance(answer, Unclear)
    assert answer.read_again_at is None


def test_an_append_that_was_there_before_the_case_proves_nothing() -> None:
    before = BAD.model_copy(update={"appended": True})

    assert isinstance(verdict(before, [seen(60, appended=True, append_negative=False)], TMALL, NOW), NotAmended)


@pytest.mark.covers(76)
def test_two_readings_ten_minutes_apart_prove_a_deletion() -> None:
    first, second = gone(60), gone(70)

    assert verdict(BAD, [first, second], TAOBAO, NOW) == Amended(AmendMode.DELETE, (first, second))


def test_one_reading_of_a_vanished_review_proves_nothing_yet() -> None:
    now = REGISTERED + timedelta(minutes=61)

    answer = verdict(BAD, [gone(60)], TAOBAO, now)

    assert isinstance(answer, Unclear)
    assert answer.read_again_at == REGISTERED + timedelta(minutes=70)


def test_absence_without_another_readable_row_does_not_count() -> None:
    answer = verdict(BAD, [gone(60), gone(80, other=False)], TAOBAO, NOW)

    assert isinstance(answer, Unclear)


def test_a_review_that_came_back_between_two_absences_starts_the_count_again() -> None:
    readings = [gone(60), seen(65), gone(71)]

    assert isinstance(verdict(BAD, readings, TAOBAO, NOW), Unclear)


def test_a_vanished_review_that_buyers_cannot_delete_was_removed_by_the_platform() -> None:
    first, second = gone(60), gone(75)

    assert verdict(BAD, [first, second], TMALL, NOW) == Removed((first, second))


def test_a_review_beyond_the_history_that_is_served_is_not_called_deleted() -> None:
    day = 24 * 60
    readings = [gone(181 * day), gone(182 * day)]

    answer = verdict(BAD, readings, TAOBAO, REGISTERED + timedelta(days=183))

    assert isinstance(answer, Unclear)
    assert answer.read_again_at is None


def test_without_a_reading_there_is_no_verdict() -> None:
    assert verdict(BAD, [], TAOBAO, NOW) == Unclear(NOW, "the review has not been read yet")


def test_readings_from_the_future_are_not_believed() -> None:
    later = seen(10_000, grade=Grade.GOOD)

    assert isinstance(verdict(BAD, [later], TAOBAO, NOW), Unclear)


def test_a_reading_without_a_grade_is_read_again() -> None:
    answer = verdict(BAD, [seen(60, grade=None)], TAOBAO, NOW)

    assert isinstance(answer, Unclear)
    assert answer.read_again_at is not None


@given(st.lists(READINGS, max_size=8), MODES)
def test_an_amendment_is_only_found_in_a_mode_that_the_marketplace_has(
    readings: list[Reading], modes: frozenset[AmendMode]
) -> None:
    answer = verdict(BAD, readings, modes, NOW)

    assert not isinstance(answer, Amended) or answer.mode in modes


@given(st.lists(READINGS, max_size=8), MODES)
def test_an_amendment_rests_on_readings_after_registration(
    readings: list[Reading], modes: frozenset[AmendMode]
) -> None:
    answer = verdict(BAD, readings, modes, NOW)

    evidence = answer.evidence if isinstance(answer, Amended | Worse | Removed) else ()
    assert all(one in readings and REGISTERED <= one.at <= NOW for one in evidence)


@given(st.lists(READINGS, max_size=8), MODES)
def test_a_deletion_always_rests_on_two_readings_far_enough_apart(
    readings: list[Reading], modes: frozenset[AmendMode]
) -> None:
    answer = verdict(BAD, readings, modes, NOW)

    if isinstance(answer, Amended) and answer.mode is AmendMode.DELETE:
        first, last = answer.evidence
        assert last.at - first.at >= timedelta(minutes=10)
        assert first.other_row_readable
        assert last.other_row_readable


@given(st.permutations([seen(30), gone(60), gone(75), seen(20, grade=Grade.NEUTRAL)]))
def test_the_order_in_which_readings_arrive_does_not_matter(readings: list[Reading]) -> None:
    assert verdict(BAD, readings, TAOBAO, NOW) == Amended(AmendMode.DELETE, (gone(60), gone(75)))
