"""Paying exactly once: the states of a payout, its permanent key, and when an unknown one is asked about again."""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refusal
from domain.policies.compensation import PayoutPolicy

_INSTALL = re.compile(r"[0-9A-Z]{4}")


class PayoutStatus(StrEnum):
    """UNKNOWN means that the transfer may have happened: it is queried, never sent under another key."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    UNKNOWN = "unknown"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


# Unknown and failed payouts go back to sending with the same key and the same bytes only.
MOVES: dict[PayoutStatus, frozenset[PayoutStatus]] = {
    PayoutStatus.DRAFT: frozenset({PayoutStatus.APPROVED, PayoutStatus.CANCELLED}),
    PayoutStatus.APPROVED: frozenset({PayoutStatus.SENDING, PayoutStatus.CANCELLED}),
    PayoutStatus.SENDING: frozenset({PayoutStatus.PAID, PayoutStatus.FAILED, PayoutStatus.UNKNOWN}),
    PayoutStatus.UNKNOWN: frozenset({PayoutStatus.PAID, PayoutStatus.FAILED, PayoutStatus.SENDING}),
    PayoutStatus.FAILED: frozenset({PayoutStatus.SENDING, PayoutStatus.CANCELLED}),
    PayoutStatus.PAID: frozenset(),
    PayoutStatus.CANCELLED: frozenset(),
}
UNSETTLED = frozenset({PayoutStatus.APPROVED, PayoutStatus.SENDING, PayoutStatus.UNKNOWN})


class PayoutMoveRefused(Refusal):
    """A payout does not go from the one state to the other."""

    code = "PayoutMoveRefused"


class BadMoneyKey(Refusal):
    """A part of the money key does not fit its place, so two payouts could share a key."""

    code = "BadMoneyKey"


def check_move(current: PayoutStatus, wanted: PayoutStatus) -> None:
    """Raises PayoutMoveRefused."""
    if wanted not in MOVES[current]:
        choices = ", ".join(sorted(MOVES[current])) or "nothing any more"
        raise PayoutMoveRefused(f"A {current} payout cannot become {wanted}; it may become {choices}.")


def money_key(install: str, shop: int, case: int, seq: int) -> str:
    """The permanent key of one decision to pay: 24 capital letters and digits, valid for every wallet that takes at
    most 32. `install` (four characters) is random per installation. Raises BadMoneyKey."""
    if not _INSTALL.fullmatch(install):
        raise BadMoneyKey(f"The installation's prefix {install!r} must be four capital letters or digits.")
    for name, number, width in (("shop", shop, 6), ("case", case, 12), ("payout", seq, 2)):
        if not 0 <= number < 10**width:
            raise BadMoneyKey(f"{name} number {number} does not fit {width} digits.")
    return f"{install}{shop:06d}{case:012d}{seq:02d}"


def next_query_at(first_unknown_at: datetime, attempts: int, policy: PayoutPolicy) -> datetime:
    """When to ask the wallet again after `attempts` queries; past the schedule its last span repeats."""
    schedule = policy.query_after_seconds
    beyond = max(0, attempts - len(schedule) + 1)
    seconds = schedule[min(attempts, len(schedule) - 1)] + beyond * schedule[-1]
    return first_unknown_at + timedelta(seconds=seconds)


def human_due_at(first_unknown_at: datetime, policy: PayoutPolicy) -> datetime:
    """When a person has to look, because asking did not help."""
    return first_unknown_at + timedelta(hours=policy.human_after_hours)
