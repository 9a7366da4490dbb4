"""What a talk leaves behind, as rules of the review case."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.errors import Refusal
from domain.policies.contact import ContactPolicy
from domain.policies.documents import load_shipped
from domain.review_case import rules, steps
from domain.review_case.refusals import AsksUsedUp, NextStepMissing, UnknownTemper
from domain.review_case.talking import check_asks, check_next, check_temper
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, START, TEXT, World

POLICY = load_shipped("contact", ContactPolicy)
TALK = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "inbound": True, "channel": Channel.IM}


@pytest.fixture
def world() -> World:
    return a_plain_case()


def refusal_of(world: World, **logged: object) -> str:
    command = steps.Command(
        actor=ALICE, step=steps.LogContact.model_validate(TALK | logged), digest="", sent_at=world.now
    )
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, command, world.now)
    return refused.value.code


def log(world: World, **logged: object) -> bool:
    return world.step(ALICE, steps.LogContact.model_validate(TALK | logged))


@pytest.mark.covers(55)
def test_the_review_is_not_mentioned_before_the_buyer_said_yes_to_the_result(world: World) -> None:
    assert refusal_of(world, asked_to_amend=True) == "AcceptanceMissing"


@pytest.mark.covers(55)
def test_the_yes_may_stand_in_the_same_log(world: World) -> None:
    assert log(world, asked_to_amend=True, result_accepted=True)
    assert world.case.agreements.accepted_at == world.now


@pytest.mark.covers(55)
def test_a_yes_that_was_recorded_before_goes_on_counting(world: World) -> None:
    assert log(world, result_accepted=True)
    assert log(world, asked_to_amend=True)


@pytest.mark.covers(74)
def test_where_the_marketplace_bans_asking_no_yes_helps(world: World) -> None:
    assert world.case.identity is not None
    world.case.identity = world.case.identity.model_copy(update={"may_ask_to_amend": False})
    assert refusal_of(world, asked_to_amend=True, result_accepted=True) == "AskingBanned"


def test_a_log_that_older_code_let_in_is_still_carried_out(world: World) -> None:
    asking = steps.LogContact.model_validate(TALK | {"asked_to_amend": True})
    command = steps.Command(actor=ALICE, step=asking, digest="", sent_at=world.now)
    rules.check(world.case, command, world.now, accepted=True)
    assert refusal_of(world, asked_to_amend=True) == "AcceptanceMissing"


def test_nobody_says_yes_who_was_not_reached(world: World) -> None:
    assert refusal_of(world, result=CallResult.NO_ANSWER, talk=None, result_accepted=True) == "TalkMissing"


@given(st.integers(0, 9))
def test_the_review_is_mentioned_as_often_as_policy_allows_and_no_more(made: int) -> None:
    if made < POLICY.per_case.asks_to_amend_total:
        check_asks(made, POLICY)
    else:
        with pytest.raises(AsksUsedUp):
            check_asks(made, POLICY)


@pytest.mark.covers(53)
def test_temper_and_cautions_stay_for_the_next_talk(world: World) -> None:
    log(world, temper=["angry"], cautions=TEXT)
    log(world, note=TEXT)
    assert (world.case.agreements.temper, world.case.agreements.cautions) == (["angry"], TEXT)


def test_a_tag_that_nobody_listed_is_refused_by_name() -> None:
    with pytest.raises(UnknownTemper, match="stupid"):
        check_temper(["calm", "stupid"], ["calm", "angry"])


@pytest.mark.covers(30, 51)
def test_a_buyer_who_agreed_to_something_later_agreed_on_a_time() -> None:
    with pytest.raises(NextStepMissing, match="next_at"):
        check_next(TalkOutcome.AGREED_LATER, None, POLICY)
    check_next(TalkOutcome.AGREED_LATER, START, POLICY)


@pytest.mark.parametrize("talk", [None, *sorted(set(TalkOutcome) - {TalkOutcome.AGREED_LATER})])
def test_after_other_talks_no_time_is_needed(talk: TalkOutcome | None) -> None:
    check_next(talk, None, POLICY)


def test_an_agreed_time_moves_the_next_contact(world: World) -> None:
    at = world.now + timedelta(days=2)
    log(world, next_at=at)
    assert (world.case.preference_at, world.case.plan_again_at) == (at, world.now)


@pytest.mark.parametrize("away", [timedelta(hours=-1), timedelta(days=29, hours=23, minutes=30), timedelta(days=31)])
def test_an_agreed_time_lies_ahead_and_within_the_month(world: World, away: timedelta) -> None:
    assert refusal_of(world, next_at=world.now + away) == "BadTime"


def test_a_log_without_agreements_leaves_none_in_the_record(world: World) -> None:
    log(world)
    assert not {"temper", "cautions", "next_at", "result_accepted"} & world.case.unwritten[-1].facts.keys()
