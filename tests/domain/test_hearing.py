"""Messages that a buyer sends by themselves."""

from datetime import timedelta

import pytest

from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.escalation import EscalationKind
from domain.review_case import closing, following_up, hearing, progress, steps
from domain.review_case.agenda import Action, agenda, next_due
from domain.review_case.facts import BuyerMessage, FollowUpPlanned, Planned
from domain.review_case.needed import due_for_people
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReviewCaseState
from domain.sealed import SealedRef
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, World


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


TALK = steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED, inbound=True, channel=Channel.SMS)


def ending(world: World, outcome: Outcome = Outcome.REFUSED) -> World:
    """Its outcome is fixed; only the notice stands before its closing."""
    closing.end(world.case, BOB, outcome, world.now)
    return world


def visiting(world: World) -> None:
    """A visit in three days is all that a solved case waits for."""
    ending(world, Outcome.SETTLED_KEPT)
    while world.case.follow_up is None:
        world.pass_to(agenda(world.case)[0])
    due_at = world.now + timedelta(days=3)
    plan = FollowUpPlanned(
        due_at=due_at, slot_ends_at=due_at + timedelta(hours=1), channel=Channel.CALL, why="days",
        questions={"solved": ["yes", "no"]},
    )  # fmt: skip
    following_up.planned(world.case, plan, world.now)


def run_out(world: World, **time: int) -> None:
    """What is due within a time happens."""
    ends = world.now + timedelta(**time)
    while (due := next_due(world.case)) is not None and due.at <= ends:
        world.pass_to(due)


@pytest.mark.parametrize("before", [True, False])
def test_a_case_does_not_close_over_a_message_until_it_was_answered(world: World, before: bool) -> None:
    if before:
        write(world)
    ending(world)
    if not before:
        write(world)
    due = due_for_people(world.case)
    assert due is not None
    assert due.subject == EscalationKind.BUYER_WROTE
    run_out(world, minutes=1)
    assert world.case.closed_at is None
    assert world.step(ALICE, TALK)
    run_out(world, minutes=1)
    assert world.case.closed_at is not None


def test_a_case_ends_though_nobody_ever_answers(world: World) -> None:
    write(ending(world))
    run_out(world, days=7)
    assert world.case.closed_at is not None


def test_a_message_while_the_visit_waits_is_due_at_once(world: World) -> None:
    visiting(world)
    visit = due_for_people(world.case)
    write(world)
    due = due_for_people(world.case)
    assert visit is not None
    assert due is not None
    assert (due.at, due.subject) == (world.now, EscalationKind.BUYER_WROTE)
    assert due.at < visit.at


def test_whoever_talks_to_the_buyer_at_the_visit_has_answered(world: World) -> None:
    visiting(world)
    write(world)
    assert world.case.follow_up is not None
    world.case.follow_up = world.case.follow_up.model_copy(update={"due": True})
    assert world.step(ALICE, steps.BeginFollowUp())
    assert world.step(ALICE, steps.LogFollowUp(result=CallResult.CONNECTED, answers={"solved": "yes"}))
    assert EscalationKind.BUYER_WROTE not in world.case.clocks


def test_an_opt_out_after_the_end_asks_for_no_answer(world: World) -> None:
    write(ending(world))
    write(world, "t2", opt_out=True)
    assert EscalationKind.BUYER_WROTE not in world.case.clocks


def test_a_review_that_is_bad_again_goes_on_in_its_next_run_at_once_though_the_buyer_waits(world: World) -> None:
    visiting(world)
    write(world)
    following_up.relapsed(world.case, world.now)
    run_out(world, minutes=1)
    assert world.case.closed_at is not None


def test_a_case_from_before_goes_on_as_its_history_says(world: World) -> None:
    world.case.edition = 0
    write(world)
    write(ending(world), "t2")
    assert world.case.clocks == {}


def test_a_closed_case_asks_for_nothing(world: World) -> None:
    run_out(ending(world), days=1)
    write(world)
    assert world.case.clocks == {}
