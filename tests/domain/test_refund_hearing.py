"""Messages that the buyer of a refund case sends by themselves."""

from datetime import timedelta

import pytest

from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.escalation import EscalationKind
from domain.policies.refund_rules import RefundStatus
from domain.queue_ranking import rank
from domain.refund_case import hearing, steps
from domain.refund_case.agenda import Action, agenda, due_for_people
from domain.refund_case.market import RefundKind
from domain.refund_case.standing import facts_of
from domain.review_case.facts import BuyerMessage
from domain.sealed import SealedRef
from tests.domain.refund_world import ALICE, TEXT, Market, RefundWorld

ANSWER = steps.LogContact(
    result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED, inbound=True, channel=Channel.IM
)  # fmt: skip


@pytest.fixture
def world() -> RefundWorld:
    """Alice asked the buyer why; it is hers to decide."""
    return RefundWorld(Market(kind=RefundKind.REFUND)).asked()


def write(world: RefundWorld, text: str = "t1", *, opt_out: bool = False) -> None:
    ref = SealedRef(id=text, digest="d")
    message = BuyerMessage(by="messenger", channel=Channel.IM, text=ref, opt_out=opt_out)
    hearing.received(world.case, message, world.now)


def ended(world: RefundWorld) -> RefundWorld:
    world.market.move(RefundStatus.SUCCEEDED, world.now)
    world.read()
    return world


def test_a_message_is_kept_and_somebody_is_needed_for_it(world: RefundWorld) -> None:
    world.wait(minutes=1)
    write(world)
    due = due_for_people(world.case)
    assert world.kinds[-1] == "buyer_wrote"
    assert [one.text for one in world.case.calls.heard] == ["t1"]
    assert EscalationKind.BUYER_WROTE in [one.subject for one in agenda(world.case)]
    assert due is not None


def test_somebody_is_needed_at_once_though_it_is_the_buyers_turn_on_the_marketplace() -> None:
    world = RefundWorld().agreed()
    assert due_for_people(world.case) is None
    write(world)
    due = due_for_people(world.case)
    assert due is not None
    assert (due.at, due.subject) == (world.now, EscalationKind.BUYER_WROTE)


def test_it_is_a_contact_of_the_buyers_own_which_planning_hears_of(world: RefundWorld) -> None:
    write(world)
    planned = world.case.calls.planned
    logging = [one for one in agenda(world.case) if one.action is Action.LOG_MESSAGE]
    assert [one.subject for one in logging] == [str(planned)]
    assert [attempt.inbound for attempt in world.case.calls.attempts] == [True]
    hearing.logged(world.case, planned)
    assert not hearing.unlogged(world.case)


def test_a_message_that_comes_twice_is_kept_once(world: RefundWorld) -> None:
    write(world)
    write(world)
    assert world.kinds.count("buyer_wrote") == 1


def test_whoever_logs_the_talk_has_answered(world: RefundWorld) -> None:
    write(world)
    assert world.step(ALICE, ANSWER) is None
    assert EscalationKind.BUYER_WROTE not in world.case.clocks


@pytest.mark.covers(31)
def test_an_opt_out_ends_the_calls_and_asks_for_no_answer(world: RefundWorld) -> None:
    write(world)
    write(world, "t2", opt_out=True)
    assert world.case.calls.stopped is StopSignal.BUYER_OPT_OUT
    assert EscalationKind.BUYER_WROTE not in world.case.clocks


def test_where_no_hour_was_left_a_message_lets_a_call_be_planned_again(world: RefundWorld) -> None:
    world.case.calls.hopeless = True
    write(world)
    assert (world.case.calls.hopeless, world.case.calls.plan_again_at) == (False, world.now)


@pytest.mark.parametrize("before", [True, False])
def test_a_case_that_has_its_outcome_does_not_close_over_a_message_until_it_was_answered(
    world: RefundWorld, before: bool
) -> None:
    if before:
        write(world)
    ended(world)
    if not before:
        write(world)
    world.case.clocks[EscalationKind.BUYER_WROTE].due_at = world.now + timedelta(days=2)
    world.wait(minutes=1)
    assert world.case.closed_at is None
    assert world.step(ALICE, ANSWER) is None
    world.wait(minutes=1)
    assert world.case.closed_at is not None


def test_a_case_ends_though_nobody_ever_answers(world: RefundWorld) -> None:
    write(ended(world))
    world.wait(days=3)
    assert world.case.closed_at is not None


def test_nobody_logs_a_talk_in_a_case_that_has_its_outcome_unless_the_buyer_waits_for_it(world: RefundWorld) -> None:
    assert ended(world).step(ALICE, ANSWER) == "CaseEnding"


def test_a_closed_case_hears_and_asks_for_nothing(world: RefundWorld) -> None:
    ended(world).wait(days=30)
    write(world)
    assert (world.case.clocks, world.case.calls.heard) == ({}, [])


def test_a_message_stands_in_its_agents_queue_though_the_warehouse_has_to_move() -> None:
    world = RefundWorld().received()
    later = world.now + timedelta(days=1)
    assert rank(facts_of(world.case, later), world.now).waiting
    write(world)
    assert not rank(facts_of(world.case, later), world.now).waiting
    assert world.step(ALICE, steps.Hold(why=TEXT)) is None
    assert rank(facts_of(world.case, later), world.now).waiting
