"""Mutual rating: both sides rate each other after a trade, and who stays silent is given a rating (S003)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.policies.platforms import Anchor, Grade, PlatformRules

# S003: both sides rate within 15 days after the trade's success; a marketplace's own window goes before it.
RATE_WITHIN = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class MutualRating:
    """Where the rating of one trade stands. `by_default` says that `buyer` or `seller` was given by the marketplace;
    `rate_buyer_until` is when our own rating of the buyer is due, None once given or too late."""

    buyer: Grade | None
    seller: Grade | None
    by_default: bool
    rate_buyer_until: datetime | None


def rating_closes_at(rules: PlatformRules, finished_at: datetime) -> datetime:
    """When neither side can rate any more."""
    window = rules.review.first_review
    given = window is not None and window.since is Anchor.ORDER_FINISHED
    return finished_at + (window.span if window is not None and given else RATE_WITHIN)


def mutual_rating(
    rules: PlatformRules, finished_at: datetime, now: datetime, *, buyer: Grade | None, seller: Grade | None
) -> MutualRating:
    """What both sides' ratings have come to. `buyer` and `seller` are what each gave the other, None while silent.

    Only where the marketplace has the rule: when one side rated and well, the silent side gets a default good at the
    window's end; a neutral or bad rating, or silence of both, leaves silence.
    """
    closes = rating_closes_at(rules, finished_at)
    if now < closes:
        return MutualRating(buyer, seller, by_default=False, rate_buyer_until=None if seller else closes)
    if not rules.review.default_good_if_silent:
        return MutualRating(buyer, seller, by_default=False, rate_buyer_until=None)
    if buyer is Grade.GOOD and seller is None:
        return MutualRating(buyer, Grade.GOOD, by_default=True, rate_buyer_until=None)
    if seller is Grade.GOOD and buyer is None:
        return MutualRating(Grade.GOOD, seller, by_default=True, rate_buyer_until=None)
    return MutualRating(buyer, seller, by_default=False, rate_buyer_until=None)
