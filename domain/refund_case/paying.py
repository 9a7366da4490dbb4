"""What a payout changes in a refund case: it was opened, shut by the gate, or reports how it went."""

from datetime import datetime, timedelta

from domain.case_clocks import Clock
from domain.case_record import record
from domain.escalation import EscalationKind
from domain.fulfilment import is_money, needs_payee
from domain.payouts import PayoutStatus
from domain.people import SYSTEM
from domain.refund_case.state import RefundCaseState
from domain.review_case.facts import PayoutOpened, PayoutReport
from domain.review_case.state import OfferStatus, PayoutRef

GATE_AGAIN = timedelta(hours=6)


def opened(case: RefundCaseState, found: PayoutOpened, now: datetime) -> None:
    """The gate let a payout through, or says what is missing; then it is asked again later."""
    offer = case.owed_offer
    if found.key is None or offer is None:
        case.pay_again_at = found.again_at or now + GATE_AGAIN
        if found.missing != case.gate_missing:
            record(case, SYSTEM, now, "gate_shut", missing=found.missing)
            case.clocks[EscalationKind.PAYOUT_STUCK] = Clock(since=now)
        case.gate_missing = found.missing
        return
    case.pay_again_at, case.gate_missing = None, []
    case.clocks.pop(EscalationKind.PAYOUT_STUCK, None)
    payee = case.payee.id if case.payee is not None and needs_payee(offer.form) else None
    case.payouts.append(
        PayoutRef(
            key=found.key, offer=offer.number, amount_fen=found.amount_fen, payee=payee, status=PayoutStatus.APPROVED,
            at=now, gate=found.gate,
        )
    )  # fmt: skip
    record(
        case, SYSTEM, now, "payout_started",
        payout=found.key, offer=offer.number, form=offer.form, amount_fen=found.amount_fen, payee=payee,
        gate=found.gate, gate_facts=found.gate_facts or None, policy=found.policy or None,
    )  # fmt: skip


def reported(case: RefundCaseState, report: PayoutReport, now: datetime) -> None:
    """By signal from the payout. A report that is known already, or of another case's payout, changes nothing."""
    payout = next((one for one in case.payouts if one.key == report.key), None)
    if payout is None:
        return
    status = PayoutStatus(report.status)
    if (payout.status, payout.code, payout.remedy) != (status, report.code, report.remedy):
        payout.status, payout.code, payout.remedy, payout.closed = status, report.code, report.remedy, report.closed
        record(
            case, SYSTEM, now, f"payout_{status}",
            payout=payout.key, amount_fen=payout.amount_fen, code=report.code, remedy=report.remedy,
        )  # fmt: skip
        _count(case, payout, now)
    if report.person and payout.person_at is None:
        payout.person_at = now
        case.clocks.setdefault(EscalationKind.PAYOUT_STUCK, Clock(since=now))
        record(case, SYSTEM, now, "payout_needs_person", payout=payout.key, amount_fen=payout.amount_fen)


def _count(case: RefundCaseState, payout: PayoutRef, now: datetime) -> None:
    offer = case.offers[payout.offer - 1]
    if payout.status is PayoutStatus.PAID:
        offer.status = OfferStatus.FULFILLED
        case.clocks.pop(EscalationKind.PAYOUT_STUCK, None)
    elif payout.status is PayoutStatus.CANCELLED:
        offer.status = OfferStatus.EXPIRED
    elif payout.status is PayoutStatus.FAILED:
        case.clocks.setdefault(EscalationKind.PAYOUT_STUCK, Clock(since=now))


def paid_fen(case: RefundCaseState) -> int:
    """What the buyer got beside the order, in money or in kind."""
    return sum(payout.amount_fen for payout in case.payouts if payout.status is PayoutStatus.PAID)


def money_paid(case: RefundCaseState) -> int:
    """Fen of it that are money."""
    paid = [payout for payout in case.payouts if payout.status is PayoutStatus.PAID]
    return sum(payout.amount_fen for payout in paid if is_money(case.offers[payout.offer - 1].form))
