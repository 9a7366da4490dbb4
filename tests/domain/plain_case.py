"""A review case without surprises, for rules that are looked at one by one."""

from datetime import timedelta
from typing import Any

from domain.amendment import Baseline
from domain.gate import GateMode
from domain.people import TIMER
from domain.platforms import AmendMode, Grade
from domain.review_case import desk, progress
from domain.review_case.facts import Opened
from domain.review_case.state import Identity, Opening, ReviewCaseState
from tests.domain.review_world import ALICE, START, World


def a_plain_case(**opened: Any) -> World:
    """A bad review of an hour ago, on a marketplace that a machine reads and that allows everything; Alice has it."""
    opening = Opening(case="A26-1", platform="sandbox", shop="demo", external_id="1", review_row="row")
    world = World(None, ReviewCaseState(opening=opening, opened_at=START))
    progress.opened(world.case, Opened(number="A26-1", identity=an_identity(), **opened), START)
    desk.assign(world.case, TIMER, ALICE.person, "assigned", START)
    return world


def an_identity() -> Identity:
    created = START - timedelta(hours=1)
    return Identity(
        case_serial=1,
        shop_serial=1,
        installation="TEST",
        grade=Grade.BAD,
        baseline=Baseline(at=START, grade=Grade.BAD, review_created_at=created),
        review_created_at=created,
        persistence_ends_at=created + timedelta(days=30),
        amend_modes=[AmendMode.EDIT_RESULT],
        gate_mode=GateMode.AFTER_AMENDMENT,
        order_paid_fen=8900,
    )


def reopened(one: World) -> ReviewCaseState:
    """The next run of a closed case, a day later, by a person."""
    later = one.now + timedelta(days=1)
    opening = one.case.opening.model_copy(update={"run": 2, "source": "person"})
    case = ReviewCaseState(opening=opening, opened_at=later)
    progress.opened(case, Opened(number="A26-1", identity=one.case.identity, before=one.case), later)
    return case
