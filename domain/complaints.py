"""Complaints before they become reviews (S004): taken at once, explained by message or phone, and ended with what came
of it."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refusal

# After the time is over the leads hear of it; after as long again the supervisors.
LEVELS = 2


class ComplaintOutcome(StrEnum):
    """What came of talking. `no_complaint`: the words were about something else."""

    EXPLAINED = "explained"
    REPAIRED = "repaired"
    REFUND = "refund"
    NOT_REACHED = "not_reached"
    NO_COMPLAINT = "no_complaint"


class ComplaintEnded(Refusal):
    """Somebody has ended this complaint already."""

    code = "ComplaintEnded"


class ComplaintTaken(Refusal):
    """Somebody else talks to the buyer about it."""

    code = "ComplaintTaken"


def overdue_level(said_at: datetime, minutes: int, now: datetime) -> int | None:
    """How often its time is over: 0 once, 1 twice; None while there is time."""
    passed = (now - said_at) // timedelta(minutes=minutes)
    return min(passed, LEVELS) - 1 if passed >= 1 else None
