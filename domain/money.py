"""Yuan as people and wallets write them, fen as we keep them: exact both ways."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from domain.errors import Refusal

# The wallet's own ceiling of one transfer is 100,000,000 yuan; anything near it is a typing error in this trade.
LARGEST_FEN = 100_000_000_00
_PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")


class BadAmount(Refusal):
    """A sum of money that cannot be kept as whole fen."""

    code = "BadAmount"


class NotAnAmount(BadAmount):
    code = "NotAnAmount"


class NegativeAmount(BadAmount):
    code = "NegativeAmount"


class ZeroAmount(BadAmount):
    code = "ZeroAmount"


class FractionOfFen(BadAmount):
    code = "FractionOfFen"


class AmountTooLarge(BadAmount):
    code = "AmountTooLarge"


class WrongCurrency(BadAmount):
    """Everything here is kept and paid in yuan."""

    code = "WrongCurrency"


CNY: Literal["CNY"] = "CNY"
# Nobody makes amends of a million yuan; beyond it somebody has typed fen for yuan, or worse.
LARGEST_OFFER_FEN = 100_000_000


def offered_fen(given: object) -> int:
    """An amount that is offered to a buyer, as JSON brought it: a whole number of fen. Raises the BadAmount that
    applies; a text or a truth value is no amount, even where it could be read as one."""
    if isinstance(given, bool) or not isinstance(given, int | float) or given != given:
        raise NotAnAmount("Write the amount as a number of whole fen, like 500 for ¥5.00.")
    if given < 0:
        raise NegativeAmount("The amount is below zero; write what the buyer gets, without a sign.")
    if given == 0:
        raise ZeroAmount("The amount is zero; amends are worth something. Write what they are worth, in fen.")
    if given > LARGEST_OFFER_FEN:
        raise AmountTooLarge(f"The amount is above {format_fen(LARGEST_OFFER_FEN)}; check that it is in fen.")
    if given != int(given):
        raise FractionOfFen("The amount has a part of a fen; write whole fen, like 550 for ¥5.50.")
    return int(given)


def in_yuan(currency: object) -> str:
    """Raises WrongCurrency for everything but CNY."""
    if currency != CNY:
        raise WrongCurrency("Amounts are in CNY; convert the amount and leave the currency out.")
    return CNY


def fen_of(yuan: str | Decimal) -> int:
    """Fen of an amount in yuan: "5", "5.00", "¥1,234.50". Never rounds; raises the BadAmount that applies."""
    amount = yuan if isinstance(yuan, Decimal) else _decimal(yuan)
    if not amount.is_finite():
        raise NotAnAmount(f"{yuan} is not an amount; write yuan like 5.00.", given=str(yuan))
    if amount < 0:
        raise NegativeAmount(f"{yuan} is below zero; write what is paid, without a sign.", given=str(yuan))
    if amount > LARGEST_FEN // 100:
        raise AmountTooLarge(f"{yuan} is above {format_fen(LARGEST_FEN)}; check the amount.", given=str(yuan))
    fen = Fraction(amount) * 100  # Decimal's own product rounds after 28 digits
    if fen.denominator != 1:
        raise FractionOfFen(f"{yuan} has a part of a fen; write at most two decimals.", given=str(yuan))
    return int(fen)


def _decimal(text: str) -> Decimal:
    plain = text.strip().removeprefix("¥").removeprefix("￥").removesuffix("元").replace(",", "").strip()
    # Decimal reads "1e5", "NaN" and Eastern digits; a person who typed those meant something else.
    if not (_PLAIN.fullmatch(plain) and plain.isascii()):
        raise NotAnAmount(f"{text!r} is not an amount; write yuan like 5.00.", given=text)
    return Decimal(plain)


def yuan_of(fen: int) -> str:
    """The wallet's form, "5.00", without sign or separators. Raises NegativeAmount."""
    if fen < 0:
        raise NegativeAmount(f"{fen} fen is below zero; money here is what is paid.", given=fen)
    return f"{fen // 100}.{fen % 100:02d}"


def format_fen(fen: int) -> str:
    """For people: "¥1,234.50"."""
    yuan, rest = yuan_of(fen).split(".")
    return f"¥{int(yuan):,}.{rest}"
