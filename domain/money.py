"""Yuan as people and wallets write them, fen as we keep them: exact both ways."""

import re
from decimal import Decimal
from fractions import Fraction

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


class FractionOfFen(BadAmount):
    code = "FractionOfFen"


class AmountTooLarge(BadAmount):
    code = "AmountTooLarge"


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
