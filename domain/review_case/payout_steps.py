"""Steps of finance about one payout: mend one that failed, and decide about one that nobody knows about."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.review_case.step import Step
from domain.sealed import SealedRef


class MendAction(StrEnum):
    SEND_AGAIN = "send_again"
    CANCEL = "cancel"
    PAY_ANEW = "pay_anew"
    ASK_NOW = "ask_now"


class MendPayout(Step):
    """Finance or a supervisor decides about a transfer: one that failed is sent again under the same key and with the
    same bytes after its cause was mended, paid anew under another key where the wallet has closed the number for good,
    or cancelled. An unknown one can only be asked about, and asked about now."""

    step: Literal["mend_payout"] = "mend_payout"
    payout: str = Field(description="the payout's money key")
    action: MendAction


class DecidePayout(Step):
    """Finance or a supervisor says what became of a transfer that nobody knew about for too long, from the wallet's own
    console: paid, under the wallet's order number, or not. The wallet is asked once more before it counts."""

    step: Literal["decide_payout"] = "decide_payout"
    payout: str = Field(description="the payout's money key")
    paid: bool
    reference: str | None = Field(default=None, description="the wallet's own order number of what was paid")
    why: SealedRef
