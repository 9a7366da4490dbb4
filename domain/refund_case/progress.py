"""What each fact that an activity found changes in a refund case, and what the case does by the clock alone."""

from datetime import datetime, timedelta

from domain import case_clocks
from domain.assignment import Assigned, search_again
from domain.case_clocks import Clock, reckoned_from_now
from domain.case_record import record
from domain.escalation import EscalationKind
from domain.people import PLATFORM, SYSTEM, TIMER
from domain.policies.refund_rules import Consequence, RefundStatus
from domain.refund_case import deadlines, ordering, tracing
from domain.refund_case.desk import assign
from domain.refund_case.ending import ended_on_platform
from domain.refund_case.facts import Ordered, RefundOpened
from domain.refund_case.market import ENDED, Reading, older
from domain.refund_case.orders import OrderStatus
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.state import RefundCaseState

DAILY = timedelta(days=1)
OPEN_AGAIN = timedelta(minutes=15)
# After a deadline has passed the marketplace is looked at until it has acted.
AFTER_THE_DEADLINE = timedelta(minutes=2)
READ_AGAIN = timedelta(minutes=5)
READ_AT_LEAST_EVERY = timedelta(hours=1)

_THEN = {
    Consequence.AGREED: frozenset({RefundStatus.RETURNING, RefundStatus.SUCCEEDED, RefundStatus.TO_SEND}),
    Consequence.REFUNDED: frozenset({RefundStatus.SUCCEEDED}),
    Consequence.CLOSED: frozenset({RefundStatus.CLOSED}),
    Consequence.PLATFORM_DECIDES: frozenset(RefundStatus),
}


def opened(case: RefundCaseState, found: RefundOpened, now: datetime) -> None:
    """The first event of a case; a duplicate ends here and touches nothing of the other case."""
    if found.duplicate_of is not None or found.identity is None or found.reading is None:
        case.outcome, case.closed_at = RefundOutcome.DUPLICATE, now
        return
    if found.before is not None:
        carry_over(case, found.before)
    case.opening = case.opening.model_copy(update={"case": found.number})
    case.identity, case.policies = found.identity, found.policies
    case.calls.planned_by_desk = found.calls
    case.severity, case.earlier_cases = found.severity, found.earlier_cases
    case.suggested_cause, case.fault = found.reading.cause, found.reading.fault
    for kind in (EscalationKind.UNASSIGNED, EscalationKind.STALE):
        case.clocks[kind] = Clock(since=now, due_at=found.clocks.get(kind))
    record(
        case, SYSTEM, now, "refund_reopened" if found.before else "refund_opened",
        run=case.opening.run if found.before else None, why=case.opening.why,
        source=case.opening.source, refund=case.opening.refund_row, what=found.reading.kind,
        amount_fen=found.reading.amount_fen, cause=found.reading.cause, fault=found.reading.fault,
        status=found.reading.status, applied_at=found.identity.applied_at, linked=found.identity.linked,
        earlier_cases=found.earlier_cases, earlier_abuse=found.identity.earlier_abuse or None,
        policy=found.policies.get("causes"),
    )  # fmt: skip
    if found.before is not None and found.reading.status in ENDED:
        # Over on the marketplace: somebody opened it again all the same, and nothing ends it but they.
        case.market, case.read_at, case.ended_before = found.reading, now, found.before.outcome
        return
    read(case, found.reading, now)


def carry_over(case: RefundCaseState, before: RefundCaseState) -> None:
    """The next run goes on with the numbering, and with what was said, sent, found and ordered before."""
    case.version, case.person_step, case.recent = before.version, before.person_step, before.recent
    case.calls = before.calls.model_copy(
        update={"contact": None, "begun": None, "plan_again_at": None, "hopeless": False}
    )
    case.talk = before.talk.model_copy(update={"trial": None})
    case.cause, case.orders, case.goods, case.messages = before.cause, before.orders, before.goods, before.messages
    case.offers, case.payouts, case.payee = before.offers, before.payouts, before.payee
    case.parcels, case.tellings, case.disputes = before.parcels, before.tellings, before.disputes
    case.damage, case.claims, case.shares = before.damage, before.claims, before.shares
    case.loss_kept, case.recoveries = before.loss_kept, before.recoveries
    case.freight, case.abuse, case.refunded_fen = before.freight, before.abuse, before.refunded_fen
    for order in case.orders:
        order.status = OrderStatus.VOID if order.open else order.status


def not_opened(case: RefundCaseState, now: datetime) -> None:
    """The application can't be read yet, because a policy lacks a word of the marketplace's; tried again later."""
    case.open_again_at = now + OPEN_AGAIN


def assigned(case: RefundCaseState, found: Assigned, now: datetime) -> None:
    if found.person is None:
        if case.assign_again_at is None:
            record(case, TIMER, now, "nobody_to_assign", why=found.why)
        search_again(case, found, now)
    elif case.assignee is None:
        assign(case, TIMER, found.person, "assigned", now, why=found.why)
        kind = EscalationKind.NOT_CONTACTED
        reckoned_from_now(case, kind, found.clocks.get(kind), now)


def still_stale(case: RefundCaseState) -> bool:
    return case_clocks.still_stale(case, case.calls.contact.due_at if case.calls.contact is not None else None)


