"""How a refund case ends: mostly as the marketplace says, by a supervisor's word where that can't be waited for."""

from datetime import datetime
from typing import Any

from domain.case_record import record
from domain.escalation import EscalationKind
from domain.people import PLATFORM, Actor
from domain.policies.refund_rules import RefundStatus
from domain.refund_case import amends, steps
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.market import GOODS_GO_OUT, Intervention, Reading, RefundKind
from domain.refund_case.orders import MarketAction, OrderStatus
from domain.refund_case.outcomes import PAID_BACK, RefundOutcome
from domain.refund_case.permissions import going_on, in_stage, nothing_ordered, require, supervisor, working
from domain.refund_case.refusals import NotReopened
from domain.refund_case.stages import RefundStage
from domain.refund_case.state import RefundCaseState

# A forum goes on with a counter-claim, however the marketplace ended its application; a buyer who wrote is answered.
BEYOND_THE_END = frozenset({EscalationKind.COUNTER_CLAIM, EscalationKind.BUYER_WROTE})
MONEY_KINDS = frozenset({RefundKind.REFUND, RefundKind.RETURN})


def ended_on_platform(case: RefundCaseState, before: Reading | None, now: datetime, *, by_itself: bool) -> None:
    """`by_itself`: the marketplace acted at its deadline, and nobody else did."""
    reading = case.reading
    succeeded = reading.status is RefundStatus.SUCCEEDED
    outcome = _success(case, by_itself) if succeeded else _closure(case, before, by_itself)
    if succeeded and reading.kind in MONEY_KINDS:
        case.refunded_fen = reading.amount_fen
    end(case, PLATFORM, outcome, now)


def _success(case: RefundCaseState, by_itself: bool) -> RefundOutcome:
    if case.reading.intervention is Intervention.FOR_BUYER:
        return RefundOutcome.RULED_FOR_BUYER
    if case.reading.kind in GOODS_GO_OUT:
        return RefundOutcome.EXCHANGED
    alone = by_itself and not case.done(MarketAction.REFUND)
    return RefundOutcome.REFUNDED_BY_PLATFORM if alone else RefundOutcome.REFUNDED


def _closure(case: RefundCaseState, before: Reading | None, by_itself: bool) -> RefundOutcome:
    if case.reading.intervention is Intervention.FOR_SELLER:
        return RefundOutcome.RULED_FOR_SELLER
    if before is not None and before.status is RefundStatus.REFUSED:
        return RefundOutcome.REFUSED
    if before is not None and before.status is RefundStatus.RETURNING and by_itself:
        return RefundOutcome.LAPSED
    if before is not None and before.status is RefundStatus.TO_SEND:
        return RefundOutcome.NOT_SENT
    kept = case.talk.satisfied or case.talk.accepted is not None
    return RefundOutcome.KEPT if kept else RefundOutcome.WITHDRAWN


def may_close_again(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    require(
        case.ended_before is not None, NotReopened, "The case was not opened again; it ends as the marketplace says."
    )
    in_stage(case, RefundStage.REOPENED)


def close_again(
    case: RefundCaseState, actor: Actor, step: steps.CloseAgain, now: datetime, found: RefundPrepared
) -> None:
    """What was told to the buyer before is not told once more."""
    assert case.ended_before is not None  # noqa: S101 - may_close_again saw it under the same lock
    case.notice_done = True
    end(case, actor, case.ended_before, now, why=step.why)


def end(case: RefundCaseState, actor: Actor, outcome: RefundOutcome, now: datetime, **facts: Any) -> None:
    """Fix the outcome. What is still open ends with it; notice, goods and closing follow by the agenda."""
    case.outcome, case.outcome_at = outcome, now
    case.held = None
    case.talk.trial = None
    case.watch = None
    case.read_again_at = None
    case.clocks = {kind: clock for kind, clock in case.clocks.items() if kind in BEYOND_THE_END}
    amends.case_ended(case, outcome, now)
    order = case.open_order
    if order is not None:
        order.status = OrderStatus.VOID
    refunded = case.refunded_fen if outcome in PAID_BACK else None
    record(case, actor, now, "outcome_fixed", outcome=outcome, refunded_fen=refunded, **facts)


def may_end(case: RefundCaseState, actor: Actor) -> None:
    supervisor(case, actor)
    going_on(case)
    nothing_ordered(case)


def end_by_hand(
    case: RefundCaseState, actor: Actor, step: steps.EndRefund, now: datetime, found: RefundPrepared
) -> None:
    end(case, actor, RefundOutcome.ENDED_BY_HAND, now, why=step.why)
