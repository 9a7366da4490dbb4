"""What may be offered for a review: the range the policy gives, and the checks one offer has to pass."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.errors import Refusal
from domain.fulfilment import in_faces
from domain.money import format_fen
from domain.policies.compensation import CompensationPolicy, FormKind, OfferForm, OrderBand
from domain.policies.platforms import Grade

__all__ = [
    "FormNotOffered",
    "NoStandard",
    "OfferAboveOrder",
    "OfferForm",
    "OfferFrozen",
    "OfferMade",
    "OfferOutOfRange",
    "OfferRange",
    "OfferRefused",
    "ThanksNotGiven",
    "check_offer",
    "left_of_order",
    "offer_range",
    "on_top",
    "thanks_worth",
]


class OfferRefused(Refusal):
    """An offer that may not be made."""

    code = "OfferRefused"


class NoStandard(OfferRefused):
    """A good review has no standard: there is nothing to amend."""

    code = "NoStandard"


class FormNotOffered(OfferRefused):
    """The shop does not give amends in this form."""

    code = "FormNotOffered"


class OfferAboveOrder(OfferRefused):
    """More than the buyer paid."""

    code = "OfferAboveOrder"


class OfferOutOfRange(OfferRefused):
    """Outside what policy gives for this case."""

    code = "OfferOutOfRange"


class OfferFrozen(OfferRefused):
    """Nothing is offered until a supervisor has decided."""

    code = "OfferFrozen"


class ThanksNotGiven(OfferRefused):
    """The shop's policy gives no thanks in this form."""

    code = "ThanksNotGiven"


class OfferMade(OfferRefused):
    """Amends are made once for one review."""

    code = "OfferMade"


@dataclass(frozen=True)
class OfferRange:
    """Fen. `base_fen` is what to start with; `frozen` asks for a supervisor first; `reasons` explain the figures."""

    min_fen: int
    base_fen: int
    max_fen: int
    reasons: tuple[str, ...]
    frozen: bool = False


def offer_range(
    grade: Grade,
    cause: str,
    severity: int,
    order_paid_fen: int,
    policy: CompensationPolicy,
    form: OfferForm = OfferForm.CASH_ALIPAY,
) -> OfferRange:
    """The range for one case; never above what the buyer paid. Raises NoStandard, FormNotOffered.

    Shops scale by order amount, cause and severity (S004); a refund in part and goods are bounded by the order alone.
    """
    if grade not in policy.standards:
        raise NoStandard("The review is good; there is nothing to make amends for.", grade=str(grade))
    kind = _kind(form, policy)
    frozen = severity >= policy.scaling.frozen_from_severity or _is_of(cause, policy.scaling.frozen_causes)
    if kind in (FormKind.GOODS, FormKind.REFUND):
        # Giving everything back is a refund case of its own, through the order (S002).
        most = order_paid_fen if kind is FormKind.GOODS else max(0, order_paid_fen - 1)
        base = most if form is OfferForm.EXCHANGE_FREE else policy.standards[grade].base_fen
        least = min(1, most)
        return OfferRange(least, max(least, min(base, most)), most, ("bounded by what the buyer paid",), frozen)
    coupon = in_faces(form)
    if coupon and _is_of(cause, policy.coupons.minor_flaw_causes):
        # A standard of its own, by no other measure (S004): offered before the buyer asks.
        flaw = policy.coupons.minor_flaw
        says = f"small flaw: {format_fen(flaw.base_fen)} to {format_fen(flaw.max_fen)}"
        return _in_faces(flaw.base_fen, flaw.max_fen, order_paid_fen, (says,), frozen, policy, flaw.base_fen)
    base, most, reasons = _scaled(grade, cause, severity, order_paid_fen, policy)
    if coupon:
        return _in_faces(base, most, order_paid_fen, reasons, frozen, policy)
    most = min(most, order_paid_fen)
    least = policy.payout.min_fen
    if most < least:
        return OfferRange(0, 0, 0, (*reasons, "the order is smaller than the smallest payment"), frozen)
    return OfferRange(least, max(least, min(base, most)), most, reasons, frozen)


def _scaled(
    grade: Grade, cause: str, severity: int, order_paid_fen: int, policy: CompensationPolicy
) -> tuple[int, int, tuple[str, ...]]:
    standard, scaling = policy.standards[grade], policy.scaling
    band = _band(scaling.order, order_paid_fen)
    percents = {
        "order": band.factor_percent,
        "severity": scaling.severity_percent[severity],
        "cause": _cause_percent(cause, policy),
    }
    base, most = standard.base_fen, standard.max_fen
    for percent in percents.values():
        base *= percent
    step = scaling.cash_step_fen
    base = (2 * base + 1_000_000 * step) // (2 * 1_000_000 * step) * step  # half up to the step, in whole numbers
    reasons = [f"{grade} review: {format_fen(standard.base_fen)} to {format_fen(standard.max_fen)}"]
    reasons += [f"{what} {percent} %" for what, percent in percents.items() if percent != 100]
    if band.request_up_to_percent and order_paid_fen * band.request_up_to_percent // 100 > most:
        most = order_paid_fen * band.request_up_to_percent // 100
        reasons.append(f"large order: up to {band.request_up_to_percent} % of it")
    return base, most, tuple(reasons)


