"""When an undone thing is told to whom, with the policies that ship: from when a clock runs, and when it runs anew."""

from datetime import datetime, timedelta

import pytest

from domain.case_clocks import Clock, Reckoned, Told
from domain.contact_terms import Channel
from domain.escalation import EscalationKind, next_escalation
from domain.people import Role
from domain.policies.desk import DeskPolicy
from domain.policies.documents import load_shipped
from domain.refund_case import agenda as refund_agenda
from domain.refund_case import calls
from domain.refund_case import clocks as refund_clocks
from domain.refund_case import steps as refund_steps
from domain.refund_case.facts import RefundPrepared
from domain.review_case import progress, steps
from domain.review_case.agenda import Action, Due, next_due
from domain.review_case.facts import Planned
from domain.review_case.needed import due_for_people
from domain.review_case.state import ReviewCaseState
from tests.domain import refund_world
from tests.domain.plain_case import a_plain_case
from tests.domain.review_world import ALICE, BOB, START, TEXT, World

POLICY = load_shipped("desk", DeskPolicy)
HOUR = timedelta(hours=1)
# START is noon in Beijing, and the desk is open from nine to nine.
EVENING = START + 7 * HOUR
CLIMBING = frozenset({Action.RECKON, Action.ESCALATE})
NOT_CONTACTED, ASKED = EscalationKind.NOT_CONTACTED, EscalationKind.ASKED


def plan(at: datetime) -> Planned:
    return Planned(due_at=at, slot_ends_at=at + HOUR, channel=Channel.CALL, why="free then")


def uncontacted(severity: int = 2, edition: int = 1) -> World:
    """Alice has it from noon on; its first contact is planned for the evening."""
    world = a_plain_case(severity=severity)
    world.case.edition = edition
    progress.planned(world.case, plan(EVENING), START)
    return world


def climb(case: ReviewCaseState, due: Due, now: datetime) -> Role | None:
    """A clock is reckoned or tells somebody, as the shipped policy has it."""
    kind = EscalationKind(due.subject)
    if kind is EscalationKind.STALE and due.action is Action.ESCALATE and not progress.still_stale(case):
        return None
    clock = case.clocks[kind]
    found = next_escalation(kind, clock.since, case.severity, clock.told, POLICY, pauses=clock.pauses)
    if due.action is Action.RECKON:
        progress.reckoned(case, Reckoned(kind=kind, since=clock.since, due_at=found and found.at))
        return None
    assert found is not None
    then = next_escalation(kind, clock.since, case.severity, [*clock.told, found.target], POLICY, pauses=clock.pauses)
    told = Told(kind=kind, role=found.target, people=["p"], next_at=then and max(then.at, now))
    progress.escalated(case, told, now)
    return found.target


def told_by(world: World, until: datetime, kind: EscalationKind) -> list[tuple[Role, timedelta]]:
    """Who hears of it, and how long after START, while the time passes and nobody does anything."""
    heard = []
    while (due := next_due(world.case)) is not None and due.at <= until:
        if due.action not in CLIMBING:
            world.pass_to(due)
            continue
        world.now = max(world.now, due.at)
        role = climb(world.case, due, world.now)
        heard += [(role, world.now - START)] if role and due.subject == kind else []
    return heard


# Not contacted


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_nobody_is_told_of_a_missing_contact_before_the_first_permitted_hour(severity: int) -> None:
    assert told_by(uncontacted(severity), EVENING, NOT_CONTACTED) == []


def test_from_the_first_permitted_hour_on_the_ladder_hears_of_it() -> None:
    tomorrow = START + timedelta(days=1)
    assert told_by(uncontacted(), tomorrow, NOT_CONTACTED) == [
        (Role.AGENT, 9 * HOUR),
        (Role.LEAD, 23 * HOUR),
    ]


def test_an_older_run_counts_from_the_assignment() -> None:
    assert told_by(uncontacted(edition=0), EVENING, NOT_CONTACTED)[0] == (Role.AGENT, 2 * HOUR)


def test_a_first_contact_that_was_missed_leaves_the_clock_where_it_was() -> None:
    world = uncontacted()
    progress.contact_missed(world.case, EVENING + HOUR)
    progress.planned(world.case, plan(EVENING + 17 * HOUR), EVENING + HOUR)
    assert world.case.clocks[NOT_CONTACTED].since == EVENING


def test_an_earlier_hour_moves_the_clock_forward_but_never_before_the_assignment() -> None:
    world = uncontacted()
    world.case.contact = None
    progress.planned(world.case, plan(START + HOUR), START)
    assert world.case.clocks[NOT_CONTACTED].since == START + HOUR


def test_whoever_takes_over_has_until_the_planned_hour_as_well() -> None:
    world = uncontacted()
    world.now += HOUR
    assert world.step(BOB, steps.HandOver(to="ann", why=TEXT))
    assert world.case.clocks[NOT_CONTACTED].since == EVENING


def test_a_refunds_clock_waits_for_the_planned_call_too() -> None:
    world = refund_world.RefundWorld()
    world.case.calls.planned_by_desk = True
    world.take(refund_agenda.Due(START, refund_agenda.Action.ASSIGN))
    calls.planned(world.case, plan(EVENING), START)
    assert world.case.clocks[NOT_CONTACTED].since == EVENING


# Stale


