"""The queue's order: a total order, the same each time, and monotone in everything that it weighs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contact_terms import TalkOutcome
from domain.queue_ranking import DEADLINE_LEAD, TALK_COUNTS, CaseFacts, Rank, rank

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPANS = st.integers(0, 40 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
SURGE = st.booleans()


@st.composite
def some_facts(draw: Any) -> CaseFacts:
    created = NOW - draw(SPANS)
    return CaseFacts(
        number=draw(st.sampled_from(["A", "B", "C", "D"])),
        due_at=draw(st.none() | SPANS.map(lambda span: created + span)),
        next_at=NOW + draw(SPANS),
        severity=draw(st.integers(1, 4)),
        created_at=created,
        misses=draw(st.integers(0, 30)),
        talk=draw(st.none() | st.sampled_from(TalkOutcome)),
        deadlines=tuple(NOW + span for span in draw(st.lists(SPANS, max_size=3))),
        value_fen=draw(st.integers(0, 1_000_000)),
        counts=draw(st.booleans()),
    )


def plain(**changes: Any) -> CaseFacts:
    usual: dict[str, Any] = {
        "number": "A", "due_at": NOW - HOUR, "next_at": NOW, "severity": 1, "created_at": NOW - timedelta(days=3),
    }  # fmt: skip
    return CaseFacts(**usual | changes)


def first(*cases: CaseFacts, surge: bool = False) -> CaseFacts:
    return min(cases, key=lambda case: rank(case, NOW, surge=surge))


@pytest.mark.covers(10)
@given(st.lists(some_facts(), max_size=6), SURGE)
def test_the_order_is_total_and_the_same_each_time(cases: list[CaseFacts], surge: bool) -> None:
    ranks = [rank(case, NOW, surge=surge) for case in cases]

    assert ranks == [rank(case, NOW, surge=surge) for case in cases]
    for a, b in pairwise(sorted(ranks)):
        assert a <= b
        assert (a == b) == ((a.waiting, a.at, a.number) == (b.waiting, b.at, b.number))


@given(some_facts(), SPANS, SURGE)
def test_what_is_due_earlier_never_stands_behind(case: CaseFacts, earlier: timedelta, surge: bool) -> None:
    if case.due_at is not None:
        sooner = replace(case, due_at=case.due_at - earlier)
        assert rank(sooner, NOW, surge=surge) <= rank(case, NOW, surge=surge)


@pytest.mark.covers(6)
@given(some_facts(), SPANS, SURGE)
def test_an_older_review_never_stands_behind(case: CaseFacts, older: timedelta, surge: bool) -> None:
    aged = replace(case, created_at=case.created_at - older)

    assert rank(aged, NOW, surge=surge) <= rank(case, NOW, surge=surge)


@pytest.mark.covers(91)
@given(some_facts(), SURGE)
def test_a_review_that_the_shops_score_does_not_hear_of_never_stands_before_one_that_counts(
    case: CaseFacts, surge: bool
) -> None:
    assert rank(replace(case, counts=True), NOW, surge=surge) <= rank(replace(case, counts=False), NOW, surge=surge)


@pytest.mark.covers(91)
def test_what_does_not_count_is_put_back_by_two_hours_and_never_dropped() -> None:
    young, old = plain(number="B"), plain(number="A", counts=False, due_at=NOW - 4 * HOUR)

    assert first(plain(counts=False, number="A"), plain(number="B")).number == "B"
    assert first(young, old) == old


@given(some_facts(), st.integers(1, 4), SURGE)
def test_a_severer_case_never_stands_behind(case: CaseFacts, other: int, surge: bool) -> None:
    severer = replace(case, severity=max(case.severity, other))

    assert rank(severer, NOW, surge=surge) <= rank(case, NOW, surge=surge)


@pytest.mark.covers(10)
@given(some_facts(), st.integers(0, 30), SURGE)
def test_a_case_that_was_missed_more_often_never_stands_before(case: CaseFacts, more: int, surge: bool) -> None:
    assert rank(replace(case, misses=case.misses + more), NOW, surge=surge) >= rank(case, NOW, surge=surge)


@given(some_facts(), st.sampled_from(sorted(TALK_COUNTS)), st.sampled_from(sorted(TALK_COUNTS)), SURGE)
def test_a_better_talk_never_stands_behind_a_worse(
    case: CaseFacts, one: TalkOutcome, other: TalkOutcome, surge: bool
) -> None:
    better, worse = sorted((one, other), key=lambda talk: TALK_COUNTS[talk])

    assert rank(replace(case, talk=better), NOW, surge=surge) <= rank(replace(case, talk=worse), NOW, surge=surge)


@given(some_facts(), SPANS, SURGE)
def test_another_deadline_never_moves_a_case_back(case: CaseFacts, span: timedelta, surge: bool) -> None:
    pressed = replace(case, deadlines=(*case.deadlines, NOW + span))

    assert rank(pressed, NOW, surge=surge) <= rank(case, NOW, surge=surge)


@given(some_facts(), st.integers(0, 1_000_000))
def test_in_a_surge_a_dearer_order_never_stands_behind(case: CaseFacts, more: int) -> None:
    dearer = replace(case, value_fen=case.value_fen + more)

    assert rank(dearer, NOW, surge=True) <= rank(case, NOW, surge=True)


@given(some_facts(), some_facts(), SPANS, SURGE)
def test_time_alone_never_changes_the_order_of_two_cases_that_are_due(
    one: CaseFacts, other: CaseFacts, later: timedelta, surge: bool
) -> None:
    if all(case.due_at is not None and case.due_at <= NOW for case in (one, other)):
        now = rank(one, NOW, surge=surge) < rank(other, NOW, surge=surge)
        assert now == (rank(one, NOW + later, surge=surge) < rank(other, NOW + later, surge=surge))


@given(some_facts(), some_facts(), SURGE)
def test_whoever_is_needed_now_comes_before_whatever_waits(one: CaseFacts, other: CaseFacts, surge: bool) -> None:
    needed = [case.due_at is not None and case.due_at <= NOW for case in (one, other)]
    if needed == [True, False]:
        assert rank(one, NOW, surge=surge) < rank(other, NOW, surge=surge)


@pytest.mark.covers(209)
def test_a_deadline_that_is_near_beats_an_older_due_case() -> None:
    pressed = plain(number="B", due_at=NOW, deadlines=(NOW + HOUR,))

    assert first(plain(due_at=NOW - 8 * HOUR), pressed) is pressed
    assert rank(pressed, NOW).at == NOW + HOUR - DEADLINE_LEAD


def test_a_grave_case_beats_a_light_one_that_has_waited_some_hours_longer() -> None:
    grave = plain(number="B", severity=4, due_at=NOW)

    assert first(plain(due_at=NOW - 5 * HOUR), grave) is grave
    assert first(plain(due_at=NOW - 9 * HOUR), grave) is not grave


def test_a_light_case_is_not_put_off_for_ever() -> None:
    light = plain(due_at=NOW - timedelta(days=1))

    assert first(light, plain(number="B", severity=4, due_at=NOW, talk=TalkOutcome.AGREED_AMEND)) is light


@pytest.mark.covers(34)
def test_a_surge_goes_by_value_and_age() -> None:
    dear = plain(number="B", value_fen=50_000)
    old = plain(number="C", created_at=NOW - timedelta(days=4))
    grave = plain(number="D", severity=4)
    ranked = sorted((plain(), dear, old, grave), key=lambda case: rank(case, NOW, surge=True))

    assert [case.number for case in ranked] == ["B", "C", "A", "D"]


@given(st.lists(some_facts(), max_size=6, unique_by=lambda case: case.number))
def test_a_surge_forgets_nothing_and_its_end_brings_back_the_usual_order(cases: list[CaseFacts]) -> None:
    before = sorted(rank(case, NOW) for case in cases)
    during = sorted(rank(case, NOW, surge=True) for case in cases)

    assert {place.number for place in during} == {place.number for place in before}
    assert sorted(rank(case, NOW) for case in cases) == before


def test_equal_places_are_told_apart_by_number() -> None:
    assert rank(plain(number="A"), NOW) < rank(plain(number="B"), NOW)
    assert rank(plain(), NOW) == Rank(False, rank(plain(), NOW).at, "A")
