"""A contact that somebody has begun, whatever happens to its case meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.amendment import Reading
from domain.assignment import Assigned
from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.errors import Refusal
from domain.people import TIMER, Actor, Role
from domain.platforms import Grade
from domain.review_case import desk, hearing, progress, rules, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.facts import BuyerMessage, Planned
from domain.review_case.outcomes import Outcome
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, TEXT, World

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


# What happens while somebody is at it, or before they log it

MISSED = steps.LogContact(result=CallResult.NO_ANSWER)
INBOUND = steps.LogContact(
    result=CallResult.CONNECTED, talk=TalkOutcome.UNDECIDED, inbound=True, channel=Channel.IM
)  # fmt: skip


def stop(world: World) -> None:
    """Chen writes that they want no contact, while Alice is on the phone."""
    message = BuyerMessage(by="messenger", channel=Channel.IM, text=TEXT, opt_out=True)
    hearing.received(world.case, message, world.now)


def suspect(world: World) -> None:
    assert world.step(BOB, steps.MarkMalicious(signals=["targets_new_shop"], why=TEXT))


def found_malicious(world: World) -> None:
    suspect(world)
    assert world.step(BOB, steps.DecideMalicious(malicious=True, why=TEXT))


def came(world: World) -> None:
    assert world.step(ALICE, INBOUND)


def amended(world: World) -> None:
    reading = Reading(at=world.now, found=True, grade=Grade.GOOD, other_row_readable=True)
    for at in (world.now, world.now + timedelta(minutes=11)):
        progress.read(world.case, reading.model_copy(update={"at": at}), at)
    assert world.case.amendment is not None


MEANWHILE = [stop, suspect, found_malicious, came, amended]


@pytest.mark.covers(36)
@pytest.mark.parametrize("happens", MEANWHILE)
def test_whoever_has_begun_logs_it_whatever_happens_meanwhile(world: World, happens: Callable[[World], None]) -> None:
    begun_by(world, ALICE)
    happens(world)

    assert Action.END not in due(world)
    assert world.step(ALICE, MISSED)
    assert world.case.attempts[-1].number == 1
    assert not world.step(ALICE, MISSED)


@pytest.mark.parametrize("happens", [stop, suspect, found_malicious])
def test_a_begun_contact_of_a_case_without_contacts_lapses_and_is_the_last(
    world: World, happens: Callable[[World], None]
) -> None:
    begun_by(world, ALICE)
    happens(world)
    world.pass_to(next(entry for entry in agenda(world.case) if entry.action is Action.CONTACT_LAPSED))

    assert (world.case.contact, Action.PLAN in due(world)) == (None, False)


def test_an_amended_review_ends_the_case_once_the_contact_was_logged(world: World) -> None:
    begun_by(world, ALICE)
    amended(world)
    assert world.step(ALICE, MISSED)

    assert Action.END in due(world)


def test_a_held_case_whose_review_was_amended_waits_for_no_contact(world: World) -> None:
    begun_by(world, ALICE)
    assert world.step(ALICE, steps.Hold(why=TEXT))
    amended(world)

    assert Action.END in due(world)


def test_a_stop_that_was_heard_meanwhile_is_not_weakened_by_what_is_logged(world: World) -> None:
    begun_by(world, ALICE)
    stop(world)
    refused = steps.LogContact(result=CallResult.CONNECTED, talk=TalkOutcome.REFUSED_FIRMLY)
    assert world.step(ALICE, refused)

    assert world.case.stopped is StopSignal.BUYER_OPT_OUT


def test_a_lapsed_contact_is_logged_late_and_the_next_one_planned_from_it(world: World) -> None:
    begun_by(world, ALICE)
    world.now += 2 * HOUR
    progress.contact_lapsed(world.case, world.now)
    planned(world)
    over = world.now - HOUR
    assert world.step(ALICE, MISSED.model_copy(update={"at": over}))

    assert [(made.number, made.at) for made in world.case.attempts] == [(1, over)]
    assert (world.case.contact, Action.PLAN in due(world)) == (None, True)


def test_whoever_gave_the_case_away_logs_late_what_they_had_begun(world: World) -> None:
    begun_by(world, ALICE)
    assert world.step(BOB, steps.HandOver(to=ANN.person))

    assert not world.step(ALICE, INBOUND), "the rest of the case is somebody else's"
    assert world.step(ALICE, MISSED)
    assert [(made.number, made.by) for made in world.case.attempts] == [(1, ALICE.person)]


def test_what_somebody_else_has_begun_meanwhile_is_left_to_them(world: World) -> None:
    begun_by(world, ALICE)
    world.now += 2 * HOUR
    progress.contact_lapsed(world.case, world.now)
    planned(world)
    begun_by(world, BOB)
    assert world.step(ALICE, INBOUND)

    assert world.case.contact is not None
    assert (world.case.contact.number, world.case.contact.taken_by) == (2, BOB.person)


def test_a_case_that_ended_takes_the_outcome_of_its_last_contact_until_it_closes(world: World) -> None:
    begun_by(world, ALICE)
    assert world.step(BOB, steps.Close(outcome=Outcome.SETTLED_KEPT, why=TEXT))
    assert world.step(ALICE, MISSED)
    progress.closed(world.case, world.now)

    assert not world.step(ALICE, MISSED)


def test_a_contact_begun_before_a_hold_was_over_when_it_really_was(world: World) -> None:
    begun_by(world, ALICE)
    over = world.now + timedelta(minutes=10)
    world.now += HOUR
    assert world.step(ALICE, steps.Hold(why=TEXT))
    world.now += 48 * HOUR
    assert world.step(ALICE, steps.Resume())

    assert world.step(ALICE, MISSED.model_copy(update={"at": over}))
    assert world.case.attempts[-1].at == over


def why_not(world: World, actor: Actor = ALICE) -> str:
    command = steps.Command(actor=actor, step=MISSED, digest="", sent_at=world.now)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, command, world.now)
    return f"{refused.value.code}: {refused.value.message}"


def test_what_is_not_logged_yet_is_never_called_logged(world: World) -> None:
    begun_by(world, ALICE)
    assert world.step(ALICE, MISSED)
    world.now += 24 * HOUR
    planned(world)
    begun_by(world, BOB)
    progress.contact_lapsed(world.case, world.now)

    assert why_not(world) == "ContactTaken: Somebody else began this contact; they log how it went."


def test_where_nothing_is_due_nobody_is_told_to_begin_it_now() -> None:
    assert "No contact is planned now." in why_not(a_plain_case())


@pytest.mark.covers(69)
def test_what_is_logged_late_is_not_the_last_word(world: World) -> None:
    begun_by(world, ALICE)
    world.now += 2 * HOUR
    progress.contact_lapsed(world.case, world.now)
    assert world.step(ALICE, INBOUND.model_copy(update={"talk": TalkOutcome.WANTS_REFUND}))
    earlier = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "at": world.now - HOUR}
    assert world.step(ALICE, steps.LogContact.model_validate(earlier))

    assert [made.talk for made in world.case.attempts] == [TalkOutcome.UNDECIDED, TalkOutcome.WANTS_REFUND]
