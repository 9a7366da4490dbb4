"""The buyer is online: inside the limits a planned contact becomes due now, at most once per cool-down.

Whether the limits allow it is the planner's to say; here is only when it is worth asking, so that a messenger that
tells every minute costs nothing.
"""

from datetime import datetime, timedelta

from domain.people import Actor
from domain.review_case import steps
from domain.review_case.desk import replan_unmade
from domain.review_case.facts import Prepared
from domain.review_case.recording import record
from domain.review_case.state import ReviewCaseState

# Ours: a buyer who was seen less long ago is still the same visit.
SAME_VISIT = timedelta(minutes=5)


def buyer_online(case: ReviewCaseState, actor: Actor, step: steps.BuyerOnline, now: datetime, found: Prepared) -> None:
    """A person of the desk saw it."""
    case.online_seen_at = now
    record(case, actor, now, "buyer_seen_online")
    _plan_again(case, now)


def seen_by_platform(case: ReviewCaseState, actor: Actor, now: datetime) -> None:
    """A messenger or another program told; a second word about the same visit changes nothing."""
    if case.outcome is not None or case.identity is None:
        return
    if case.online_seen_at is None or now - case.online_seen_at >= SAME_VISIT:
        case.online_seen_at = now
        record(case, actor, now, "buyer_seen_online")
        _plan_again(case, now)


def _plan_again(case: ReviewCaseState, now: datetime) -> None:
    if case.presence_again_at is None or now >= case.presence_again_at:
        replan_unmade(case, now)
