"""An offer that waits for approval: decided once, by the right people, in time, for exactly its amount."""

from datetime import timedelta

import pytest

from domain.contact_terms import CallResult, Channel, TalkOutcome
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.people import Actor, Role
from domain.review_case import approving, rules, steps
from domain.review_case.agenda import Action, Due, next_due
from domain.review_case.facts import Asked
from domain.review_case.state import OfferStatus
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, LEA, TEXT, World

APPROVE = steps.Approve(offer=1, amount_fen=2000)


def waiting() -> World:
    """Alice has offered twenty yuan, which a lead has to approve."""
    world = a_plain_case()
    talk = {"result": CallResult.CONNECTED, "talk": TalkOutcome.UNDECIDED, "explained": True}
    assert world.step(ALICE, steps.LogContact(inbound=True, channel=Channel.CALL, **talk))
    assert world.step(ALICE, steps.MakeOffer(amount_fen=2000))
    return world


def refusal(world: World, actor: Actor, step: steps.Step) -> str:
    command = steps.Command(actor=actor, step=step, digest="d", sent_at=world.now)
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, command, world.now)
    return refused.value.code


@pytest.mark.parametrize("second", [APPROVE, steps.Reject(offer=1, why=TEXT)])
def test_of_two_who_decide_at_once_the_second_hears_that_it_is_decided(second: steps.Step) -> None:
    world = waiting()
    assert world.step(LEA, APPROVE)

    assert refusal(world, BOB, second) == "OfferDecided"


def test_what_was_refused_is_not_approved_afterwards() -> None:
    world = waiting()
    assert world.step(LEA, steps.Reject(offer=1, why=TEXT))

    assert refusal(world, BOB, APPROVE) == "OfferDecided"


@pytest.mark.covers(201)
def test_nobody_approves_their_own_offer_under_a_second_role_or_account() -> None:
    promoted = ALICE.model_copy(update={"roles": frozenset({Role.SUPERVISOR, Role.LEAD, Role.FINANCE})})
    second = Actor(person="alice-too", roles=frozenset({Role.LEAD}), accounts=frozenset({ALICE.person}))

    assert {refusal(waiting(), who, APPROVE) for who in (promoted, second)} == {"SelfApproval"}
    assert "approve" not in rules.allowed_steps(waiting().case, second, waiting().now)


def test_another_amount_than_the_offers_is_not_approved() -> None:
    assert refusal(waiting(), LEA, steps.Approve(offer=1, amount_fen=2001)) == "AmountChanged"


def test_an_unanswered_request_expires_and_its_money_is_to_be_released() -> None:
    world = waiting()
    world.pass_to(Due(world.case.offers[0].valid_until, Action.OFFER_EXPIRES))

    assert (world.case.offers[0].status, next_due(world.case)) == (
        OfferStatus.EXPIRED,
        Due(world.case.opened_at, Action.RELEASE, "1"),
    )


def ask(world: World, role: Role | None, hours: int | None, **more: list[str]) -> None:
    clock = world.case.clocks[EscalationKind.APPROVAL_WAITING]
    next_at = world.now + timedelta(hours=hours) if hours is not None else None
    approving.asked(world.case, Asked(since=clock.since, role=role, next_at=next_at, **more), world.now)


def test_a_waiting_approval_climbs_on_its_own_clock_and_says_who_was_passed_over() -> None:
    world = waiting()
    ask(world, Role.SUPERVISOR, 4, people=["bob"], passed_over=["lee"])
    clock, event = world.case.clocks[EscalationKind.APPROVAL_WAITING], world.case.unwritten[-1]

    assert (clock.told, clock.due_at) == ([Role.SUPERVISOR], world.now + timedelta(hours=4))
    assert (event.kind, event.facts["told"], event.facts["passed_over"]) == ("escalated", ["bob"], ["lee"])


def test_when_nobody_is_at_work_the_clock_waits_for_the_first_who_comes() -> None:
    world = waiting()
    ask(world, None, 12, passed_over=["lee", "bob"])
    clock = world.case.clocks[EscalationKind.APPROVAL_WAITING]

    assert (clock.told, clock.due_at, clock.over) == ([], world.now + timedelta(hours=12), False)
    assert world.case.unwritten[-1].kind == "approval_put_off"


def test_who_is_asked_after_the_decision_changes_nothing() -> None:
    world = waiting()
    clock = world.case.clocks[EscalationKind.APPROVAL_WAITING]
    assert world.step(LEA, APPROVE)
    before = world.case.version
    approving.asked(world.case, Asked(since=clock.since, role=Role.LEAD, people=["lea"]), world.now)

    assert (world.case.version, EscalationKind.APPROVAL_WAITING in world.case.clocks) == (before, False)
