"""What a marketplace allows: grades, amendment modes, and the windows that close."""

from datetime import datetime, timedelta

from domain.errors import Refusal
from domain.life_zones import BEIJING
from domain.policies.platforms import AmendMode, Anchor, Grade, Platform, PlatformRules, Window

__all__ = [
    "AmendMode",
    "Grade",
    "Platform",
    "ReplyNotAllowed",
    "UnknownRating",
    "amend_modes",
    "append_closes_reply",
    "grade_of",
    "has_review_api",
    "may_ask_to_amend",
    "may_reply",
    "persistence_ends",
    "reply_asked_at",
    "reply_closes_at",
    "reply_due_at",
    "reply_max_chars",
    "reply_times",
    "score_counts",
    "scores_counted_since",
]


class UnknownRating(Refusal):
    """The marketplace sent a rating that is not on its scale."""

    code = "UnknownRating"


class ReplyNotAllowed(Refusal):
    """The marketplace takes no (further) seller reply to this review."""

    code = "ReplyNotAllowed"


def grade_of(rules: PlatformRules, rating: str | int) -> Grade:
    """The grade of a platform's rating: a word ("bad") or stars (1 or "1"). Raises UnknownRating."""
    scale = rules.review.scale
    sent = str(rating).strip().lower()
    for grade, ratings in ((Grade.GOOD, scale.good), (Grade.NEUTRAL, scale.neutral), (Grade.BAD, scale.bad)):
        if sent in ratings:
            return grade
    known = ", ".join(sorted((*scale.good, *scale.neutral, *scale.bad)))
    raise UnknownRating(f"{rules.name_zh} has no rating {sent!r}; send one of {known}.", rating=sent)


def amend_modes(rules: PlatformRules) -> frozenset[AmendMode]:
    """The ways in which a buyer can amend; empty where the marketplace offers none."""
    return frozenset(rules.review.amend_modes) - {AmendMode.NONE}


def has_review_api(rules: PlatformRules) -> bool:
    """Whether a machine can read the review again; elsewhere a person verifies with a screenshot."""
    return rules.review_api


def has_exchange_api(rules: PlatformRules) -> bool:
    """Whether a machine can read exchanges and answer them, by calls of their own."""
    return bool(rules.exchange_deadline_field)


def scores_counted_since(rules: PlatformRules, review_created_at: datetime) -> datetime | None:
    """From when on a buyer's earlier scores of the shop stand before this one; None where every score counts."""
    counting = rules.review.score_counting
    if counting is None:
        return None
    if counting.per == "60_days":
        return review_created_at - timedelta(days=60)
    return review_created_at.astimezone(BEIJING).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def score_counts(rules: PlatformRules, scores_before: int) -> bool:
    """Whether the shop's score hears of a review before which its buyer has given so many (R91)."""
    counting = rules.review.score_counting
    return counting is None or scores_before < counting.first_trades


def may_ask_to_amend(rules: PlatformRules) -> bool:
    """Whether a seller may mention amending at all. Paying for it is another question (domain.gate)."""
    return rules.asking.allowed and rules.asking.by == "seller"


def persistence_ends(
    rules: PlatformRules, review_created_at: datetime, order_finished_at: datetime | None = None, days: int = 30
) -> datetime:
    """When trying ends: `days` × 24 h after the review, or when its last way of amending closes, if that is earlier.

    A way whose window is unknown, or runs from a moment that is unknown, does not shorten the time.
    """
    longest = review_created_at + timedelta(days=days)
    ends = [_mode_ends(rules, mode, review_created_at, order_finished_at) for mode in amend_modes(rules)]
    known = [end for end in ends if end is not None]
    if not known or len(known) < len(ends):
        return longest
    return max(review_created_at, min(longest, max(known)))


