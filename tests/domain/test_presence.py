"""The buyer is online: when a plan is worth making anew, and when it is not."""

from datetime import timedelta

import pytest

from domain.contact_terms import Channel
from domain.people import Actor, ActorKind
from domain.review_case import desk, presence, progress, steps
from domain.review_case.facts import Planned, Prepared
from domain.review_case.state import ReviewCaseState
from tests.domain.review_world import BOB, START, TEXT
from tests.domain.test_desk_of_a_case import opened

MESSENGER = Actor(kind=ActorKind.SYSTEM, person="messenger")
TONIGHT = START + timedelta(hours=6)
SOON = START + timedelta(minutes=20)


def planned_for_tonight(**more: object) -> ReviewCaseState:
    case = opened()
    plan = Planned(due_at=TONIGHT, slot_ends_at=TONIGHT + timedelta(hours=1), channel=Channel.CALL, why="evening")
    progress.planned(case, plan.model_copy(update=more), START)
    return case


def seen(case: ReviewCaseState) -> int:
    return [event.kind for event in case.unwritten].count("buyer_seen_online")


@pytest.mark.covers(27)
def test_a_planned_contact_is_planned_anew_and_keeps_its_number() -> None:
    case = planned_for_tonight()
    presence.seen_by_platform(case, MESSENGER, SOON)

    assert (case.contact, case.plan_again_at, case.online_seen_at, case.contacts_planned) == (None, SOON, SOON, 0)


def test_a_word_about_the_same_visit_changes_nothing() -> None:
    case = planned_for_tonight()
    for minute in range(5):
        presence.seen_by_platform(case, MESSENGER, SOON + timedelta(minutes=minute))

    assert (seen(case), case.online_seen_at) == (1, SOON)


@pytest.mark.covers(31)
def test_within_the_cool_down_of_the_last_one_the_plan_stays() -> None:
    case = planned_for_tonight(presence_again_at=START + timedelta(hours=4))
    presence.seen_by_platform(case, MESSENGER, SOON)
    presence.buyer_online(case, BOB, steps.BuyerOnline(), SOON, Prepared())

    assert case.contact is not None
    presence.seen_by_platform(case, MESSENGER, START + timedelta(hours=4))
    assert case.contact is None


def test_a_contact_that_is_due_or_taken_is_left_alone() -> None:
    case = planned_for_tonight()
    progress.contact_due(case, SOON)
    presence.seen_by_platform(case, MESSENGER, SOON)

    assert case.contact is not None
    assert case.contact.due


def test_a_program_makes_no_persons_step_stale() -> None:
    case = planned_for_tonight()
    before = case.person_step
    presence.seen_by_platform(case, MESSENGER, SOON)

    assert case.person_step == before


def test_a_held_case_only_notes_it() -> None:
    case = planned_for_tonight()
    desk.hold(case, BOB, steps.Hold(why=TEXT), START, Prepared())
    presence.seen_by_platform(case, MESSENGER, SOON)

    assert (case.contact, case.plan_again_at, case.online_seen_at) == (None, None, SOON)


# Taken back


@pytest.mark.covers(196)
def test_a_case_of_an_absent_agent_is_free_and_somebody_hears_of_it_when_it_stays_so() -> None:
    case = opened()
    desk.take_back(case, "alice", SOON)

    assert (case.assignee, case.taken_from) == (None, "alice")
    assert case.clocks["unassigned"].since == SOON  # type: ignore[index]


def test_a_case_that_somebody_else_has_by_now_stays_theirs() -> None:
    case = opened()
    desk.hand_over(case, BOB, steps.HandOver(to="ann"), SOON, Prepared())
    desk.take_back(case, "alice", SOON)

    assert case.assignee == "ann"
