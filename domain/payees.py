"""The buyer's own account at a wallet: which kinds there are, what each looks like, and which form pays to which."""

import re
from collections.abc import Mapping
from enum import StrEnum

from domain.errors import Refusal
from domain.policies.compensation import OfferForm


class PayeeKind(StrEnum):
    """A wallet's own name for a kind of account."""

    ALIPAY_LOGON_ID = "ALIPAY_LOGON_ID"
    ALIPAY_USER_ID = "ALIPAY_USER_ID"
    ALIPAY_OPEN_ID = "ALIPAY_OPEN_ID"
    WECHAT_OPENID = "WECHAT_OPENID"


class PayeeUnfit(Refusal):
    """This account can't be paid; `facts["why"]` says it in a word."""

    code = "PayeeUnfit"


ALIPAY = frozenset({PayeeKind.ALIPAY_LOGON_ID, PayeeKind.ALIPAY_USER_ID, PayeeKind.ALIPAY_OPEN_ID})
KINDS: Mapping[OfferForm, frozenset[PayeeKind]] = {
    OfferForm.CASH_ALIPAY: ALIPAY,
    OfferForm.CASH_WECHAT: frozenset({PayeeKind.WECHAT_OPENID}),
}
# An openid begins with an o; without that rule a phone number would pass for one.
_SHAPES: Mapping[PayeeKind, tuple[re.Pattern[str], str]] = {
    PayeeKind.ALIPAY_LOGON_ID: (re.compile(r"1\d{10}|[^@\s]+@[^@\s]+\.[^@\s]+"), "a mobile number or a mail address"),
    PayeeKind.ALIPAY_USER_ID: (re.compile(r"2088\d{12}"), "16 digits that begin with 2088"),
    PayeeKind.ALIPAY_OPEN_ID: (re.compile(r"[A-Za-z0-9_-]{6,128}"), "letters, digits, - and _"),
    PayeeKind.WECHAT_OPENID: (
        re.compile(r"o[A-Za-z0-9_-]{9,63}"),
        "the openid under which the shop's own mini-program knows the buyer",
    ),
}


def check_account(kind: str, account: str, name: str | None) -> None:
    """Raises PayeeUnfit, saying what such an account looks like; the account itself is not repeated."""
    if kind not in _SHAPES:
        raise PayeeUnfit(f"There is no account of kind {kind}; use one of {', '.join(_SHAPES)}.", why="kind")
    shape, looks = _SHAPES[PayeeKind(kind)]
    if "*" in account:
        raise PayeeUnfit("The account is masked; ask the buyer for the whole of it.", why="masked")
    if not shape.fullmatch(account.strip()):
        raise PayeeUnfit(f"An account of kind {kind} is {looks}; ask the buyer again.", why="shape")
    if kind == PayeeKind.ALIPAY_LOGON_ID and not (name or "").strip():
        raise PayeeUnfit("An Alipay login needs its holder's name beside it; ask the buyer.", why="name")


def fits(form: OfferForm, kind: str) -> bool:
    """Whether what is given in this form can go to an account of this kind."""
    return kind in KINDS.get(form, frozenset())


def check_kind(form: OfferForm, kind: str) -> None:
    """Raises PayeeUnfit for an account that another wallet pays."""
    if form in KINDS and kind not in KINDS[form]:
        wanted = ", ".join(sorted(KINDS[form]))
        raise PayeeUnfit(f"{form} goes to an account of kind {wanted}, not {kind}; ask the buyer for one.", why="kind")
