"""Orders to the marketplace: placed by a person or a rule, answered, confirmed by hand, given up."""

from datetime import datetime, timedelta
from typing import Any

from domain.case_record import record
from domain.people import PLATFORM, Actor
from domain.policies.refund_rules import RefundStatus
from domain.refund_case.facts import Ordered, OrderResult
from domain.refund_case.market import GOODS_GO_OUT, Reading, RefundKind, basis_of
from domain.refund_case.orders import MarketAction, Order, OrderStatus
from domain.refund_case.state import RefundCaseState

# Ours: a marketplace that does not answer is asked again soon while its deadline is near, else ever less often.
NEAR = timedelta(hours=2)
SOON = timedelta(minutes=2)
AT_LEAST_EVERY = timedelta(minutes=30)
ORDERED = "ordered"
TOLD = frozenset({"address", "freight_by_buyer", "message", "proof", "reason"})

# What the marketplace shows once it has done what it was told.
FOLLOWS = {
    MarketAction.AGREE_RETURN: frozenset({RefundStatus.RETURNING, RefundStatus.RETURNED}),
    MarketAction.AGREE_EXCHANGE: frozenset({RefundStatus.RETURNING, RefundStatus.RETURNED, RefundStatus.TO_SEND}),
    MarketAction.REFUND: frozenset({RefundStatus.SUCCEEDED}),
    MarketAction.REFUSE: frozenset({RefundStatus.REFUSED}),
    MarketAction.TAKE_GOODS: frozenset({RefundStatus.TO_SEND, RefundStatus.SENT}),
    MarketAction.SEND_GOODS: frozenset({RefundStatus.SENT, RefundStatus.SUCCEEDED}),
}


def place(
    case: RefundCaseState, actor: Actor, action: MarketAction, now: datetime, *, policy: str | None = None, **more: Any
) -> None:
    """The agenda carries it out at once; where no machine can, it waits for a person's hand."""
    reading = case.reading
    order = Order(
        number=len(case.orders) + 1, action=action, on=basis_of(reading), amount_fen=reading.amount_fen,
        status=OrderStatus.WAITING if reading.handling.by_machine else OrderStatus.BY_HAND,
        by=actor.person, policy=policy, at=now, **more,
    )  # fmt: skip
    case.orders.append(order)
    case.talk.trial = None
    if case.watch is not None:
        case.watch.decided, case.watch.decided_at = ORDERED, now
    facts = {name: value for name, value in more.items() if name in TOLD}
    record(
        case, actor, now, "order_placed",
        order=order.number, action=action, amount_fen=order.amount_fen, version=reading.version, status=reading.status,
        policy=policy, **facts,
    )  # fmt: skip


def take_goods(case: RefundCaseState, actor: Actor, now: datetime) -> None:
    """The goods that came back are in order, or taken as they are: a marketplace that wants to know before others go
    out is told."""
    reading = case.reading
    waits = reading.status is RefundStatus.RETURNED and reading.kind in GOODS_GO_OUT and case.handling.goods_are_taken
    if waits and case.open_order is None and goods_fine(case):
        place(case, actor, MarketAction.TAKE_GOODS, now)


def goods_fine(case: RefundCaseState) -> bool:
    """Nothing was found fault with, or somebody took the goods as they are."""
    inspection = case.goods.inspection
    return inspection is not None and (inspection.refund_follows or case.goods.accepted_by is not None)


def unanswered(case: RefundCaseState, order: Order, now: datetime) -> None:
    """The marketplace did not answer: it is asked again, and reads before it acts."""
    order.tries += 1
    watch = case.watch
    near = watch is not None and watch.deadline.at - now < NEAR
    order.again_at = now + (SOON if near else min(SOON * 2**order.tries, AT_LEAST_EVERY))
    if order.tries == 1:
        record(case, PLATFORM, now, "order_unanswered", order=order.number, action=order.action)


def answered(case: RefundCaseState, order: Order, found: Ordered, now: datetime) -> None:
    """What the marketplace said. The reading that came with it is let count by the caller, before this."""
    order.tries += 1
    match found.result:
        case OrderResult.DONE:
            carried_out(case, order, now)
        case OrderResult.MOVED:
            void(case, order, now)
        case OrderResult.NEEDS_CODE:
            order.status, order.code = OrderStatus.NEEDS_CODE, None
            record(case, PLATFORM, now, "code_wanted", order=order.number, trouble=found.trouble)
        case OrderResult.BY_HAND:
            order.status = OrderStatus.BY_HAND
            record(case, PLATFORM, now, "order_by_hand", order=order.number, action=order.action)
        case OrderResult.REFUSED:
            _refused(case, order, found.trouble, now)


def carried_out(case: RefundCaseState, order: Order, now: datetime, actor: Actor = PLATFORM, **facts: Any) -> None:
    """Seen on the marketplace, or confirmed by a person's hand."""
    if order.open:
        order.status, order.done_at = OrderStatus.DONE, now
        record(case, actor, now, "order_done", order=order.number, action=order.action, **facts)


def void(case: RefundCaseState, order: Order, now: datetime) -> None:
    """What it was decided on is not so any more: nothing is forced, it is decided anew."""
    if not order.open:
        return
    order.status = OrderStatus.VOID
    _undecided(case)
    record(case, PLATFORM, now, "order_void", order=order.number, action=order.action, status=case.reading.status)


def _refused(case: RefundCaseState, order: Order, trouble: str | None, now: datetime) -> None:
    """A person decides anew. What the shop's rule ordered is not ordered again by it: it would be refused again."""
    order.status, order.trouble = OrderStatus.REFUSED, trouble
    if order.by:
        _undecided(case)
    record(case, PLATFORM, now, "order_refused", order=order.number, action=order.action, trouble=trouble)


def _undecided(case: RefundCaseState) -> None:
    if case.watch is not None and case.watch.decided == ORDERED:
        case.watch.decided, case.watch.decided_at = None, None


def fits(order: Order, reading: Reading) -> bool:
    """Whether what an order was decided on still holds; a moved version alone does not matter."""
    return order.on == basis_of(reading)


def shows_done(order: Order, reading: Reading) -> bool:
    return reading.status in FOLLOWS[order.action] and reading.status != order.on.status


def moves_to(action: MarketAction, kind: RefundKind) -> RefundStatus:
    """Where an application stands after this, when nobody but us says so."""
    sends_only = action is MarketAction.AGREE_EXCHANGE and kind is RefundKind.RESEND
    if sends_only:
        return RefundStatus.TO_SEND
    return {
        MarketAction.AGREE_RETURN: RefundStatus.RETURNING,
        MarketAction.AGREE_EXCHANGE: RefundStatus.RETURNING,
        MarketAction.REFUND: RefundStatus.SUCCEEDED,
        MarketAction.REFUSE: RefundStatus.REFUSED,
        MarketAction.TAKE_GOODS: RefundStatus.TO_SEND,
        MarketAction.SEND_GOODS: RefundStatus.SENT,
    }[action]


def agreement(kind: RefundKind) -> MarketAction:
    """What agreeing to an application means on the marketplace."""
    if kind is RefundKind.REFUND:
        return MarketAction.REFUND
    return MarketAction.AGREE_RETURN if kind is RefundKind.RETURN else MarketAction.AGREE_EXCHANGE
