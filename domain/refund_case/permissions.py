"""Who may take a step, and in which stages; the finer conditions stand with each step."""

from domain.errors import Refusal
from domain.people import DESK, LEADERS, Actor, Role
from domain.refund_case.refusals import CaseEnding, CaseHeld, NotYours, OrderUnderWay, WrongStage
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from domain.refund_case.state import RefundCaseState
from domain.step_refusals import whose

SUPERVISOR = frozenset({Role.SUPERVISOR})
HANDS = DESK | {Role.WAREHOUSE, Role.FINANCE}
_WHOSE = {
    Owner.WAREHOUSE: (frozenset({Role.WAREHOUSE}) | SUPERVISOR, "the warehouse's"),
    Owner.FINANCE: (frozenset({Role.FINANCE}) | SUPERVISOR, "finance's"),
    Owner.LEAD: (LEADERS, "a lead's"),
    Owner.SUPERVISOR: (SUPERVISOR, "a supervisor's"),
}


def require(holds: bool, refusal: type[Refusal], message: str, **facts: object) -> None:
    if not holds:
        raise refusal(message, **facts)


def anybody(case: RefundCaseState, actor: Actor) -> None:
    """Whoever works on returns in this shop, at the desk, in the warehouse or in finance."""
    require(actor.holds(HANDS), NotYours, "This step is the desk's, the warehouse's or finance's; ask one of them.")


def desk(case: RefundCaseState, actor: Actor) -> None:
    require(actor.holds(DESK), NotYours, "This step is the desk's; ask an agent, a lead or a supervisor.")


def working(case: RefundCaseState, actor: Actor) -> None:
    """The case's own agent, or a leader in their place; never on a held case."""
    desk(case, actor)
    unheld(case)
    mine = case.assignee == actor.person
    require(mine or actor.holds(LEADERS), NotYours, whose(case.assignee))


def leaders(case: RefundCaseState, actor: Actor) -> None:
    require(actor.holds(LEADERS), NotYours, "This step is a lead's or a supervisor's; escalate the case to ask for it.")


def supervisor(case: RefundCaseState, actor: Actor) -> None:
    require(actor.holds(SUPERVISOR), NotYours, "This step is a supervisor's; escalate the case to ask for it.")


def part_of(owner: Owner, case: RefundCaseState, actor: Actor) -> None:
    """The people of one owner: for service the case's own agent, else whoever holds the role."""
    if owner is Owner.SERVICE:
        working(case, actor)
        return
    unheld(case)
    roles, whose = _WHOSE[owner]
    require(actor.holds(roles), NotYours, f"This step is {whose}; the case waits for them.")


def its_turn(case: RefundCaseState, actor: Actor, *stages: RefundStage) -> None:
    """The owner's people, in one of these stages."""
    in_stage(case, *stages)
    part_of(owner_of(case), case, actor)


def in_stage(case: RefundCaseState, *stages: RefundStage) -> None:
    """Raises WrongStage, which says whose turn it is instead."""
    stage = stage_of(case)
    require(
        stage in stages, WrongStage, f"The case is {stage.replace('_', ' ')} and waits for {_who(owner_of(case))}.",
        stage=stage, owner=owner_of(case),
    )  # fmt: skip


def _who(owner: Owner) -> str:
    words = {Owner.CASE: "the marketplace's answer", Owner.NOBODY: "nobody", Owner.SERVICE: "its agent"}
    return words.get(owner, f"the {owner}")


def going_on(case: RefundCaseState) -> None:
    require(
        case.outcome is None, CaseEnding, f"The case ends as {case.outcome}; only what is left of its goods goes on."
    )


def nothing_ordered(case: RefundCaseState) -> None:
    require(
        case.open_order is None, OrderUnderWay, "The marketplace was told to do something already; wait for its answer."
    )


def unheld(case: RefundCaseState) -> None:
    require(case.held is None, CaseHeld, "The case is on hold; resume it first.")
