"""Two cases of one buyer about one order become one, and what is refused."""

from datetime import timedelta

import pytest

from domain.case_numbers import mint
from domain.contact_terms import Channel
from domain.disputes.steps import AskQuestion
from domain.escalation import EscalationKind
from domain.people import Actor, Role
from domain.review_case import agreement_steps, hearing, merging, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.endings import BuyerWaits
from domain.review_case.facts import BuyerMessage
from domain.review_case.merging import MergeSide, check_sides
from domain.review_case.outcomes import Outcome
from domain.review_case.refusals import MergeRefused
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, TEXT, World
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


@pytest.mark.parametrize("asked", ["investigation", "decision", "question"])
def test_a_case_in_which_somebody_was_asked_something_is_not_merged_away(asked: str) -> None:
    one = a_plain_case()
    due = one.now + timedelta(days=1)
    asking: dict[str, steps.Step] = {
        "investigation": agreement_steps.OpenInvestigation(to="ann", question=TEXT, due=due),
        "decision": agreement_steps.AskDecision(what=TEXT),
        "question": AskQuestion(what=TEXT),
    }
    assert one.step(ALICE, asking[asked])
    assert not one.step(BOB, merge_step())
    one.case.edition = 0
    assert one.step(BOB, merge_step()), "an older run carries out what it accepted"


def waiting() -> World:
    """A case whose buyer agreed on a time, said when they can be reached, and wrote since; nobody has answered."""
    one = a_plain_case()
    assert one.step(ALICE, steps.ScheduleCallback(at=one.now + timedelta(hours=7)))
    assert one.step(ALICE, agreement_steps.DescribeBuyer(hours=["18:00-20:00"], written=True))
    hearing.received(one.case, BuyerMessage(by="messenger", channel=Channel.SMS, text=TEXT), one.now)
    return one


def test_what_the_buyer_waits_for_goes_on_in_the_other_case() -> None:
    merged, survivor = waiting(), a_plain_case()
    assert merged.step(BOB, merge_step())
    assert EscalationKind.BUYER_WROTE not in merged.case.clocks
    assert merged.case.merged is not None
    survivor.case.plan_again_at = None
    later = survivor.now + timedelta(hours=1)
    merging.absorbed(survivor.case, HERE, later, merged.case.merged.waits)
    case = survivor.case
    assert (case.preference_at, case.preference_stated_at) == (merged.now + timedelta(hours=7), merged.now)
    assert (case.agreements.hours, case.agreements.hours_written) == (["18:00-20:00"], True)
    assert case.clocks[EscalationKind.BUYER_WROTE].since == merged.now
    assert case.plan_again_at == later, "planned anew by what the buyer said there"


def test_a_contact_planned_without_knowing_of_the_agreed_time_is_planned_anew() -> None:
    one = a_plain_case()
    one.pass_to(next(due for due in agenda(one.case) if due.action is Action.PLAN))
    assert Action.PLAN not in [due.action for due in agenda(one.case)]
    merging.absorbed(one.case, HERE, one.now, BuyerWaits(agreed_at=one.now + timedelta(hours=7)))
    assert [due.at for due in agenda(one.case) if due.action is Action.PLAN] == [one.now]


def test_of_two_agreed_times_the_one_agreed_last_counts_and_own_hours_stay() -> None:
    one = a_plain_case()
    one.case.agreements.hours = ["09:00-10:00"]
    one.now += timedelta(hours=1)
    mine = one.now + timedelta(hours=3)
    assert one.step(ALICE, steps.ScheduleCallback(at=mine))
    older = BuyerWaits(
        agreed_at=one.now + timedelta(days=1), stated_at=one.now - timedelta(hours=1), hours=["18:00-20:00"]
    )
    merging.absorbed(one.case, HERE, one.now, older)
    assert (one.case.preference_at, one.case.agreements.hours) == (mine, ["09:00-10:00"])
    newer = older.model_copy(update={"stated_at": one.now + timedelta(minutes=1)})
    merging.absorbed(one.case, THERE, one.now, newer)
    assert one.case.preference_at == newer.agreed_at


def test_a_word_of_a_merge_from_before_names_the_case_alone() -> None:
    one = a_plain_case()
    before = one.case.model_copy(deep=True)
    merging.absorbed(one.case, HERE, one.now)
    assert (one.case.preference_at, one.case.agreements, one.case.clocks) == (
        before.preference_at, before.agreements, before.clocks,
    )  # fmt: skip
