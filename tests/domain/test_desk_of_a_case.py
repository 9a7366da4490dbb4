"""What the desk's hours and shifts mean for one case: nobody there is said aloud, and a new agent's shift counts."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import find

from domain.contact_terms import Channel, NoContactCode
from domain.escalation import EscalationKind
from domain.people import Actor, Role
from domain.review_case import desk, permissions, progress, steps
from domain.review_case.agenda import Action, agenda
from domain.review_case.facts import Assigned, Planned, Prepared
from domain.review_case.state import ReviewCaseState
from domain.step_refusals import NotYours
from tests.domain.review_world import BOB, START, TEXT, World

NOBODY = Planned(why="nobody", code=NoContactCode.NOBODY_AT_DESK, again_at=START + timedelta(days=1))
PLANNED = Planned(
    due_at=START + timedelta(hours=3), slot_ends_at=START + timedelta(hours=4), channel=Channel.CALL, why="lunch"
)


def plainly(strategy: Any, *labels: str) -> Any:
    """The least surprising value of each kind, instead of one that hypothesis draws."""
    return find(strategy, lambda _value: True)


def opened() -> ReviewCaseState:
    case = World.begun(plainly).case
    progress.assigned(case, Assigned(person="alice", why="fair"), START)
    return case


@pytest.mark.covers(7)
def test_nobody_at_the_desk_is_told_to_somebody_today_and_tried_again_tomorrow() -> None:
    case = opened()
    progress.planned(case, NOBODY, START)

    assert EscalationKind.DECISION_WAITING in case.clocks
    plans = [due.at for due in agenda(case) if due.action is Action.PLAN]
    assert plans == [START + timedelta(days=1)]


def test_nobody_at_the_desk_is_recorded_once_however_often_it_is_tried() -> None:
    case = opened()
    for day in range(5):
        progress.planned(case, NOBODY, START + timedelta(days=day))

    assert [event.kind for event in case.unwritten].count("no_contact_possible") == 1


def test_a_shift_that_was_mended_ends_the_escalation() -> None:
    case = opened()
    progress.planned(case, NOBODY, START)
    progress.planned(case, PLANNED, START)

    assert EscalationKind.DECISION_WAITING not in case.clocks
    assert case.contact is not None


@pytest.mark.parametrize("off_shift", [True, False])
def test_a_contact_is_planned_anew_when_its_new_agent_is_off_then(off_shift: bool) -> None:
    case = opened()
    progress.planned(case, PLANNED, START)
    desk.hand_over(case, BOB, steps.HandOver(to="ann", why=TEXT), START, Prepared(off_shift=off_shift))

    assert (case.contact is None) is off_shift


def test_a_contact_that_is_due_stays_due_for_whoever_takes_the_case() -> None:
    case = opened()
    progress.planned(case, PLANNED, START)
    progress.contact_due(case, START)
    desk.claim(case, BOB, steps.Claim(), START, Prepared(off_shift=True))

    assert case.contact is not None
    assert case.assignee == "bob"


def in_vain(start: datetime = START) -> Planned:
    code, tomorrow = NoContactCode.AGENT_NEVER_THERE, start + timedelta(days=1)
    return Planned(why="its agent is never at work then", code=code, again_at=tomorrow)


def kinds(case: ReviewCaseState) -> list[str]:
    return [event.kind for event in case.unwritten]


@pytest.mark.covers(195, 196)
def test_a_case_whose_agent_never_works_then_goes_to_somebody_who_does_and_is_planned_anew() -> None:
    case = opened()
    progress.planned(case, in_vain(), START)
    asked = [due.action for due in agenda(case) if due.at == START]
    progress.replaced(case, Assigned(person="ann", why="her shift fits"), "alice", START)

    assert (Action.REPLACE in asked, case.assignee, case.plan_again_at) == (True, "ann", START)
    assert EscalationKind.DECISION_WAITING not in case.clocks
    assert kinds(case)[-2:] == ["no_contact_possible", "handed_on"]


def test_only_where_nobody_fits_somebody_is_told_once_and_it_is_tried_again_tomorrow() -> None:
    case = opened()
    for day in range(3):
        now = START + timedelta(days=day)
        progress.planned(case, in_vain(now), now)
        progress.replaced(case, Assigned(person=None, why="no shift fits"), "alice", now)

    assert (kinds(case).count("nobody_fits"), EscalationKind.DECISION_WAITING in case.clocks) == (1, True)
    assert (case.assignee, case.replace_at, case.plan_again_at) == ("alice", None, START + timedelta(days=3))


def test_who_got_the_case_while_somebody_was_looked_for_keeps_it() -> None:
    case = opened()
    progress.planned(case, in_vain(), START)
    desk.hand_over(case, BOB, steps.HandOver(to="lee", why=TEXT), START, Prepared())
    progress.replaced(case, Assigned(person="ann", why="her shift fits"), "alice", START)

    assert (case.assignee, case.replace_at) == ("lee", None)


@pytest.mark.parametrize(("assignee", "way_out"), [(None, "claim it"), ("alice", "hand it over")])
def test_who_takes_a_step_in_a_case_that_is_not_theirs_hears_how_to_come_by_it(
    assignee: str | None, way_out: str
) -> None:
    case = opened()
    case.assignee = assignee
    ann = Actor(person="ann", roles=frozenset({Role.AGENT}))
    with pytest.raises(NotYours, match=way_out):
        permissions.working(case, ann)
