"""Signals that a review is blackmail or sabotage. They add up to a score; only a person judges."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Refusal
from domain.policies.causes import CausesPolicy

NEW_SHOP = "targets_new_shop"
# By themselves these words may come from an angry buyer; of a new shop they are what blackmailers ask.
DEMANDS = frozenset(
    {
        "threat_before_complaint",
        "wants_payment_off_platform",
        "demands_money_for_amending",
        "refuses_refund_and_return_wants_cash",
    }
)


class UnknownSignal(Refusal):
    """A signal that the shop's policy does not weigh."""

    code = "UnknownSignal"


@dataclass(frozen=True)
class MaliciousScore:
    """`review_by_person` asks a supervisor to look; until then no money moves."""

    score: int
    signals: tuple[str, ...]
    review_by_person: bool


def text_signals(text: str, policy: CausesPolicy) -> tuple[str, ...]:
    """Signals that the words themselves give, like demanding money for amending; in the policy's order."""
    plain = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    return tuple(
        code
        for code, signal in policy.malicious.signals.items()
        if any(re.search(pattern, plain) for pattern in signal.patterns)
    )


def signals_of(text: str, policy: CausesPolicy, *, shop_opened_at: datetime | None, now: datetime) -> tuple[str, ...]:
    """What the words give, and that a demand or a threat meets a new shop (R145): a known pattern of blackmail."""
    found = text_signals(text, policy)
    days = timedelta(days=policy.malicious.new_shop_days)
    new = shop_opened_at is not None and shop_opened_at <= now < shop_opened_at + days
    demanded = new and NEW_SHOP in policy.malicious.signals and bool(DEMANDS & set(found))
    return (*found, NEW_SHOP) if demanded else found


def score(signals: Iterable[str], policy: CausesPolicy) -> MaliciousScore:
    """The weight of the signals, each counted once. Raises UnknownSignal."""
    distinct = tuple(dict.fromkeys(signals))
    unknown = [code for code in distinct if code not in policy.malicious.signals]
    if unknown:
        known = ", ".join(policy.malicious.signals)
        raise UnknownSignal(f"No signal is named {', '.join(unknown)}; the shop weighs {known}.", unknown=unknown)
    total = sum(policy.malicious.signals[code].weight for code in distinct)
    return MaliciousScore(total, distinct, total >= policy.malicious.review_by_person_at)