def read(case: RefundCaseState, reading: Reading | None, now: datetime) -> None:
    """One look at the marketplace. An answer that tells of an earlier state than the one that is known is late: it
    changes nothing, whatever the order in which messages came."""
    if reading is None:
        _unreadable(case, now)
        return
    case.failed_reads, case.read_at = 0, now
    before = case.market
    if before is None or not older(reading, before):
        case.market = reading
        _compare(case, before, reading, now)
        tracing.follow(case, now)
        if case.outcome is None:
            deadlines.watch(case, reading.deadline, now)
    _look_again(case, now)


def _unreadable(case: RefundCaseState, now: datetime) -> None:
    case.failed_reads += 1
    case.read_again_at = now + min(READ_AGAIN * case.failed_reads, READ_AT_LEAST_EVERY)
    if case.failed_reads == 1:
        record(case, PLATFORM, now, "reading_failed")


def _look_again(case: RefundCaseState, now: datetime) -> None:
    """Daily, and right after a deadline; a marketplace that ignores its own is looked at every few minutes."""
    if case.outcome is not None or not case.handling.by_machine:
        case.read_again_at = None
        return
    case.read_again_at = now + DAILY
    if case.watch is not None:
        deadlines.passed(case, now)
        late = max(case.watch.deadline.at + AFTER_THE_DEADLINE, now + READ_AGAIN)
        case.read_again_at = min(case.read_again_at, late)


def _compare(case: RefundCaseState, before: Reading | None, reading: Reading, now: datetime) -> None:
    if before is None:
        if reading.status in ENDED:
            ended_on_platform(case, None, now, by_itself=False)
        return
    by_itself = _moved(case, before, reading, now) if reading.status is not before.status else False
    if before.amount_fen != reading.amount_fen or before.kind != reading.kind or before.cause != reading.cause:
        _application_changed(case, before, reading, now)
    if before.intervention is not reading.intervention:
        record(case, PLATFORM, now, "intervention", was=before.intervention, became=reading.intervention)
    if reading.shipment is not None and reading.shipment != before.shipment:
        record(case, PLATFORM, now, "goods_on_their_way", shipment=reading.shipment)
    if case.outcome is None and reading.status in ENDED and reading.status is not before.status:
        ended_on_platform(case, before, now, by_itself=by_itself)


def _moved(case: RefundCaseState, before: Reading, reading: Reading, now: datetime) -> bool:
    """Say who moved the application: we, by an order whose answer was lost; the marketplace at its deadline; or the
    buyer, or somebody in the workbench. True where it was the marketplace."""
    order = case.open_order
    if order is not None and ordering.shows_done(order, reading):
        ordering.carried_out(case, order, now)
    done = [one for one in case.orders if one.status is OrderStatus.DONE and one.on.status is before.status]
    ours = any(ordering.shows_done(one, reading) for one in done)
    by_itself = not ours and _at_its_deadline(before, reading, now)
    case.agreed = case.asked_platform = case.refusal_answer = None
    record(
        case, PLATFORM, now, "status_changed",
        was=before.status, status=reading.status, version=reading.version,
        by="us" if ours else "platform" if by_itself else "others",
    )  # fmt: skip
    if order is not None and order.open:
        ordering.void(case, order, now)
    ordering.take_goods(case, SYSTEM, now)
    return by_itself


def _at_its_deadline(before: Reading, reading: Reading, now: datetime) -> bool:
    deadline = before.deadline
    if deadline is None or reading.status not in _THEN[deadline.then]:
        return False
    return (reading.modified_at or now) >= deadline.at


def _application_changed(case: RefundCaseState, before: Reading, reading: Reading, now: datetime) -> None:
    """The buyer asks for something else now: what was agreed to is not agreed to any more. Another reason is asked for
    anew; another amount was talked about already."""
    record(
        case, PLATFORM, now, "application_changed",
        was_fen=before.amount_fen, amount_fen=reading.amount_fen, was_kind=before.kind, what=reading.kind,
        cause=reading.cause,
    )  # fmt: skip
    case.agreed = None
    if before.cause != reading.cause:
        case.suggested_cause, case.fault = reading.cause, reading.fault
        case.cause = case.talk.asked_at = None
    order = case.open_order
    if order is not None and not ordering.fits(order, reading):
        ordering.void(case, order, now)


def ordered(case: RefundCaseState, number: int, found: Ordered | None, now: datetime) -> None:
    """What became of an order; None: the marketplace did not answer. The reading that came with it counts first."""
    order = case.orders[number - 1]
    if found is not None and found.reading is not None:
        read(case, found.reading, now)
    if not order.open:
        return
    if found is None:
        ordering.unanswered(case, order, now)
    else:
        ordering.answered(case, order, found, now)


def notified(case: RefundCaseState, sent: bool, why: str, again_at: datetime | None, now: datetime) -> None:
    """The final notice to the buyer: sent, not needed, or put off to a permitted hour."""
    if again_at is not None:
        case.notice_again_at = again_at
        return
    case.notice_done = True
    record(case, SYSTEM, now, "notice_sent" if sent else "notice_skipped", why=why)


def closed(case: RefundCaseState, now: datetime) -> None:
    case.closed_at = now
    case.clocks.clear()
    record(case, TIMER, now, "closed", outcome=case.outcome)
