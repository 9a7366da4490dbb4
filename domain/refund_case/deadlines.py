"""The marketplace's deadline in a refund case: watched, warned of, and acted on before the marketplace acts.

Every deadline ends in an action of ours or in a recorded decision to let it pass, and none in silence. What a rule may
do by itself is what the shop chose, and never a refusal.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.case_record import record
from domain.people import TIMER, Actor, Role
from domain.policies.refund_rules import RefundStatus
from domain.refund_case import steps
from domain.refund_case.facts import RefundPrepared, Warned
from domain.refund_case.market import RefundKind
from domain.refund_case.ordering import agreement, goods_fine, place
from domain.refund_case.orders import MarketAction
from domain.refund_case.permissions import going_on, part_of, require
from domain.refund_case.refusals import NoDeadline
from domain.refund_case.stages import Owner, owner_of
from domain.refund_case.state import Freight, RefundCaseState, Watch
from domain.refund_deadlines import Deadline, act_at

LET_IT_PASS = "let_pass"  # noqa: S105 - a word for a decision
TRY_AGAIN = timedelta(minutes=2)
# Ours: after this long without the marketplace acting, its clock and ours differ, and somebody should know.
CLOCKS_DIFFER = timedelta(minutes=10)
DESKS = frozenset({Owner.SERVICE, Owner.LEAD, Owner.SUPERVISOR, Owner.WAREHOUSE, Owner.FINANCE})


def watch(case: RefundCaseState, deadline: Deadline | None, now: datetime) -> None:
    """A deadline that is known already goes on as it is; another one, or another moment, begins anew."""
    if deadline is None:
        case.watch = None
    elif case.watch is None or case.watch.deadline != deadline:
        case.watch = Watch(deadline=deadline)
        record(
            case, TIMER, now, "deadline_set",
            status=deadline.status, at=deadline.at, then=deadline.then, source=deadline.source,
        )  # fmt: skip


def waits(case: RefundCaseState) -> Iterator[tuple[datetime, str]]:
    """When something is to be done about the deadline, and which: hours of a warning, or `act`."""
    found = case.watch
    if found is None or case.identity is None:
        return
    for hours in case.handling.warn_hours:
        if hours not in found.warned:
            yield found.deadline.at - timedelta(hours=hours), str(hours)
    if found.decided is None:
        begins = act_at(found.deadline, case.handling.act_minutes_before, case.identity.case_serial)
        yield found.act_again_at or begins, "act"


def role_to_warn(case: RefundCaseState, hours: int) -> Role:
    """`agent` stands for whoever owns the stage."""
    handling = case.handling
    role = handling.warn_roles[handling.warn_hours.index(hours)]
    if role is not Role.AGENT:
        return role
    return {Owner.WAREHOUSE: Role.WAREHOUSE, Owner.FINANCE: Role.FINANCE}.get(owner_of(case), Role.AGENT)


def hours_due(case: RefundCaseState, now: datetime) -> int | None:
    """The nearest warning whose hour has come; earlier ones that were missed are not made up for."""
    found = case.watch
    if found is None:
        return None
    come = [h for h in case.handling.warn_hours if found.deadline.at - timedelta(hours=h) <= now]
    left = [h for h in come if h not in found.warned]
    return min(left, default=None)


def warned(case: RefundCaseState, found: Warned, now: datetime) -> None:
    """Once for each hour and deadline; whoever decided already is not warned of their own decision."""
    running = case.watch
    if running is None or found.hours in running.warned:
        return
    running.warned = sorted({*running.warned, *(h for h in case.handling.warn_hours if h >= found.hours)}, reverse=True)
    record(
        case, TIMER, now, "deadline_warned",
        what="deadline", level=len(running.warned), role=found.role, told=found.people, hours=found.hours,
        owner=owner_of(case), then=running.deadline.then, at=running.deadline.at,
    )  # fmt: skip


def safe_action(case: RefundCaseState) -> tuple[MarketAction | None, str]:
    """What the shop's rule does before the marketplace acts; without one, why it is let pass."""
    reading, rule = case.reading, case.handling
    if not case.watch or not case.watch.deadline.sellers_turn:
        return None, "it is the buyer's turn"
    if reading.intervention.under_way:
        return None, "the marketplace decides"
    if case.open_order is not None:
        return None, "an order is under way"
    if reading.status is RefundStatus.ASKED:
        return _answer(case)
    if reading.status is RefundStatus.RETURNED and reading.kind is RefundKind.RETURN:
        if rule.safe_returned == LET_IT_PASS:
            return None, "the shop has set no rule"
        if not goods_fine(case):
            return None, "the goods were not found to be in order; a refusal needs a person"
        return _within(case, MarketAction.REFUND)
    return None, "no rule can do this"