def _in_faces(
    base: int,
    most: int,
    order_paid_fen: int,
    reasons: tuple[str, ...],
    frozen: bool,
    policy: CompensationPolicy,
    least: int = 0,
) -> OfferRange:
    faces = [face for face in policy.coupons.faces_fen if least <= face <= order_paid_fen]
    if not faces:
        return OfferRange(0, 0, 0, (*reasons, "the order is smaller than the smallest coupon"), frozen)
    within = [face for face in faces if face <= most] or faces[:1]
    start = [face for face in within if face <= base] or within[:1]
    return OfferRange(faces[0], start[-1], within[-1], (*reasons, "in the marketplace's face values"), frozen)


def left_of_order(order_paid_fen: int, paid_back_fen: int, policy: CompensationPolicy) -> int:
    """What bounds an offer on top of a repair: what the buyer has not got back yet, or the policy's extra where that is
    more; never more than the order."""
    if paid_back_fen <= 0:
        return order_paid_fen
    return min(order_paid_fen, max(order_paid_fen - paid_back_fen, policy.extra.max_fen))


def on_top(found: OfferRange, paid_back_fen: int, fixes: Sequence[str]) -> OfferRange:
    """The range with the repair among its reasons."""
    if not paid_back_fen and not fixes:
        return found
    how = f" ({', '.join(fixes)})" if fixes else ""
    back = f"; {format_fen(paid_back_fen)} of the order was paid back" if paid_back_fen else ""
    return replace(found, reasons=(*found.reasons, f"on top of the repair{how}{back}"))


def check_offer(
    amount_fen: int,
    form: OfferForm,
    allowed: OfferRange,
    order_paid_fen: int,
    policy: CompensationPolicy,
    *,
    already_settled: bool = False,
    malicious_block: bool = False,
    freeze_lifted: bool = False,
    supervisor_decided: bool = False,
) -> None:
    """Raises the OfferRefused that applies. `supervisor_decided` lifts freeze, range and order amount, but not
    "once for one review", nor what wallet and marketplace can pay at all, nor the budget (domain/budgets.py).
    `freeze_lifted` lifts the freeze alone: a supervisor found that the review is not malicious."""
    if already_settled:
        raise OfferMade("Amends were made for this review already; a second payment is not possible.")
    check_payable(amount_fen, form, policy)
    if supervisor_decided:
        return
    if (allowed.frozen and not freeze_lifted) or malicious_block:
        raise OfferFrozen("Nothing may be offered here before a supervisor has decided; escalate the case.")
    if amount_fen > order_paid_fen:
        paid = format_fen(order_paid_fen)
        raise OfferAboveOrder(f"{format_fen(amount_fen)} is more than the {paid} paid; ask a supervisor.", paid=paid)
    if not allowed.min_fen <= amount_fen <= allowed.max_fen:
        span = f"{format_fen(allowed.min_fen)} to {format_fen(allowed.max_fen)}"
        raise OfferOutOfRange(f"Offer {span}, or ask a supervisor.", min=allowed.min_fen, max=allowed.max_fen)


def thanks_worth(form: OfferForm, policy: CompensationPolicy) -> int:
    """What thanks in this form are worth, in fen; a coupon has the face value at or below. Raises ThanksNotGiven."""
    given = policy.thanks.worth_fen
    if form not in given:
        ways = f"choose one of {', '.join(given)}" if given else "thank in words"
        raise ThanksNotGiven(f"The shop gives no {form} as thanks; {ways}.", form=str(form))
    worth = given[form]
    if not in_faces(form):
        return worth
    return max((face for face in policy.coupons.faces_fen if face <= worth), default=policy.coupons.faces_fen[0])


def check_payable(amount_fen: int, form: OfferForm, policy: CompensationPolicy) -> None:
    """What wallet and marketplace can give at all. Raises FormNotOffered or OfferOutOfRange."""
    kind = _kind(form, policy)
    if in_faces(form) and amount_fen not in policy.coupons.faces_fen:
        faces = policy.coupons.faces_fen
        raise OfferOutOfRange(f"Coupons are worth {', '.join(map(format_fen, faces))}; choose one.", faces=list(faces))
    # What is worth nothing could be given without end: no ladder and no ledger would see it.
    least = policy.payout.min_fen if kind is FormKind.CASH else 1
    if amount_fen < least:
        raise OfferOutOfRange(f"The smallest amount is {format_fen(least)}; name a larger one.", min=least)


def _kind(form: OfferForm, policy: CompensationPolicy) -> FormKind:
    if form not in policy.forms:
        offered = ", ".join(policy.forms)
        raise FormNotOffered(f"This shop does not offer {form}; choose one of {offered}.", form=str(form))
    return policy.forms[form]


def _band(bands: tuple[OrderBand, ...], order_paid_fen: int) -> OrderBand:
    return next(band for band in bands if band.below_fen is None or order_paid_fen < band.below_fen)


def _cause_percent(cause: str, policy: CompensationPolicy) -> int:
    percents = policy.scaling.cause_percent
    return percents.get(cause, percents.get(cause.partition(".")[0], 100))


def _is_of(cause: str, causes: tuple[str, ...]) -> bool:
    return cause in causes or cause.partition(".")[0] in causes
