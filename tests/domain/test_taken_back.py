"""The work of an absent agent in a case that has its outcome, and how long a case waits to look for somebody again."""

from datetime import timedelta

import pytest

from domain.assignment import Assigned
from domain.escalation import EscalationKind
from domain.people import TIMER
from domain.refund_case import agenda as refund_agenda
from domain.refund_case import desk as refund_desk
from domain.refund_case import progress as refund_progress
from domain.review_case import closing, desk, following_up, progress
from domain.review_case.agenda import Action, agenda, next_due
from domain.review_case.agreement_steps import MakePromise
from domain.review_case.facts import FollowUpPlanned
from domain.review_case.outcomes import Outcome
from tests.domain.plain_case import a_plain_case
from tests.domain.refund_world import RefundWorld
from tests.domain.review_world import ALICE, TEXT, World
from tests.domain.test_refund_amends import kept

NOBODY = Assigned(person=None, why="nobody is on shift")
ANN = Assigned(person="ann", why="free")


def ended(outcome: Outcome = Outcome.SETTLED_KEPT) -> World:
    world = a_plain_case()
    closing.end(world.case, TIMER, outcome, world.now)
    return world


def visiting() -> World:
    """Told, and waiting for the visit in three days."""
    world = ended()
    while world.case.follow_up is None:
        world.pass_to(agenda(world.case)[0])
    visit_at = world.now + timedelta(days=3)
    plan = FollowUpPlanned(due_at=visit_at, slot_ends_at=visit_at + timedelta(hours=1), channel="call", why="days")
    following_up.planned(world.case, plan, world.now)
    return world


def actions(world: World) -> list[Action]:
    return [due.action for due in agenda(world.case)]


@pytest.mark.covers(196)
def test_a_visit_of_an_absent_agent_goes_to_somebody_else() -> None:
    world = visiting()
    desk.take_back(world.case, "alice", world.now)
    assert actions(world)[0] is Action.ASSIGN
    progress.assigned(world.case, ANN, world.now)
    assert (world.case.assignee, Action.ASSIGN in actions(world)) == ("ann", False)
    assert EscalationKind.NOT_CONTACTED not in world.case.clocks


def test_a_promise_of_an_absent_agent_is_kept_by_somebody_else_after_the_end() -> None:
    world = a_plain_case()
    assert world.step(ALICE, MakePromise(what=TEXT, due=world.now + timedelta(days=1)))
    closing.end(world.case, TIMER, Outcome.REFUSED, world.now)
    desk.take_back(world.case, "alice", world.now)
    assert actions(world)[0] is Action.ASSIGN


def test_nobody_is_looked_for_where_nobody_is_needed_any_more() -> None:
    world = ended(Outcome.REFUSED)
    desk.take_back(world.case, "alice", world.now)
    assert (world.case.assignee, Action.ASSIGN in actions(world), world.case.clocks) == (None, False, {})


def test_a_case_that_nobody_can_take_is_told_of_and_closes_all_the_same() -> None:
    world = visiting()
    desk.take_back(world.case, "alice", world.now)
    asked = 0
    while (due := next_due(world.case)) is not None:
        if due.action is not Action.ASSIGN:
            world.pass_to(due)
            continue
        asked, world.now = asked + 1, max(world.now, due.at)
        progress.assigned(world.case, NOBODY, world.now)
        assert EscalationKind.UNASSIGNED in world.case.clocks
    assert world.case.closed_at is not None
    assert 1 < asked < 40, "ever less often"


def test_a_closed_case_is_not_taken_back() -> None:
    world = ended(Outcome.REFUSED)
    while (due := next_due(world.case)) is not None:
        world.pass_to(due)
    desk.take_back(world.case, "alice", world.now)
    assert world.case.assignee == "alice"


def test_a_run_from_before_keeps_whoever_is_away() -> None:
    world, refund = visiting(), kept()
    world.case.edition = refund.case.edition = 0
    desk.take_back(world.case, "alice", world.now)
    refund_desk.take_back(refund.case, "alice", refund.now)
    world.case.assignee = None
    assert (Action.ASSIGN in actions(world), refund.case.assignee) == (False, "alice")


def refund_actions(world: RefundWorld) -> list[refund_agenda.Action]:
    return [due.action for due in refund_agenda.agenda(world.case)]


@pytest.mark.covers(196)
def test_an_account_that_an_absent_agent_should_ask_for_is_asked_for_by_somebody_else() -> None:
    world = kept()
    refund_desk.take_back(world.case, "alice", world.now)
    assert refund_agenda.Action.ASSIGN in refund_actions(world)
    refund_progress.assigned(world.case, ANN, world.now)
    assert (world.case.assignee, refund_agenda.Action.ASSIGN in refund_actions(world)) == ("ann", False)


def test_a_refund_that_nobody_can_take_asks_ever_less_often() -> None:
    world = kept()
    refund_desk.take_back(world.case, "alice", world.now)
    refund_progress.assigned(world.case, NOBODY, world.now)
    again = [due.at for due in refund_agenda.agenda(world.case) if due.action is refund_agenda.Action.ASSIGN]
    assert EscalationKind.UNASSIGNED in world.case.clocks
    assert again[0] > world.now


def when_again(found: Assigned = NOBODY, edition: int = 1) -> timedelta:
    """How long a case that has been Alice's for ten days waits after it was taken back and nobody was found."""
    world = a_plain_case()
    world.case.edition, world.now = edition, world.now + timedelta(days=10)
    desk.take_back(world.case, "alice", world.now)
    progress.assigned(world.case, found, world.now)
    assert world.case.assign_again_at is not None
    return world.case.assign_again_at - world.now


def test_how_long_a_case_waits_follows_from_when_it_became_free_and_not_from_its_age() -> None:
    assert (when_again(), when_again(edition=0)) == (timedelta(minutes=15), timedelta(hours=4))


@pytest.mark.parametrize(("begins", "waits"), [(5, 5), (40, 15), (-5, 15)])
def test_it_looks_again_when_the_next_shift_begins(begins: int, waits: int) -> None:
    at = a_plain_case().now + timedelta(days=10, minutes=begins)
    assert when_again(NOBODY.model_copy(update={"next_shift_at": at})) == timedelta(minutes=waits)


def test_a_refund_that_became_free_looks_again_as_soon() -> None:
    world = RefundWorld().asked()
    world.wait(days=2)
    refund_desk.take_back(world.case, "alice", world.now)
    refund_progress.assigned(world.case, NOBODY, world.now)
    assert world.case.assign_again_at == world.now + timedelta(minutes=15)
