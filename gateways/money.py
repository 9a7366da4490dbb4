"""Amounts on the wire, and the three ways in which a transfer can stand: paid, failed, unknown."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

_YUAN = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2})0*)?")

type Remedy = Literal["fix_and_retry", "ask_buyer", "stop_and_alarm"]


def yuan_text(fen: int) -> str:
    """500 → "5.00". Negative amounts are refused: no party here takes one."""
    if fen < 0:
        raise ValueError(f"an amount can't be negative: {fen} fen")
    return f"{fen // 100}.{fen % 100:02d}"


def fen_of(text: str) -> int:
    """ "5", "5.0", "5.00" → 500. ValueError for anything that is not a plain amount of whole fen."""
    match = _YUAN.fullmatch(text)
    if match is None:
        raise ValueError("not an amount in yuan with at most two decimals")
    whole, cents = match[1], match[2] or ""
    return int(whole) * 100 + int(cents.ljust(2, "0"))


@dataclass(frozen=True, slots=True)
class Paid:
    """The wallet says, signed, that this transfer of this amount arrived. `paid_at` is UTC, None if it did not say."""

    out_biz_no: str
    order_id: str
    amount_fen: int
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failed:
    """The wallet says, signed, that no money moved.

    `fix_and_retry`: mend the cause (balance, limit, contract), then send the same bytes again.
    `ask_buyer`: the payee is wrong; a new payee is a new money key.
    `stop_and_alarm`: our request or our account is wrong; a person decides.
    `closed`: the wallet keeps the number as failed for good, so only a new one can still pay.
    `said`: why, in the party's own words, for a person and no history.
    """

    out_biz_no: str
    code: str
    remedy: Remedy
    closed: bool = False
    said: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither paid nor failed: query, or send the same bytes again; never mint a new number.

    `not_found`: a query does not know the number; right after a time-out this proves nothing.
    `alarm`: a person must look, because the answer contradicts what we sent.
    `ticket`: what the buyer's app shows the wallet to confirm the receipt, where the wallet asks for that.
    """

    out_biz_no: str
    code: str
    not_found: bool = False
    alarm: bool = False
    ticket: str = field(default="", repr=False)


type MoneyOutcome = Paid | Failed | Unknown
