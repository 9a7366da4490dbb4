"""A supervisor's clock runs as long as there is something to decide, and no longer."""

from datetime import timedelta

import pytest

from domain.amendment import Reading
from domain.contact_terms import Channel, NoContactCode
from domain.escalation import EscalationKind
from domain.platforms import AmendMode, Grade
from domain.review_case import progress, steps
from domain.review_case.facts import Planned
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, START, TEXT, World

KIND = EscalationKind.DECISION_WAITING
HOUR = timedelta(hours=1)
FOUND = Planned(due_at=START + HOUR, slot_ends_at=START + 2 * HOUR, channel=Channel.CALL, why="free then")


def unreachable(code: NoContactCode = NoContactCode.NO_CHANNEL) -> World:
    world = a_plain_case()
    progress.planned(world.case, Planned(why="no number", code=code), START)
    return world


def unclear(world: World) -> World:
    """The grade has changed where buyers can't change it."""
    assert world.case.identity is not None
    world.case.identity = world.case.identity.model_copy(update={"amend_modes": [AmendMode.DELETE]})
    progress.read(world.case, Reading(at=START, found=True, grade=Grade.GOOD, other_row_readable=True), START)
    assert world.case.person_must_look
    return world


def clear(world: World) -> None:
    now = START + HOUR
    progress.read(world.case, Reading(at=now, found=True, grade=Grade.BAD, other_row_readable=True), now)


@pytest.mark.parametrize(
    "code",
    [
        NoContactCode.NO_CHANNEL,
        NoContactCode.WAITING_FOR_BUYER,
        NoContactCode.CAPS_EXHAUSTED,
        NoContactCode.NO_SLOT,
    ],
)
def test_once_the_buyer_can_be_reached_nobody_has_to_decide(code: NoContactCode) -> None:
    world = unreachable(code)
    assert KIND in world.case.clocks
    progress.planned(world.case, FOUND, START)
    assert KIND not in world.case.clocks


def test_an_older_run_leaves_it_running() -> None:
    world = unreachable()
    world.case.edition = 0
    progress.planned(world.case, FOUND, START)
    assert KIND in world.case.clocks


def test_a_clear_reading_takes_the_question_back() -> None:
    world = unclear(a_plain_case())
    assert KIND in world.case.clocks
    clear(world)
    assert KIND not in world.case.clocks


def test_a_clear_reading_leaves_what_else_there_is_to_decide() -> None:
    world = unclear(unreachable())
    clear(world)
    assert KIND in world.case.clocks


def test_a_contact_leaves_an_unclear_reading_to_be_looked_at() -> None:
    world = unclear(unreachable(NoContactCode.NOBODY_AT_DESK))
    progress.planned(world.case, FOUND, START + HOUR)
    assert KIND in world.case.clocks


def test_a_refuted_suspicion_leaves_an_unclear_reading_to_be_looked_at() -> None:
    world = unclear(a_plain_case())
    assert world.step(ALICE, steps.MarkMalicious(signals=["threat"], why=TEXT))
    assert world.step(BOB, steps.DecideMalicious(malicious=False, why=TEXT))
    assert KIND in world.case.clocks


def test_another_reason_is_told_though_everybody_heard_of_the_last_one() -> None:
    world = unreachable()
    world.case.clocks[KIND] = world.case.clocks[KIND].model_copy(update={"over": True})
    unclear(world)
    assert not world.case.clocks[KIND].over


def test_the_same_reason_found_once_more_is_not_told_again() -> None:
    world = unreachable()
    world.case.clocks[KIND] = world.case.clocks[KIND].model_copy(update={"over": True})
    progress.planned(world.case, Planned(why="no number", code=NoContactCode.NO_CHANNEL), START + HOUR)
    assert world.case.clocks[KIND].over
