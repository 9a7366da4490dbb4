"""A call to an applicant that somebody has begun, whatever happens to its case meanwhile."""

from datetime import timedelta
from typing import Any

import pytest

from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.refund_case import calls, steps
from domain.refund_case.facts import RefundPrepared
from domain.review_case.facts import Planned
from tests.domain.refund_world import ALICE, ANN, BOB, START, RefundWorld

HOUR = timedelta(hours=1)
MISSED = steps.LogContact(result=CallResult.NO_ANSWER)
INBOUND = steps.LogContact(
    result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED, inbound=True, channel=Channel.IM
)  # fmt: skip


def a_due_call() -> RefundWorld:
    """An application that Alice works on, with a call that is due."""
    world = RefundWorld()
    world.wait(minutes=1)
    world.case.calls.planned_by_desk = True
    ends = world.now + HOUR
    calls.planned(
        world.case, Planned(due_at=world.now, slot_ends_at=ends, channel=Channel.CALL, why="lunch"), world.now
    )
    calls.by_the_clock(world.case, "due", world.now)
    return world


def begun() -> RefundWorld:
    """Alice is at it."""
    world = a_due_call()
    assert world.step(ALICE, steps.BeginContact(), RefundPrepared(attempt="attempt")) is None
    return world


def what_is_due(world: RefundWorld) -> list[str]:
    return [due.what for due in calls.due(world.case)]


def test_after_a_hand_over_a_begun_call_is_planned_anew() -> None:
    world = begun()
    assert world.step(BOB, steps.HandOver(to=ANN.person)) is None

    assert (world.case.calls.contact, what_is_due(world)) == (None, ["plan"])


def test_a_begun_call_is_logged_after_a_stop_and_nothing_is_planned_after_it() -> None:
    world = begun()
    assert world.step(BOB, steps.StopContact(signal=StopSignal.BUYER_OPT_OUT)) is None

    assert what_is_due(world) == ["lapsed"]
    assert world.step(ALICE, MISSED) is None
    assert ([made.number for made in world.case.calls.attempts], what_is_due(world)) == ([1], [])


def test_a_buyer_who_comes_by_themselves_cuts_nobodys_call_off() -> None:
    world = begun()
    assert world.step(BOB, INBOUND) is None

    assert world.step(ALICE, MISSED) is None
    assert [made.number for made in world.case.calls.attempts] == [2, 1]


def test_a_lapsed_call_is_logged_late_by_whoever_began_it() -> None:
    world = begun()
    world.now += 2 * HOUR
    calls.by_the_clock(world.case, "lapsed", world.now)

    assert (world.step(BOB, MISSED), world.step(ALICE, MISSED)) == ("ContactTaken", None)
    assert world.step(ALICE, MISSED) == "ContactLogged"


def test_whoever_gave_the_case_away_logs_late_what_they_had_begun() -> None:
    world = begun()
    assert world.step(BOB, steps.HandOver(to=ANN.person)) is None

    assert (world.step(ALICE, INBOUND), world.step(ALICE, MISSED)) == ("NotYours", None)


def test_a_call_that_was_under_way_when_the_buyer_withdrew_is_logged() -> None:
    world = begun()
    world.market.withdraw(world.now)
    world.read()
    assert world.case.outcome is not None

    assert world.step(ALICE, MISSED) is None
    assert world.step(ALICE, MISSED) == "CaseEnding"


def test_by_the_first_rules_a_stop_drops_a_begun_call() -> None:
    world = a_due_call()
    world.case.edition = 0
    assert world.step(ALICE, steps.BeginContact(), RefundPrepared(attempt="attempt")) is None
    assert world.step(BOB, steps.StopContact(signal=StopSignal.BUYER_OPT_OUT)) is None

    assert (world.case.calls.contact, world.step(ALICE, MISSED)) == (None, "ContactNotBegun")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"explained": True}, "NobodyReached"),
        ({"next_at": START + 2 * HOUR}, "NobodyReached"),
        ({"inbound": True, "channel": Channel.CALL}, "NobodyReached"),
        ({"at": START + HOUR}, "BadTime"),
        ({"at": START - HOUR}, "BadTime"),
    ],
    ids=str,
)
def test_a_call_is_logged_only_as_it_can_have_been(more: dict[str, Any], code: str) -> None:
    world = begun()
    assert world.step(ALICE, MISSED.model_copy(update=more)) == code

    world.case.edition = 0
    assert world.step(ALICE, MISSED.model_copy(update=more)) is None


def test_a_buyers_own_call_lies_after_the_application() -> None:
    world = begun()
    assert world.step(ALICE, INBOUND.model_copy(update={"at": world.now - HOUR})) == "BadTime"
    assert world.step(ALICE, INBOUND.model_copy(update={"at": world.now})) is None