def _answer(case: RefundCaseState) -> tuple[MarketAction | None, str]:
    if case.handling.safe_asked == LET_IT_PASS:
        return None, "the shop has set no rule"
    if case.abuse is not None:
        return None, "abuse is suspected; a refusal needs a person"
    return _within(case, agreement(case.reading.kind))


def _within(case: RefundCaseState, action: MarketAction) -> tuple[MarketAction | None, str]:
    if case.reading.amount_fen > case.handling.safe_up_to_fen:
        return None, "the amount is above what the shop's rule covers"
    return action, ""


def act(case: RefundCaseState, found: RefundPrepared, now: datetime) -> None:
    """Nobody decided in time: the shop's rule does, or it is put down that the deadline passes and why."""
    running = case.watch
    if running is None or running.decided is not None:
        return
    action, why = safe_action(case)
    if action is None:
        _let_pass(case, TIMER, now, reason=why, policy=case.handling.policy)
        return
    if found.freight is not None:
        settle(case, TIMER, found.freight, now)
    sends_back = action in {MarketAction.AGREE_RETURN, MarketAction.AGREE_EXCHANGE}
    if sends_back and found.address is None:
        _let_pass(case, TIMER, now, reason="the shop has no return address", policy=case.handling.policy)
        return
    more = {"address": found.address, "freight_by_buyer": by_buyer(case)} if sends_back else {}
    place(case, TIMER, action, now, policy=case.handling.policy, **more)


def settle(case: RefundCaseState, actor: Actor, freight: Freight, now: datetime) -> None:
    """What a person agreed with the buyer stands; else who pays follows the table, and what is new is recorded."""
    if case.freight == freight or (case.freight is not None and case.freight.by_hand and not freight.by_hand):
        return
    case.freight = freight
    record(
        case, actor, now, "freight_settled",
        outbound=freight.outbound, back=freight.back, recover_from=freight.recover_from, reason=freight.reason,
        row=freight.row, policy=freight.policy,
    )  # fmt: skip


def by_buyer(case: RefundCaseState) -> bool:
    """Whether the buyer pays the way back, as the marketplace is told. What an insurer pays goes to the buyer, who has
    paid before; where the fault is the seller's, the buyer shall not have to."""
    if case.freight is None:
        return True
    return case.freight.back == "buyer" or (case.freight.back == "insurer" and case.fault != "seller")


def not_reached(case: RefundCaseState, now: datetime) -> None:
    """The marketplace could not be read when it was time to act: tried again until the deadline, and put down."""
    running = case.watch
    if running is None:
        return
    if now >= running.deadline.at:
        _let_pass(case, TIMER, now, reason="the marketplace could not be reached in time", policy=None)
        return
    if running.act_again_at is None:
        record(case, TIMER, now, "deadline_not_reached", at=running.deadline.at)
    running.act_again_at = min(now + TRY_AGAIN, running.deadline.at)


def passed(case: RefundCaseState, now: datetime) -> None:
    """The moment has passed and the marketplace shows no change: its clock and ours differ."""
    running = case.watch
    if running is not None and not running.passed and now - running.deadline.at >= CLOCKS_DIFFER:
        running.passed = True
        record(case, TIMER, now, "deadline_ignored", at=running.deadline.at, then=running.deadline.then)


def may_let_pass(case: RefundCaseState, actor: Actor) -> None:
    going_on(case)
    running = case.watch is not None and case.watch.decided is None
    require(running, NoDeadline, "No deadline waits for a decision now; look at the case again.")
    owner = owner_of(case)
    part_of(owner if owner in DESKS else Owner.SERVICE, case, actor)


def let_pass(case: RefundCaseState, actor: Actor, step: steps.LetPass, now: datetime, found: RefundPrepared) -> None:
    _let_pass(case, actor, now, why=step.why)


def _let_pass(case: RefundCaseState, actor: Actor, now: datetime, **facts: object) -> None:
    assert case.watch is not None  # noqa: S101 - every caller has looked
    case.watch.decided, case.watch.decided_at = LET_IT_PASS, now
    policy = facts.pop("policy", None)
    record(
        case, actor, now, "deadline_let_pass", policy=str(policy) if policy else None,
        at=case.watch.deadline.at, then=case.watch.deadline.then, **facts,
    )  # fmt: skip
