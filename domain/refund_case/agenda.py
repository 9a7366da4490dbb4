"""What a refund case does next: every wait of the case as one list, computed anew from the facts each time.

The workflow waits for the earliest entry or for an event, acts, and looks again; nothing else keeps a timer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain import case_clocks
from domain.disputes import dues
from domain.escalation import EscalationKind
from domain.refund_case import amends, calls, claim_standing, claiming, deadlines, hearing, tracing
from domain.refund_case.orders import OrderStatus
from domain.refund_case.stages import Owner, RefundStage, goods_missing, owner_of, stage_of
from domain.refund_case.state import RefundCaseState


class Action(StrEnum):
    """What the workflow does by itself."""

    OPEN = "open"
    ASSIGN = "assign"
    CALL = "call"
    READ = "read_refund"
    WARN = "warn_of_deadline"
    ACT = "act_before_deadline"
    ORDER = "order"
    WRITE = "write"
    OFFER_LAPSES = "offer_lapses"
    RELEASE = "release_offer"
    PAY = "pay"
    TRIAL_ENDS = "trial_ends"
    RECKON = "reckon_clock"
    ESCALATE = "escalate"
    RESUME = "resume"
    CLAIM_DUE = "counter_claim_due"
    QUESTION_DUE = "question_due"
    NOTIFY = "notify"
    TRACE = "trace"
    TELL = "tell"
    CLAIM = "courier_claim"
    GIVE_UP_GOODS = "give_up_goods"
    LOG_MESSAGE = "log_message"
    CLOSE = "close"


@dataclass(frozen=True)
class Due:
    """`subject` tells which of several."""

    at: datetime
    action: Action
    subject: str = ""


def agenda(case: RefundCaseState) -> list[Due]:
    """Everything that is waiting, earliest first; of equals, the one listed first here."""
    return sorted(_all(case), key=lambda due: due.at)


def next_due(case: RefundCaseState) -> Due | None:
    """The earliest entry; None only for a closed case."""
    return min(_all(case), key=lambda due: due.at, default=None)


def still_due(case: RefundCaseState, due: Due) -> bool:
    """Asked under the case's lock: a person's step may have been carried out while what is due waited for it."""
    return case.edition < 1 or due in _all(case)


def _all(case: RefundCaseState) -> Iterator[Due]:
    if case.closed_at is not None:
        return
    if case.identity is None:
        yield Due(case.open_again_at or case.opened_at, Action.OPEN)
        return
    yield from (Due(at, Action.CLAIM_DUE, number) for at, number in dues.claims_due(case))
    yield from (Due(heard.at, Action.LOG_MESSAGE, str(heard.number)) for heard in hearing.unlogged(case))
    yield from _amends(case)
    if case.outcome is not None:
        if case.assignee is None and case.edition >= 1 and _needs_service(case):
            yield Due(case.assign_again_at or case.opened_at, Action.ASSIGN)
        yield from _ending(case)
        yield from _parcels(case)
        yield from _clocks(case)
        return
    yield from _deadline(case)
    yield from _parcels(case)
    order = case.open_order
    if order is not None and order.status is OrderStatus.WAITING:
        yield Due(order.again_at or order.at, Action.ORDER, str(order.number))
    message = case.open_message
    if message is not None:
        yield Due(message.again_at or message.at, Action.WRITE, str(message.number))
    if case.read_again_at is not None:
        yield Due(case.read_again_at, Action.READ)
    if case.held is not None:
        if case.held.until is not None:
            yield Due(case.held.until, Action.RESUME)
        return
    if case.assignee is None:
        yield Due(case.assign_again_at or case.opened_at, Action.ASSIGN)
    for call in calls.due(case):
        yield Due(call.at, Action.CALL, call.what)
    if case.talk.trial is not None:
        yield Due(case.talk.trial.until, Action.TRIAL_ENDS)
    yield from (Due(at, Action.QUESTION_DUE, number) for at, number in dues.questions_due(case))
    yield from _clocks(case)


def _deadline(case: RefundCaseState) -> Iterator[Due]:
    """Holding a case does not hold the marketplace."""
    for at, what in deadlines.waits(case):
        yield Due(at, Action.ACT) if what == "act" else Due(at, Action.WARN, what)


def _parcels(case: RefundCaseState) -> Iterator[Due]:
    """Nor does it hold the couriers, and what is claimed from them."""
    for at, shipment in tracing.looks(case):
        yield Due(at, Action.TRACE, shipment)
    for at, place in tracing.tellings(case):
        yield Due(at, Action.TELL, place)
    for at, number in claiming.claims_due(case):
        yield Due(at, Action.CLAIM, number)


def _amends(case: RefundCaseState) -> Iterator[Due]:
    """What was set aside for an alternative goes back, or to the buyer."""
    for number in amends.to_release(case):
        yield Due(case.opened_at, Action.RELEASE, str(number))
    if lapses := amends.lapses(case):
        yield Due(lapses, Action.OFFER_LAPSES)
    if amends.ready_to_pay(case):
        yield Due(case.pay_again_at or case.opened_at, Action.PAY)


def _ending(case: RefundCaseState) -> Iterator[Due]:
    """What is owed is paid, the buyer is told, goods that are on their way are waited for; then the case closes."""
    if case.owed_offer is not None or case.live_payout is not None:
        return
    now = case.outcome_at or case.opened_at
    if not case.notice_done:
        yield Due(case.notice_again_at or now, Action.NOTIFY)
        return
    if not goods_missing(case):
        if not any(dues.claims_waiting(case)) and claim_standing.settled(case) and not hearing.waits(case):
            yield Due(now, Action.CLOSE)
    elif case.goods.received_at is None:
        yield Due(now + timedelta(days=case.handling.goods_wait_days), Action.GIVE_UP_GOODS)


def _needs_service(case: RefundCaseState) -> bool:
    """Whether a person of the desk has something to do yet in a case that has its outcome."""
    ours = owner_of(case) is Owner.SERVICE or claim_standing.claim_missing(case)
    return ours or any(dues.claims_waiting(case)) or hearing.waits(case)


def _clocks(case: RefundCaseState) -> Iterator[Due]:
    for at, kind, reckons in case_clocks.waiting(case):
        yield Due(at, Action.RECKON if reckons else Action.ESCALATE, str(kind))


def due_for_people(case: RefundCaseState) -> Due | None:
    """What a person is needed for, and until when: lists sort by it. None while nobody of ours has to move."""
    if case.closed_at is not None or case.identity is None:
        return None
    waiting = [Due(at, Action.CLAIM_DUE, number) for at, number in dues.claims_waiting(case)]
    waiting += [Due(at, Action.QUESTION_DUE, number) for at, number in dues.questions_waiting(case)]
    waiting += [due for due in (unanswered(case), _due_for_its_owner(case)) if due is not None]
    return min(waiting, key=lambda due: due.at, default=None)


def unanswered(case: RefundCaseState) -> Due | None:
    """The buyer wrote, and somebody of the desk has to answer."""
    wrote = case.clocks.get(EscalationKind.BUYER_WROTE)
    return Due(wrote.since, Action.ESCALATE, str(EscalationKind.BUYER_WROTE)) if wrote is not None else None


def _due_for_its_owner(case: RefundCaseState) -> Due | None:
    stage = stage_of(case)
    if owner_of(case) not in deadlines.DESKS:
        trial = case.talk.trial
        return Due(trial.until, Action.TRIAL_ENDS) if stage is RefundStage.TRYING and trial is not None else None
    inspection = case.goods.inspection
    if stage is RefundStage.SECOND_LOOK and inspection is not None:
        return Due(inspection.at + timedelta(hours=case.handling.second_look_hours), Action.ACT, str(stage))
    call = case.calls.contact
    if call is not None:
        return Due(call.due_at, Action.CALL, "due")
    return Due(_waits_since(case), Action.ACT, str(stage))


def _waits_since(case: RefundCaseState) -> datetime:
    """Since when its owner has something to do. The clock for stale cases runs whatever there is to do."""
    if case.edition < 1:
        return min((clock.since for clock in case.clocks.values()), default=case.opened_at)
    asking = (clock.counts_from for kind, clock in case.clocks.items() if kind is not EscalationKind.STALE)
    return min(asking, default=case.stage_since or case.opened_at)
