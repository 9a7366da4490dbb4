"""Talks after which nobody goes on by themselves: a supervisor says how."""

from datetime import timedelta

import pytest

from domain.contact_terms import CallResult, Channel, NextMove, TalkOutcome
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.people import Role
from domain.review_case import progress, rules, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.agreement_steps import Decide
from domain.review_case.facts import Planned, Prepared
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, LEA, TEXT, World

FOUND = Prepared(next=NextMove.SUPERVISOR_DECIDES)
WEEK = timedelta(days=7)


def talk(outcome: TalkOutcome) -> steps.LogContact:
    return steps.LogContact(
        result=CallResult.CONNECTED, talk=outcome, inbound=True, channel=Channel.CALL, explained=True, note=TEXT
    )


def after(outcome: TalkOutcome, edition: int = 1) -> World:
    """A case of Alice's after such a talk, by a policy that lets a supervisor decide."""
    world = a_plain_case()
    world.case.edition = edition
    assert world.step(ALICE, talk(outcome), FOUND)
    return world


def refusal(world: World, step: steps.Step) -> str:
    with pytest.raises(Refusal) as refused:
        rules.check(world.case, steps.Command(actor=ALICE, step=step, digest="", sent_at=world.now), world.now)
    return refused.value.code


def due(world: World) -> set[Action]:
    return {entry.action for entry in agenda(world.case)}


@pytest.mark.covers(60)
def test_a_buyer_who_seems_to_extort_is_offered_nothing_before_a_supervisor_has_decided() -> None:
    world = after(TalkOutcome.EXTORTION_SUSPECTED)

    assert world.case.suspicion is not None
    assert world.case.suspicion.signals == [TalkOutcome.EXTORTION_SUSPECTED]
    assert (refusal(world, steps.MakeOffer(amount_fen=500)), Action.PLAN in due(world)) == ("MoneyFrozen", False)
    assert EscalationKind.DECISION_WAITING in world.case.clocks
    assert world.step(BOB, steps.DecideMalicious(malicious=False, why=TEXT))
    assert (Action.PLAN in due(world), world.step(ALICE, steps.MakeOffer(amount_fen=500))) == (True, True)


def test_a_case_that_is_suspected_already_is_not_suspected_once_more() -> None:
    world = after(TalkOutcome.EXTORTION_SUSPECTED)
    before = world.case.suspicion
    assert world.step(ALICE, talk(TalkOutcome.EXTORTION_SUSPECTED), FOUND)

    assert world.case.suspicion is before


def test_whoever_was_abused_asks_a_supervisor_whether_the_buyer_is_contacted_again() -> None:
    world = after(TalkOutcome.ABUSIVE)

    asked = world.case.agreements.decisions[0]
    assert (asked.needs, asked.by, asked.what) == (Role.SUPERVISOR, ALICE.person, TEXT)
    assert EscalationKind.DECISION_ASKED in world.case.clocks
    assert Action.PLAN not in due(world)
    assert not world.step(LEA, Decide(decision=1, granted=True, answer=TEXT))
    assert world.step(BOB, Decide(decision=1, granted=True, answer=TEXT))
    assert Action.PLAN in due(world)


def test_a_plan_that_was_being_made_meanwhile_is_dropped() -> None:
    world = after(TalkOutcome.ABUSIVE)
    planned = Planned(due_at=world.now, slot_ends_at=world.now + WEEK, channel=Channel.CALL, why="lunch")
    progress.planned(world.case, planned, world.now)

    assert world.case.contact is None


def test_after_a_supervisors_no_nothing_is_planned_until_the_buyer_comes() -> None:
    world = after(TalkOutcome.ABUSIVE)
    assert world.step(BOB, Decide(decision=1, granted=False, answer=TEXT))
    assert Action.PLAN not in due(world)
    assert world.step(ALICE, talk(TalkOutcome.UNDECIDED))

    assert Action.PLAN in due(world)


def test_what_an_abusive_buyer_said_is_written_down_for_whoever_decides() -> None:
    unsaid = talk(TalkOutcome.ABUSIVE).model_copy(update={"note": None})

    assert refusal(a_plain_case(), unsaid) == "ReasonMissing"


def test_a_supervisor_who_was_abused_decides_without_asking() -> None:
    world = a_plain_case()
    assert world.step(BOB, talk(TalkOutcome.ABUSIVE), FOUND)

    assert (world.case.agreements.decisions, Action.PLAN in due(world)) == ([], True)


@pytest.mark.parametrize("outcome", [TalkOutcome.ABUSIVE, TalkOutcome.EXTORTION_SUSPECTED])
def test_by_the_first_rules_the_case_went_on(outcome: TalkOutcome) -> None:
    world = after(outcome, edition=0)

    assert (world.case.suspicion, world.case.agreements.decisions, Action.PLAN in due(world)) == (None, [], True)
