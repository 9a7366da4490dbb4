"""Who pays the freight of a return, each way, and why: the first row of the policy's table that fits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.errors import Refusal
from domain.policies.causes import Fault
from domain.policies.refund_rules import Bearer, FreightRow, Shipping


class Payer(StrEnum):
    """Who bears one leg in the end."""

    SELLER = "seller"
    BUYER = "buyer"
    INSURER = "insurer"


class FreightUndecided(Refusal):
    """No row of the freight table fits; a person agrees with the buyer on who pays."""

    code = "FreightUndecided"


class AgreementMissing(Refusal):
    """Freight was agreed otherwise, and who pays was not said."""

    code = "AgreementMissing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FreightQuestion:
    """What decides. `shipping` are the order's terms outbound; `breaks_condition`: what is kept after a partial return
    no longer earns the free shipping; `agreed` is (outbound, back) where both sides agreed on something else."""

    fault: Fault
    shipping: Shipping
    gift_insurance: bool = False
    breaks_condition: bool = False
    abuse: bool = False
    agreed: tuple[Payer, Payer] | None = None


@dataclass(frozen=True, slots=True)
class FreightAnswer:
    """`row` counts from 1 in the table that decided; `recover_from` names who owes it to the seller afterwards."""

    outbound: Payer
    back: Payer
    recover_from: str | None
    row: int
    reason: str


def who_pays(question: FreightQuestion, table: Sequence[FreightRow]) -> FreightAnswer:
    """Raises FreightUndecided where no row fits. What nobody answers for, and what the buyer did, is no fault of the
    seller."""
    asked = replace(question, fault="none") if question.fault == "buyer" else question
    for number, row in enumerate(table, start=1):
        if _fits(row, asked):
            return FreightAnswer(
                outbound=_payer(row.outbound, asked, 0),
                back=_payer(row.back, asked, 1),
                recover_from=row.recover_from,
                row=number,
                reason=_reason(row),
            )
    raise FreightUndecided("The freight table has no row for this return: agree with the buyer and say who pays.")


def _fits(row: FreightRow, asked: FreightQuestion) -> bool:
    conditions = (
        (row.agreed_otherwise, asked.agreed is not None),
        (row.fault, asked.fault),
        (row.shipping, asked.shipping),
        (row.insurance, "seller_gift" if asked.gift_insurance else None),
        (row.condition_broken_by_partial_return, asked.breaks_condition),
        (row.abuse_of_member_rights, asked.abuse),
    )
    return all(wanted is None or wanted == given for wanted, given in conditions)


def _payer(bearer: Bearer, asked: FreightQuestion, leg: int) -> Payer:
    if bearer == "as_agreed":
        if asked.agreed is None:
            raise AgreementMissing("Say who pays each way, as it was agreed with the buyer.")
        return asked.agreed[leg]
    if bearer == "by_shipping_terms":
        free = asked.shipping == "free" or (asked.shipping == "conditional_free" and not asked.breaks_condition)
        return Payer.SELLER if free else Payer.BUYER
    return Payer(bearer)


_WORDS = {
    "agreed_otherwise": "agreed otherwise with the buyer",
    "abuse_of_member_rights": "member rights were abused",
    "condition_broken_by_partial_return": "what was kept no longer earns free shipping",
}
_FAULTS = {"seller": "the seller is at fault", "courier": "the courier is at fault", "none": "nobody is at fault"}
_SHIPPING = {
    "free": "shipping was free",
    "paid": "the buyer paid for shipping",
    "conditional_free": "shipping was free on a condition",
}


def _reason(row: FreightRow) -> str:
    said = [_FAULTS[row.fault]] if row.fault else []
    said += [_SHIPPING[row.shipping]] if row.shipping else []
    said += ["the seller gave freight insurance"] if row.insurance else []
    said += [words for name, words in _WORDS.items() if getattr(row, name)]
    return ", ".join(said) or "no condition"
