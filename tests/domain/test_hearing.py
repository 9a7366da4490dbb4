"""Messages that a buyer sends by themselves."""

import pytest

from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.escalation import EscalationKind
from domain.review_case import hearing, progress, steps
from domain.review_case.agenda import Action, agenda, due_for_people
from domain.review_case.facts import BuyerMessage, Planned
from domain.review_case.state import ReviewCaseState
from domain.sealed import SealedRef
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, World


@pytest.fixture
def world() -> World:
    """Nothing more can be sent: messages stand unanswered."""
    one = a_plain_case()
    one.case.clocks.clear()
    progress.planned(one.case, Planned(why="messages stand unanswered", code="waiting_for_buyer"), one.now)
    return one


def write(world: World, text: str = "t1", *, opt_out: bool = False) -> None:
    ref = SealedRef(id=text, digest="d")
    hearing.received(
        world.case, BuyerMessage(by="messenger", channel=Channel.SMS, text=ref, opt_out=opt_out), world.now
    )


def waiting(case: ReviewCaseState) -> list[Action]:
    return [due.action for due in agenda(case)]


def test_a_message_waits_for_an_answer_and_counts_as_a_contact_of_the_buyers(world: World) -> None:
    write(world)
    assert due_for_people(world.case) is not None
    assert EscalationKind.BUYER_WROTE in world.case.clocks
    assert [attempt.inbound for attempt in world.case.attempts] == [True]
    assert waiting(world.case)[:2] == [Action.LOG_MESSAGE, Action.PLAN]


def test_a_message_that_comes_twice_is_kept_once(world: World) -> None:
    write(world)
    write(world)
    assert [event.kind for event in world.case.unwritten].count("buyer_wrote") == 1
    assert len(world.case.agreements.chats) == 1


def test_whoever_logs_the_talk_has_answered(world: World) -> None:
    write(world)
    talk = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "inbound": True, "channel": "sms"}
    assert world.step(ALICE, steps.LogContact.model_validate(talk))
    assert EscalationKind.BUYER_WROTE not in world.case.clocks


@pytest.mark.covers(31)
def test_an_opt_out_ends_contact_at_once_and_asks_for_no_answer(world: World) -> None:
    write(world, opt_out=True)
    assert world.case.stopped is StopSignal.BUYER_OPT_OUT
    assert EscalationKind.BUYER_WROTE not in world.case.clocks
    assert Action.PLAN not in waiting(world.case)


def test_a_message_after_an_opt_out_is_heard_and_lifts_nothing(world: World) -> None:
    write(world, opt_out=True)
    write(world, "t2")
    assert world.case.stopped is StopSignal.BUYER_OPT_OUT
    assert EscalationKind.BUYER_WROTE in world.case.clocks
    assert Action.PLAN not in waiting(world.case)


def test_a_message_and_presence_never_give_two_contacts_one_number(world: World) -> None:
    world.case.plan_again_at = world.now
    numbers = []
    for text in ("t1", "t2"):
        world.pass_to(next(due for due in agenda(world.case) if due.action is Action.PLAN))
        write(world, text)
        assert world.step(ALICE, steps.BuyerOnline())
        numbers.append(world.case.attempts[-1].number)
    world.pass_to(next(due for due in agenda(world.case) if due.action is Action.PLAN))
    planned = world.case.contact
    assert planned is not None
    assert planned.number not in numbers
