"""Two cases of one buyer about one order become one, and what is refused."""

import pytest

from domain.case_numbers import mint
from domain.people import Actor, Role
from domain.review_case import merging, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.merging import MergeSide, check_sides
from domain.review_case.outcomes import Outcome
from domain.review_case.refusals import MergeRefused
from tests.domain.review_world import ALICE, BOB, TEXT
from tests.domain.test_replying import world

HERE, THERE = mint(2026, 1), mint(2026, 2)
LEE = Actor(person="lee", roles=frozenset({Role.LEAD}))


def side(**changes: object) -> MergeSide:
    facts = {"number": THERE, "shop": "demo", "person": "chen", "order": "o-1", "closed": False, "merged_into": None}
    return MergeSide.model_validate(facts | changes)


def merge_step(into: str = THERE) -> steps.Merge:
    return steps.Merge(into=into, why=TEXT)


@pytest.mark.covers(194)
def test_two_open_cases_of_one_buyer_about_one_order_fit() -> None:
    check_sides(side(number=HERE), side())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"shop": "other"}, "other_shop"),
        ({"person": "mallory"}, "other_buyer"),
        ({"person": None}, "other_buyer"),
        ({"order": "o-2"}, "other_order"),
        ({"order": None}, "other_order"),
        ({"closed": True}, "closed"),
        ({"merged_into": HERE}, "circular"),
        ({"merged_into": mint(2026, 3)}, "merged"),
    ],
)
@pytest.mark.covers(194)
def test_cases_that_do_not_fit_are_refused_by_name(changes: dict[str, object], why: str) -> None:
    with pytest.raises(MergeRefused) as refused:
        check_sides(side(number=HERE), side(**changes))
    assert refused.value.facts["why"] == why


def test_buyers_that_nobody_knows_are_not_the_same_buyer() -> None:
    with pytest.raises(MergeRefused):
        check_sides(side(number=HERE, person=None), side(person=None))


@pytest.mark.parametrize("written", [HERE, HERE.lower().replace("-", " ")])
def test_a_case_is_not_merged_into_itself_however_it_is_written(written: str) -> None:
    one = world()
    one.case.opening = one.case.opening.model_copy(update={"case": HERE})
    assert not one.step(BOB, merge_step(written))


def test_merging_is_a_leaders_step() -> None:
    assert not world().step(ALICE, merge_step())
    assert world().step(LEE, merge_step())


def test_a_case_with_money_in_it_is_not_merged_away() -> None:
    one = world()
    one.case.assignee = "bob"
    assert one.step(BOB, steps.LogContact.model_validate(EXPLAINED))
    assert one.step(BOB, steps.MakeOffer(amount_fen=500))
    assert not one.step(BOB, merge_step())


EXPLAINED = {"result": "connected", "talk": "undecided", "explained": True, "inbound": True, "channel": "call"}


def test_a_suspected_case_is_decided_before_it_is_merged() -> None:
    one = world()
    assert one.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert not one.step(BOB, merge_step())


def test_a_merged_case_ends_as_a_duplicate_once_the_other_one_was_told() -> None:
    one = world()
    assert one.step(BOB, merge_step())
    assert one.case.outcome is Outcome.DUPLICATE
    assert [entry.action for entry in agenda(one.case)] == [Action.TELL_MERGE]
    merging.merge_told(one.case)
    assert Action.NOTIFY in [entry.action for entry in agenda(one.case)]


def test_the_surviving_case_notes_it_once_however_often_it_is_told() -> None:
    one = world()
    merging.absorbed(one.case, HERE, one.now)
    merging.absorbed(one.case, HERE, one.now)
    assert one.case.absorbed == [HERE]
    assert [event.kind for event in one.case.unwritten] == ["absorbed"]


def test_a_case_that_is_given_back_is_noted_once_and_only_if_it_was_taken_in() -> None:
    one = world()
    merging.absorbed(one.case, HERE, one.now)
    merging.given_back(one.case, HERE, one.now)
    merging.given_back(one.case, HERE, one.now)
    assert one.case.absorbed == []
    assert [event.kind for event in one.case.unwritten] == ["absorbed", "given_back"]
