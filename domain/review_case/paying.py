"""What a payout changes in its case: it was opened, shut by the gate, or reports how it went."""

from datetime import datetime, timedelta

from domain.escalation import EscalationKind
from domain.fulfilment import is_money, needs_payee
from domain.gate import GateMode
from domain.handwork import HandWork
from domain.payouts import PayoutStatus
from domain.people import SYSTEM
from domain.review_case import reversing
from domain.review_case.agenda import ready_to_pay
from domain.review_case.closing import end
from domain.review_case.facts import NoticeSent, PayoutOpened, PayoutReport
from domain.review_case.outcomes import Outcome
from domain.review_case.recording import record
from domain.review_case.state import Clock, OfferStatus, PayoutRef, ReviewCaseState

GATE_AGAIN = timedelta(hours=6)


def payout_opened(case: ReviewCaseState, found: PayoutOpened, now: datetime) -> None:
    """The gate let a payout through, or says what is missing; then it is asked again later. Where the case has ended
    meanwhile, or its money was frozen, a number that was given waits: nothing is sent under it."""
    offer = case.accepted_offer
    if case.edition >= 1 and found.key is not None and not ready_to_pay(case):
        return
    if found.key is None and offer is not None and offer.thanks:
        # Thanks were promised to nobody, so they wait for nothing.
        offer.status = OfferStatus.EXPIRED
        record(case, SYSTEM, now, "gate_shut", missing=found.missing)
        return
    if found.key is None or offer is None:
        case.pay_again_at = found.again_at or now + GATE_AGAIN
        if found.missing != case.gate_missing:
            record(case, SYSTEM, now, "gate_shut", missing=found.missing)
            case.clocks[EscalationKind.PAYOUT_STUCK] = Clock(since=now)
        case.gate_missing, case.gate_ours = found.missing, found.ours
        return
    case.pay_again_at, case.gate_missing, case.gate_ours = None, [], False
    case.clocks.pop(EscalationKind.PAYOUT_STUCK, None)
    by_hand = bool(found.give_roles)
    payee = case.payee.id if case.payee is not None and needs_payee(offer.form) else None
    case.payouts.append(
        PayoutRef(
            key=found.key,
            offer=offer.number,
            amount_fen=found.amount_fen,
            payee=payee,
            status=PayoutStatus.APPROVED,
            at=now,
            gate=found.gate,
            hand=HandWork(roles=found.give_roles, second_person=found.second_person) if by_hand else None,
            keeps_open=bool(found.gate_facts),
            amended=bool(found.gate_facts) and case.amendment is not None,
        )
    )
    if by_hand:
        case.clocks[EscalationKind.FULFILMENT_WAITING] = Clock(since=now)
    record(
        case, SYSTEM, now, "payout_started",
        payout=found.key, offer=offer.number, form=offer.form, amount_fen=found.amount_fen, payee=payee,
        gate=found.gate, gate_facts=found.gate_facts or None, policy=found.policy or None,
    )  # fmt: skip


def begun(case: ReviewCaseState, key: str) -> bool:
    """Whether the case knows the payout of this number, so that its own workflow is to be there."""
    return case.edition < 1 or any(payout.key == key for payout in case.payouts)


def all_begun(case: ReviewCaseState) -> list[str] | None:
    """The numbers under which something was begun; None in a run that may have begun others."""
    return [payout.key for payout in case.payouts] if case.edition >= 1 else None


def gate_changed(case: ReviewCaseState, mode: GateMode, now: datetime) -> None:
    """A gate that was shut is asked again at once. What the buyer was promised is never made harder: a case follows
    its shop to on_resolution, and not back."""
    identity = case.identity
    if identity is None or case.outcome is not None:
        return
    if mode is GateMode.ON_RESOLUTION and identity.gate_mode is not mode:
        case.identity = identity.model_copy(update={"gate_mode": mode})
        record(case, SYSTEM, now, "gate_changed", mode=mode)
    if case.pay_again_at is not None:
        case.pay_again_at = now


def payout_reported(case: ReviewCaseState, report: PayoutReport, now: datetime) -> None:
    """By signal from the payout. A report that is known already, or of another case's payout, changes nothing. Where
    nobody knows yet it is left to the schedule; a person is needed once that has not helped."""
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
        _needs_person(case, payout, report, now)


def _count(case: ReviewCaseState, payout: PayoutRef, now: datetime) -> None:
    if payout.status is PayoutStatus.PAID:
        _paid(case, payout, now)
    elif payout.status is PayoutStatus.CANCELLED:
        case.offers[payout.offer - 1].status = OfferStatus.EXPIRED
    elif payout.hand is None and payout.status is PayoutStatus.FAILED:
        case.clocks.setdefault(EscalationKind.PAYOUT_STUCK, Clock(since=now))


def _needs_person(case: ReviewCaseState, payout: PayoutRef, report: PayoutReport, now: datetime) -> None:
    """Finance has something to do: with everything that the payout knows of itself."""
    payout.person_at = now
    case.clocks.setdefault(EscalationKind.PAYOUT_STUCK, Clock(since=now))
    record(
        case, SYSTEM, now, "payout_needs_person",
        payout=payout.key, amount_fen=payout.amount_fen, offer=payout.offer, code=report.code, sends=report.sends,
        queries=report.queries, sent_at=report.sent_at,
    )  # fmt: skip


def _paid(case: ReviewCaseState, payout: PayoutRef, now: datetime) -> None:
    case.offers[payout.offer - 1].status = OfferStatus.FULFILLED
    case.clocks.pop(EscalationKind.FULFILMENT_WAITING, None)
    case.clocks.pop(EscalationKind.PAYOUT_STUCK, None)
    if case.outcome is None and not reversing.paid_for_nothing(case, payout, now):
        end(case, SYSTEM, Outcome.AMENDED_PAID if case.amendment else Outcome.SETTLED_KEPT, now)


def money_paid(case: ReviewCaseState) -> int:
    """Fen that the buyer got as money; what was given otherwise is no transfer to tell of."""
    paid = [payout for payout in case.payouts if payout.status is PayoutStatus.PAID]
    return sum(payout.amount_fen for payout in paid if is_money(case.offers[payout.offer - 1].form))


def notified(case: ReviewCaseState, found: NoticeSent, now: datetime) -> None:
    """The final notice to the buyer: sent, not needed, or put off to a permitted hour."""
    if found.again_at is not None:
        case.notice_again_at = found.again_at
        return
    case.notice_done = True
    record(case, SYSTEM, now, "notice_sent" if found.sent else "notice_skipped", why=found.why)
