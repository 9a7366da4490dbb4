"""The review case's rules, whatever people do and the world answers."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contact_terms import StopSignal
from domain.disputes.counter_claims import open_claims
from domain.disputes.state import Result
from domain.disputes.steps import EndCounterClaim
from domain.people import ActorKind
from domain.review_case import steps
from domain.review_case.agenda import next_due, ready_to_pay
from domain.review_case.state import OfferStatus, Stage
from tests.domain.drawn_steps import a_step
from tests.domain.review_world import ALICE, BOB, FAY, LEA, TEXT, World

ENDLESS = 3000


def holds_together(world: World) -> None:
    """What is true of a review case at every moment of its life."""
    case = world.case
    under_way = case.payout is not None and not case.payout.settled
    if case.closed_at is None:
        assert next_due(case) is not None or under_way
    if case.stopped is not None or case.suspected:
        assert case.contact is None or case.contact.taken_by is not None
    if case.suspected:
        assert not ready_to_pay(case)
    assert [event.seq for event in case.unwritten] == list(range(1, case.version + 1))
    assert sum(not payout.settled for payout in case.payouts) <= 1
    assert sum(offer.status is OfferStatus.FULFILLED for offer in case.offers) <= 1
    assert (case.stage is Stage.CLOSED) == (case.closed_at is not None)


@pytest.mark.covers(35)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_happens_the_case_holds_together_and_the_month_ends(data: st.DataObject) -> None:
    world = World.begun(data.draw)
    holds_together(world)
    for _ in range(data.draw(st.integers(0, 40), "length")):
        match data.draw(st.sampled_from(["step", "due", "report"]), "what"):
            case "step":
                world.step(data.draw(st.sampled_from([ALICE, BOB, FAY, LEA]), "who"), data.draw(a_step, "step"))
            case "due" if (due := next_due(world.case)) is not None:
                world.pass_to(due)
            case "report":
                world.report()
        holds_together(world)
    runs_out(world)


def runs_out(world: World) -> None:
    """Left alone, with a world that answers plainly, the case closes within its month and the reply's patience; one
    that a forum held open longer, with its last notice and visit."""
    world.draw = None
    for _ in range(ENDLESS):
        if world.case.closed_at is not None:
            break
        world.report()
        if world.case.payout is not None and world.case.payout.remedy == "fix_and_retry":
            world.case.payout.remedy = "ask_buyer"
        hands_off(world)
        due = next_due(world.case)
        assert due is not None
        world.pass_to(due)
        holds_together(world)
    assert world.case.closed_at is not None, f"still {world.case.stage} after {ENDLESS} actions"
    decided = max((claim.ended_at for claim in world.case.disputes.claims if claim.ended_at), default=None)
    after = decided + timedelta(days=14) if decided else world.case.opened_at
    assert world.case.closed_at <= max(world.case.opened_at + timedelta(days=45), after)


def hands_off(world: World) -> None:
    """What waits for a hand is cancelled, what was given is found to be so, and no forum is waited for."""
    for claim in open_claims(world.case):
        world.step(BOB, EndCounterClaim(claim=claim.number, result=Result.WITHDRAWN, what=TEXT))
    payout = world.case.payout
    if payout is not None and payout.hand is not None and not payout.settled:
        world.step(FAY, steps.MendPayout(payout=payout.key, action=steps.MendAction.CANCEL))
        world.step(LEA, steps.CheckFulfilment(offer=payout.offer, shown=True))
        world.report()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_contact_is_planned_after_a_stop(data: st.DataObject) -> None:
    world = World.begun(data.draw)
    while world.case.assignee is None:
        due = next_due(world.case)
        assert due is not None
        world.pass_to(due)
    assert world.step(BOB, steps.StopContact(signal=data.draw(st.sampled_from(StopSignal))))
    planned = world.case.contacts_planned
    runs_out(world)
    assert world.case.contacts_planned == planned


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_event_of_a_person_names_the_person(data: st.DataObject) -> None:
    world = World.begun(data.draw)
    for _ in range(10):
        world.step(data.draw(st.sampled_from([ALICE, BOB])), data.draw(a_step))
    people = [event for event in world.case.unwritten if event.actor_kind == ActorKind.PERSON]
    assert all(event.actor in {"alice", "bob"} for event in people)