def test_a_case_that_everybody_heard_of_is_stale_once_more_after_the_next_step_and_another_while() -> None:
    world = a_plain_case(severity=2)
    world.case.contact = None
    world.case.plan_again_at = None
    everybody = [Role.AGENT, Role.LEAD, Role.SUPERVISOR]
    first = told_by(world, START + timedelta(days=8), EscalationKind.STALE)
    world.now = START + timedelta(days=8)
    assert world.step(ALICE, steps.Note(text=TEXT))
    again = told_by(world, START + timedelta(days=16), EscalationKind.STALE)
    assert [role for role, _ in first] == everybody
    assert [role for role, _ in again] == everybody
    assert again[0][1] >= timedelta(days=10)


@pytest.mark.parametrize(("missed", "told"), [(False, []), (True, [Role.AGENT, Role.LEAD, Role.SUPERVISOR])])
def test_a_case_is_not_stale_while_its_next_contact_is_planned_unless_one_was_missed(
    missed: bool, told: list[Role]
) -> None:
    world = a_plain_case(severity=2)
    progress.planned(world.case, plan(START + timedelta(days=9)), START)
    if missed:
        world.case.clocks[EscalationKind.CONTACT_MISSED] = Clock(since=START, over=True)
    heard = told_by(world, START + timedelta(days=8), EscalationKind.STALE)
    assert [role for role, _ in heard] == told


def test_the_next_stage_of_a_refund_is_told_though_everybody_heard_of_the_last_one() -> None:
    """Both wait for a leader: the second look, and the dispute that comes of it."""
    world, kind = refund_world.RefundWorld().inspected("undecided"), EscalationKind.DECISION_WAITING
    world.case.clocks[kind] = world.case.clocks[kind].model_copy(update={"over": True})
    world.now += HOUR
    assert world.step(BOB, refund_steps.Inspect(result="worn_or_damaged_by_buyer", good=1)) is None
    refund_clocks.follow(world.case, world.now)
    assert (world.case.stage_seen, world.case.clocks[kind]) == ("disputing", Clock(since=world.now))


# Held


def held(world: World, begins: datetime, ends: datetime) -> None:
    world.now = begins
    assert world.step(ALICE, steps.Hold(why=TEXT))
    world.now = ends
    assert world.step(ALICE, steps.Resume())


def next_told(world: World, kind: EscalationKind) -> datetime:
    """When its clock, reckoned anew if it has to be, tells the next one."""
    clock = world.case.clocks[kind]
    if clock.due_at is None:
        climb(world.case, Due(clock.since, Action.RECKON, kind), world.now)
    due = world.case.clocks[kind].due_at
    assert due is not None
    return due


def test_a_missing_contact_that_was_held_over_night_is_due_half_an_hour_later() -> None:
    world, eight = a_plain_case(severity=2), START + 8 * HOUR
    world.case.clocks[NOT_CONTACTED] = Clock(since=eight, due_at=eight + 14 * HOUR)
    held(world, eight + HOUR / 2, eight + 13 * HOUR)
    assert next_told(world, NOT_CONTACTED) == eight + 14.5 * HOUR


def test_after_a_hold_one_hears_after_the_other_and_whoever_had_heard_does_not_once_more() -> None:
    world, eight = a_plain_case(severity=2), START + 8 * HOUR
    world.case.clocks = {NOT_CONTACTED: Clock(since=eight - 2 * HOUR, told=[Role.AGENT], due_at=eight + 2 * HOUR)}
    held(world, eight + HOUR / 2, eight + 13 * HOUR)
    world.case.contact, world.case.plan_again_at = None, None
    assert told_by(world, START + timedelta(days=2), NOT_CONTACTED) == [
        (Role.LEAD, 22.5 * HOUR),
        (Role.SUPERVISOR, 24.5 * HOUR),
    ]


def test_a_case_that_was_held_ranks_by_the_time_that_it_was_not() -> None:
    world = a_plain_case()
    world.case.clocks = {ASKED: Clock(since=START)}
    held(world, START + HOUR, START + 11 * HOUR)
    due = due_for_people(world.case)
    assert due is not None
    assert due.at == START + 10 * HOUR


def test_an_older_run_moves_its_clocks_by_the_wall() -> None:
    world = a_plain_case()
    world.case.edition = 0
    world.case.clocks[ASKED] = Clock(since=START, due_at=START + 2 * HOUR)
    held(world, START + HOUR, START + 11 * HOUR)
    assert world.case.clocks[ASKED] == Clock(since=START + 10 * HOUR, due_at=START + 12 * HOUR)


def a_call() -> refund_world.RefundWorld:
    world = refund_world.RefundWorld()
    world.case.calls.planned_by_desk = True
    world.take(refund_agenda.Due(START, refund_agenda.Action.ASSIGN))
    calls.planned(world.case, plan(START), START)
    return world


def refund_held(world: refund_world.RefundWorld, hours: int) -> None:
    assert world.step(ALICE, refund_steps.Hold(why=TEXT)) is None
    world.now += hours * HOUR
    assert world.step(ALICE, refund_steps.Resume()) is None


def test_a_held_refund_plans_its_call_anew() -> None:
    world = a_call()
    refund_held(world, 10)
    waits = [(call.at, call.what) for call in calls.due(world.case)]
    assert waits == [(world.now, "plan")]


def test_a_refunds_call_that_was_taken_before_a_hold_can_still_be_logged_after_it() -> None:
    world = a_call()
    calls.by_the_clock(world.case, "due", world.now)
    calls.begin(world.case, ALICE, steps.BeginContact(), world.now, RefundPrepared())
    refund_held(world, 10)
    waits = [(call.at, call.what) for call in calls.due(world.case)]
    assert waits == [(world.now + calls.LOG_WITHIN, "lapsed")]
