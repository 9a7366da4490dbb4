"""Alternatives that cost money: offered within the shop's budgets, approved where needed, and owed once the buyer has
accepted and has withdrawn the application. Money beside the order is for a part and never for the whole (S002)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.case_clocks import Clock
from domain.case_record import record
from domain.escalation import EscalationKind
from domain.fulfilment import needs_payee
from domain.offers import OfferForm
from domain.payees import check_kind, fits
from domain.people import TIMER, Actor
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.permissions import desk, require, unheld
from domain.refund_case.refusals import AlternativeNotOffered, AmountAbovePaid, NothingOwed, PayoutPending
from domain.refund_case.state import RefundCaseState
from domain.refund_case.talks import Alternative
from domain.review_case.state import PAY_ANEW, Offer, OfferStatus
from domain.review_case.steps import SetPayee

FORMS = {
    Alternative.PARTIAL_REFUND: (OfferForm.CASH_ALIPAY, OfferForm.CASH_WECHAT),
    Alternative.KEEP_WITH_COUPON: (OfferForm.COUPON_DIRECT, OfferForm.COUPON_THRESHOLD),
}
LIVE = frozenset({OfferStatus.WAITING_APPROVAL, OfferStatus.MADE, OfferStatus.ACCEPTED})
OVER = frozenset({OfferStatus.DECLINED, OfferStatus.EXPIRED, OfferStatus.REJECTED})
# Ours: so long a buyer may take to name an account; then what was set aside goes back.
ACCOUNT_WAITS = timedelta(days=30)


def check_form(case: RefundCaseState, alternative: Alternative, form: OfferForm, amount_fen: int | None) -> None:
    """Raises AlternativeNotOffered or AmountAbovePaid. Money beside the order is for a part of it."""
    ours = case.handling.pays_alternatives
    require(ours, AlternativeNotOffered, "The case was last read before such things were paid; look again and repeat.")
    known = FORMS.get(alternative, ())
    ways = ", ".join(known) or "none"
    require(form in known, AlternativeNotOffered, f"{alternative} is given as: {ways}.")
    require(amount_fen is not None, AlternativeNotOffered, "Say how much it is worth.")
    paid = case.identity.paid_fen if case.identity else None
    whole = min(case.reading.amount_fen, paid if paid is not None else case.reading.amount_fen)
    part = amount_fen is not None and amount_fen < whole
    require(part, AmountAbovePaid, f"Beside the order only a part is given, less than {whole} fen; else agree there.")
    require(not _made(case), AlternativeNotOffered, "Amends were made in this case already; nothing is given twice.")


def _made(case: RefundCaseState) -> bool:
    return any(offer.status is OfferStatus.FULFILLED for offer in case.offers)


def offer(
    case: RefundCaseState, actor: Actor, form: OfferForm, amount_fen: int, now: datetime, found: RefundPrepared
) -> Offer:
    """Its means are set aside already; above the maker's right it waits for somebody else's approval."""
    waits = bool(found.need_roles)
    made = Offer(
        number=len(case.offers) + 1, form=form, amount_fen=amount_fen, maker=actor.person, at=now,
        valid_until=(found.approval_until if waits else found.valid_until) or now,
        status=OfferStatus.WAITING_APPROVAL if waits else OfferStatus.MADE, need_roles=found.need_roles,
        need_both=found.need_both, policy=found.policy,
    )  # fmt: skip
    case.offers.append(made)
    if waits:
        case.clocks[EscalationKind.APPROVAL_WAITING] = Clock(since=now)
    record(
        case, actor, now, "offer_made",
        offer=made.number, form=form, amount_fen=amount_fen, needs=found.need_roles or None, month=found.month,
        valid_until=made.valid_until, policy=found.policy,
    )  # fmt: skip
    return made


def answered(case: RefundCaseState, number: int | None, accepted: bool, actor: Actor, now: datetime) -> None:
    """With the proposal that it belongs to."""
    if number is None:
        return
    made = case.offers[number - 1]
    if made.status not in LIVE or case.live_payout is not None:
        return
    made.status, made.answered_at = (OfferStatus.ACCEPTED if accepted else OfferStatus.DECLINED), now
    record(case, actor, now, "offer_accepted" if accepted else "offer_declined", offer=number)


def lapses(case: RefundCaseState) -> datetime | None:
    """When the last offer ends by itself: unanswered, or accepted by a buyer who never names an account."""
    last = case.offer
    if last is None or last.status not in LIVE or case.live_payout is not None:
        return None
    if last.status is OfferStatus.ACCEPTED:
        return (case.outcome_at or last.answered_at or last.at) + ACCOUNT_WAITS if case.outcome else None
    return last.valid_until


def lapsed(case: RefundCaseState, now: datetime) -> None:
    last = case.offer
    if last is not None and last.status in LIVE:
        _expire(case, last, now)


def _expire(case: RefundCaseState, one: Offer, now: datetime) -> None:
    was, one.status = one.status, OfferStatus.EXPIRED
    case.clocks.pop(EscalationKind.APPROVAL_WAITING, None)
    for proposal in case.talk.proposals:
        if proposal.offer == one.number and proposal.accepted is None:
            proposal.accepted = False
    record(case, TIMER, now, "offer_expired", offer=one.number, was=was)


def case_ended(case: RefundCaseState, outcome: RefundOutcome, now: datetime) -> None:
    """What the buyer accepted is owed where they kept the goods and withdrew; with the whole money back, or a refusal
    that stood, nothing is."""
    for one in case.offers:
        owed = one.status is OfferStatus.ACCEPTED and outcome is RefundOutcome.KEPT
        if one.status in LIVE and not owed and case.live_payout is None:
            _expire(case, one, now)


def to_release(case: RefundCaseState) -> Iterator[int]:
    """Offers that are over and whose means are still set aside."""
    for one in case.offers:
        if one.status in OVER and not one.released:
            yield one.number


def released(case: RefundCaseState, number: int) -> None:
    case.offers[number - 1].released = True


def ready_to_pay(case: RefundCaseState) -> bool:
    """Everything that the case itself knows is there; the gate decides once more before money moves."""
    one, payout = case.owed_offer, case.payout
    if one is None:
        return False
    if needs_payee(one.form) and (case.payee is None or not fits(one.form, case.payee.kind)):
        return False
    if payout is None or payout.offer != one.number:
        return True
    if not payout.settled:
        return False
    new_account = needs_payee(one.form) and case.payee is not None and payout.payee != case.payee.id
    return payout.remedy == PAY_ANEW or new_account


def may_set_payee(case: RefundCaseState, actor: Actor) -> None:
    desk(case, actor)
    unheld(case)
    require(case.live_payout is None, PayoutPending, "A transfer is under way to the last account; wait for it.")
    wanted = case.offer is not None and case.offer.status in LIVE and needs_payee(case.offer.form)
    require(wanted, NothingOwed, "Nothing is offered here that goes to an account; propose it first.")


def check_payee(case: RefundCaseState, actor: Actor, step: SetPayee, now: datetime) -> None:
    last = case.offer
    if last is not None and last.status in LIVE:
        check_kind(last.form, step.payee.kind)


def set_payee(case: RefundCaseState, actor: Actor, step: SetPayee, now: datetime, found: Any) -> None:
    case.payee = step.payee
    record(case, actor, now, "payee_set", payee=step.payee.id, kind_of_account=step.payee.kind)
