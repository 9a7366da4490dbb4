"""A contact that somebody has begun, whatever happens to its case meanwhile."""

from datetime import timedelta

import pytest

from domain.assignment import Assigned
from domain.contact_terms import Channel
from domain.people import TIMER, Actor, Role
from domain.review_case import desk, progress, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.facts import Planned
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, World

HOUR = timedelta(hours=1)
ANN = Actor(person="ann", roles=frozenset({Role.AGENT}))


def planned(world: World) -> None:
    """The next contact is planned, and due."""
    found = Planned(due_at=world.now, slot_ends_at=world.now + HOUR, channel=Channel.CALL, why="lunch")
    progress.planned(world.case, found, world.now)
    progress.contact_due(world.case, world.now)


@pytest.fixture
def world() -> World:
    """A case of Alice's with a contact that is due."""
    world = a_plain_case()
    world.now += HOUR
    planned(world)
    return world


def begun_by(world: World, actor: Actor) -> World:
    assert world.step(actor, steps.BeginContact())
    return world


def due(world: World) -> set[Action]:
    return {entry.action for entry in agenda(world.case) if entry.at <= world.now}


# Another person gets the case


def test_after_a_hand_over_a_begun_contact_is_planned_anew_under_the_next_number(world: World) -> None:
    """It may have been made, so nobody begins it a second time."""
    begun_by(world, ALICE)
    assert world.step(BOB, steps.HandOver(to=ANN.person))

    assert (world.case.contact, Action.PLAN in due(world)) == (None, True)
    planned(world)
    begun_by(world, ANN)
    assert world.case.contact is not None
    assert (world.case.contact.number, world.case.contact.taken_by) == (2, ANN.person)


def test_a_contact_that_a_lead_began_in_an_agents_case_stays_the_leads(world: World) -> None:
    begun_by(world, BOB)
    assert world.step(BOB, steps.HandOver(to=ANN.person))

    assert world.case.contact is not None
    assert world.case.contact.taken_by == BOB.person


@pytest.mark.parametrize("how", ["the timer assigns", "an agent claims"])
def test_a_contact_that_a_lead_began_in_nobodys_case_stays_the_leads(world: World, how: str) -> None:
    desk.take_back(world.case, ALICE.person, world.now)
    begun_by(world, BOB)
    if how == "the timer assigns":
        progress.assigned(world.case, Assigned(person=ANN.person, why="fair"), world.now)
    else:
        assert world.step(ANN, steps.Claim())

    assert world.case.contact is not None
    assert (world.case.assignee, world.case.contact.taken_by) == (ANN.person, BOB.person)
    assert not world.step(ANN, steps.BeginContact())


def test_a_contact_of_whom_the_case_was_taken_from_is_planned_anew(world: World) -> None:
    begun_by(world, ALICE)
    desk.take_back(world.case, ALICE.person, world.now)
    progress.assigned(world.case, Assigned(person=ANN.person, why="fair"), world.now)

    assert (world.case.contact, Action.PLAN in due(world)) == (None, True)


def test_by_the_first_rules_a_hand_over_frees_what_was_begun(world: World) -> None:
    world.case.edition = 0
    begun_by(world, ALICE)
    desk.assign(world.case, TIMER, ANN.person, "assigned", world.now)

    assert world.case.contact is not None
    assert (world.case.contact.number, world.case.contact.taken_by) == (1, None)
