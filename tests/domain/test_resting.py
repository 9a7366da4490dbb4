"""After the buyer accepted an offer: agreed times and one reminder, and nobody who talks them over."""

from datetime import datetime, timedelta

import pytest

from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.gate import GateMode
from domain.review_case import progress, resting, steps
from domain.review_case.agenda import Action, agenda, outcome_at_end
from domain.review_case.facts import Planned
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Attempt
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, START, TEXT, World

INBOUND = {"result": "connected", "talk": "undecided", "explained": True, "inbound": True, "channel": "im"}


def plan(world: World, hours: int = 2) -> None:
    begins = world.now + timedelta(hours=hours)
    found = Planned(due_at=begins, slot_ends_at=begins + timedelta(hours=1), channel=Channel.CALL, why="lunch")
    progress.planned(world.case, found, world.now)


def accepted(world: World) -> World:
    """The buyer came by themselves, had it explained, and took what was offered; a call is still planned."""
    assert world.step(ALICE, steps.LogContact.model_validate(INBOUND))
    assert world.step(ALICE, steps.MakeOffer(amount_fen=500))
    plan(world)
    assert world.step(ALICE, steps.AnswerOffer(offer=1, accepted=True))
    return world


@pytest.fixture
def world() -> World:
    return accepted(a_plain_case())


def plans(world: World) -> list[datetime]:
    return [due.at for due in agenda(world.case) if due.action is Action.PLAN]


def reached(world: World, result: CallResult = CallResult.CONNECTED) -> None:
    talk = TalkOutcome.AGREED_AMEND if result is CallResult.CONNECTED else None
    world.case.attempts.append(
        Attempt(number=9, channel=Channel.CALL, at=world.now, by="alice", result=result, talk=talk)
    )
    world.case.plan_again_at = world.now


def test_a_planned_call_is_dropped_when_the_buyer_accepts(world: World) -> None:
    assert world.case.contact is None
    assert [at for at in plans(world) if at < START + resting.REMIND_AFTER] == []


@pytest.mark.covers(30)
def test_a_buyer_who_forgot_to_amend_is_reminded_once(world: World) -> None:
    assert plans(world) == [START + resting.REMIND_AFTER]
    world.now += resting.REMIND_AFTER
    plan(world)
    assert world.case.contact is not None
    assert world.case.contact.reminder
    world.case.contact = None
    reached(world)
    assert plans(world) == []


def test_a_reminder_that_reached_nobody_is_tried_again(world: World) -> None:
    world.now += resting.REMIND_AFTER
    reached(world, CallResult.NO_ANSWER)
    assert plans(world) == [world.now]


@pytest.mark.covers(30)
def test_a_time_that_was_agreed_is_kept_though_the_buyer_accepted(world: World) -> None:
    assert world.step(ALICE, steps.ScheduleCallback(at=START + timedelta(hours=5)))
    assert plans(world) == [START]
    world.now = START + timedelta(hours=5)
    reached(world)
    assert plans(world) == []


def test_presence_or_a_new_number_brings_no_call_before_its_time(world: World) -> None:
    assert world.step(ALICE, steps.BuyerOnline())
    assert plans(world) == [START + resting.REMIND_AFTER]


def test_nobody_is_reminded_where_money_does_not_wait_for_the_amendment() -> None:
    world = a_plain_case()
    assert world.case.identity is not None
    world.case.identity.gate_mode = GateMode.ON_RESOLUTION
    assert plans(accepted(world)) == []


def test_a_contact_that_was_taken_already_is_still_logged(world: World) -> None:
    world = a_plain_case()
    assert world.step(ALICE, steps.LogContact.model_validate(INBOUND))
    plan(world, hours=0)
    progress.contact_due(world.case, world.now)
    assert world.step(ALICE, steps.MakeOffer(amount_fen=500))
    assert world.step(ALICE, steps.BeginContact())
    assert world.step(ALICE, steps.AnswerOffer(offer=1, accepted=True))
    assert world.step(ALICE, steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.AGREED_AMEND))


@pytest.mark.covers(46, 55)
@pytest.mark.parametrize(
    ("talk", "outcome"),
    [(TalkOutcome.REFUSED_POLITELY, Outcome.SETTLED_KEPT), (TalkOutcome.ABUSIVE, Outcome.REFUSED)],
)
def test_a_content_buyer_who_keeps_the_review_is_a_settled_one(talk: TalkOutcome, outcome: Outcome) -> None:
    world = a_plain_case()
    assert world.step(ALICE, steps.LogContact.model_validate(INBOUND | {"result_accepted": True}))
    assert world.step(ALICE, steps.LogContact.model_validate(INBOUND | {"talk": talk, "note": TEXT}))
    assert outcome_at_end(world.case) is outcome
