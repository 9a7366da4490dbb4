"""A call to an applicant that somebody has begun, whatever happens to its case meanwhile."""

from datetime import timedelta

from domain.contact_terms import Channel
from domain.refund_case import calls, steps
from domain.refund_case.facts import RefundPrepared
from domain.review_case.facts import Planned
from tests.domain.refund_world import ALICE, ANN, BOB, RefundWorld

HOUR = timedelta(hours=1)


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