def _mode_ends(
    rules: PlatformRules, mode: AmendMode, review_created_at: datetime, order_finished_at: datetime | None
) -> datetime | None:
    window = rules.review.append if mode is AmendMode.APPEND else rules.review.amend
    return _closes(window, {Anchor.REVIEW_CREATED: review_created_at, Anchor.ORDER_FINISHED: order_finished_at})


def reply_times(rules: PlatformRules) -> int | None:
    """How many replies one review takes; 0 without a reply function, None where nobody knows."""
    return rules.review.seller_reply.times if rules.review.seller_reply else 0


def reply_max_chars(rules: PlatformRules) -> int:
    return rules.review.seller_reply.max_chars if rules.review.seller_reply else 0


def may_reply(
    rules: PlatformRules,
    review_created_at: datetime,
    now: datetime,
    *,
    replies_made: int = 0,
    appended_at: datetime | None = None,
    receipt_confirmed_at: datetime | None = None,
) -> None:
    """Raises ReplyNotAllowed when the marketplace would refuse a reply now, saying which of its rules."""
    reply = rules.review.seller_reply
    times = reply_times(rules)
    closes = reply_closes_at(rules, review_created_at, appended_at=appended_at)
    written_by = _closes(reply.applies_within if reply else None, {Anchor.RECEIPT_CONFIRMED: receipt_confirmed_at})
    if reply is None or (times is not None and replies_made >= times):
        raise ReplyNotAllowed(f"{rules.name_zh} takes {times} replies and {replies_made} was made; close without one.")
    if closes is not None and now >= closes:
        raise ReplyNotAllowed(f"The reply window closed at {closes.isoformat()}; close without a reply.")
    if written_by is not None and review_created_at > written_by:
        raise ReplyNotAllowed(f"Reviews written after {written_by.isoformat()} take no reply; close without one.")


def reply_closes_at(
    rules: PlatformRules,
    review_created_at: datetime,
    *,
    order_finished_at: datetime | None = None,
    appended_at: datetime | None = None,
) -> datetime | None:
    """When the marketplace stops taking a seller reply; None if it never does or nobody knows.

    Tmall closes early, at the buyer's append (TOP-21158).
    """
    reply = rules.review.seller_reply
    if reply is None:
        return None
    anchors = {Anchor.REVIEW_CREATED: review_created_at, Anchor.ORDER_FINISHED: order_finished_at}
    ends = [_closes(reply.window, anchors), appended_at if reply.blocked_after_append else None]
    return min((end for end in ends if end is not None), default=None)


def reply_asked_at(
    rules: PlatformRules,
    review_created_at: datetime,
    trying_ends_at: datetime,
    *,
    order_finished_at: datetime | None = None,
    hours_before: int = 48,
) -> datetime | None:
    """When a case asks a person for the reply: before the window closes or, where nobody knows the window, before the
    trying ends. None where there is no reply function."""
    known = reply_due_at(rules, review_created_at, order_finished_at=order_finished_at, hours_before=hours_before)
    if known is not None or reply_times(rules) == 0:
        return known
    return max(review_created_at, trying_ends_at - timedelta(hours=hours_before))


def append_closes_reply(rules: PlatformRules) -> bool:
    """Whether the buyer's append ends the time for a seller reply, so that it must be given before."""
    return rules.review.seller_reply is not None and rules.review.seller_reply.blocked_after_append


def reply_due_at(
    rules: PlatformRules,
    review_created_at: datetime,
    *,
    order_finished_at: datetime | None = None,
    appended_at: datetime | None = None,
    hours_before: int = 48,
) -> datetime | None:
    """When the reply must be with a person: `hours_before` it closes, but never before the review exists."""
    closes = reply_closes_at(rules, review_created_at, order_finished_at=order_finished_at, appended_at=appended_at)
    if closes is None:
        return None
    return max(review_created_at, closes - timedelta(hours=hours_before))


def _closes(window: Window | None, anchors: dict[Anchor, datetime | None]) -> datetime | None:
    start = anchors.get(window.since) if window else None
    return start + window.span if window and start else None
