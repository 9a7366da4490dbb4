"""Who may take a step, and in which cases at all; the finer conditions stand with each step."""

from typing import Protocol

from domain.case_clocks import Held
from domain.errors import Refusal
from domain.people import DESK, LEADERS, Actor, Role
from domain.review_case.refusals import CaseHeld, NotYours
from domain.review_case.state import ReviewCaseState
from domain.step_refusals import whose


class CanBeHeld(Protocol):
    """A case of any kind."""

    held: Held | None


def require(holds: bool, refusal: type[Refusal], message: str, **facts: object) -> None:
    if not holds:
        raise refusal(message, **facts)


def desk(case: ReviewCaseState, actor: Actor) -> None:
    """Anybody of the shop's desk."""
    require(actor.holds(DESK), NotYours, "This step is the desk's; ask an agent, a lead or a supervisor.")


def working(case: ReviewCaseState, actor: Actor) -> None:
    """The case's own agent, or a leader in their place; never on a held case."""
    desk(case, actor)
    unheld(case)
    mine = case.assignee == actor.person
    require(mine or actor.holds(LEADERS), NotYours, whose(case.assignee))


def leaders(case: ReviewCaseState, actor: Actor) -> None:
    require(actor.holds(LEADERS), NotYours, "This step is a lead's or a supervisor's; escalate the case to ask for it.")


def supervisor(case: ReviewCaseState, actor: Actor) -> None:
    may = actor.holds(frozenset({Role.SUPERVISOR}))
    require(may, NotYours, "This step is a supervisor's; escalate the case to ask for it.")


def money_people(case: object, actor: Actor) -> None:
    may = actor.holds(frozenset({Role.FINANCE, Role.SUPERVISOR}))
    require(may, NotYours, "This step is finance's or a supervisor's; ask one of them.")


def unheld(case: CanBeHeld) -> None:
    require(case.held is None, CaseHeld, "The case is on hold; resume it first.")
