"""A timer that ran out while a person's step held the case: it looks again before it acts."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.contact_terms import CallResult, Channel
from domain.people import PLATFORM
from domain.refund_case import agenda as refund_agenda
from domain.refund_case import calls
from domain.refund_case import steps as refund_steps
from domain.refund_case.facts import RefundPrepared
from domain.review_case import agenda, closing, following_up, progress, steps
from domain.review_case.agenda import Action
from domain.review_case.endings import FollowUp
from domain.review_case.facts import Planned
from domain.review_case.outcomes import Outcome
from tests.domain.plain_case import a_plain_case
from tests.domain.refund_world import ALICE as REFUND_ALICE
from tests.domain.refund_world import RefundWorld
from tests.domain.review_world import ALICE, TEXT, World
from workflows.case_keeping import CaseKeeping
from workflows.refund_actions import RefundActions
from workflows.review_actions import ReviewActions

HOUR = timedelta(hours=1)
PLAN = {"channel": Channel.CALL, "why": "lunch"}


async def unwritten() -> None:
    """Nobody reads the record here."""


@pytest.fixture
def world() -> World:
    """A case of Alice's with a contact that is due."""
    world = a_plain_case()
    world.now += HOUR
    planned = Planned(due_at=world.now, slot_ends_at=world.now + HOUR, **PLAN)
    progress.planned(world.case, planned, world.now)
    progress.contact_due(world.case, world.now)
    return world


async def meanwhile(world: World, action: Action, step: Callable[[World], object]) -> None:
    """What is due waits for the case, in which `step` is carried out; then it has its turn."""
    lock = asyncio.Lock()
    actions = ReviewActions(world.case, lock, CaseKeeping(world.case, unwritten, beginning=False))
    due = next(one for one in agenda.agenda(world.case) if one.action is action)
    async with lock:
        waiting = asyncio.create_task(actions.take(due))
        await asyncio.sleep(0)
        step(world)
        before = world.case.model_copy(deep=True)
    await waiting
    assert world.case == before


def begun(world: World) -> None:
    assert world.step(ALICE, steps.BeginContact())


def logged(world: World) -> None:
    assert world.step(ALICE, steps.LogContact(result=CallResult.NO_ANSWER))


def resumed(world: World) -> None:
    assert world.step(ALICE, steps.Resume())


def closed_by_hand(world: World) -> None:
    assert world.step(ALICE, steps.Close(outcome=Outcome.REFUSED, why=TEXT))


def visited(world: World) -> None:
    assert world.step(ALICE, steps.BeginFollowUp())


async def test_a_contact_that_was_begun_at_the_last_moment_is_not_missed(world: World) -> None:
    await meanwhile(world, Action.CONTACT_MISSED, begun)


async def test_a_contact_that_was_logged_at_the_last_moment_has_not_lapsed(world: World) -> None:
    begun(world)
    await meanwhile(world, Action.CONTACT_LAPSED, logged)


async def test_a_hold_that_somebody_ended_does_not_end_again(world: World) -> None:
    assert world.step(ALICE, steps.Hold(why=TEXT, until=world.now + HOUR))
    await meanwhile(world, Action.RESUME, resumed)


async def test_a_case_that_somebody_closed_does_not_end_again(world: World) -> None:
    await meanwhile(world, Action.END, closed_by_hand)


async def test_a_visit_that_was_begun_at_the_last_moment_has_all_its_time(world: World) -> None:
    closing.end(world.case, PLATFORM, Outcome.SETTLED_KEPT, world.now)
    world.case.notice_done = True
    visit = {"wanted_at": world.now, "number": 2, "due_at": world.now, "slot_ends_at": world.now + HOUR}
    world.case.follow_up = FollowUp.model_validate(visit | {"channel": Channel.CALL})
    following_up.fell_due(world.case, world.now)
    await meanwhile(world, Action.FOLLOW_UP_LAPSED, visited)


@pytest.fixture
def refund() -> RefundWorld:
    """An application of Alice's with a call that is due."""
    world = RefundWorld()
    world.wait(minutes=1)
    world.case.calls.planned_by_desk = True
    calls.planned(world.case, Planned(due_at=world.now, slot_ends_at=world.now + HOUR, **PLAN), world.now)
    calls.by_the_clock(world.case, "due", world.now)
    return world


async def meanwhile_in(world: RefundWorld, what: str, step: Callable[[], object]) -> None:
    lock = asyncio.Lock()
    actions = RefundActions(world.case, lock, CaseKeeping(world.case, unwritten, beginning=False))
    due = next(one for one in refund_agenda.agenda(world.case) if what in (one.action, one.subject))
    async with lock:
        waiting = asyncio.create_task(actions.act(due))
        await asyncio.sleep(0)
        step()
        before = world.case.model_copy(deep=True)
    await waiting
    assert world.case == before


async def test_a_call_that_was_begun_at_the_last_moment_is_not_missed(refund: RefundWorld) -> None:
    begin, found = refund_steps.BeginContact(), RefundPrepared(attempt="attempt")
    await meanwhile_in(refund, "missed", lambda: refund.step(REFUND_ALICE, begin, found))


async def test_a_refund_that_somebody_took_up_again_does_not_resume_again(refund: RefundWorld) -> None:
    hold = refund_steps.Hold(why=TEXT, until=refund.now + HOUR)
    assert refund.step(REFUND_ALICE, hold) is None
    await meanwhile_in(refund, "resume", lambda: refund.step(REFUND_ALICE, refund_steps.Resume()))
