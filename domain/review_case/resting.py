"""After the buyer accepted an offer nobody talks them over any more: what is left is a time that was agreed on, and one
reminder where the amendment is still owed (requirement 30: what is promised away from the computer is forgotten).
"""

from datetime import datetime, timedelta

from domain.contact_terms import CallResult
from domain.gate import GateMode
from domain.review_case import reversing
from domain.review_case.desk import replan
from domain.review_case.state import Attempt, ReviewCaseState

# Ours: time to amend by oneself before the one reminder.
REMIND_AFTER = timedelta(hours=48)
REACHED = frozenset({CallResult.CONNECTED, CallResult.SENT})


def rest(case: ReviewCaseState, now: datetime) -> None:
    """The buyer has accepted. A planned contact that nobody has taken is dropped, and planned anew only as `plan_at`
    allows."""
    case.rests_since = now
    replan(case, now)


def plan_at(case: ReviewCaseState) -> datetime | None:
    """When the next contact is to be planned; None: no contact is needed as things stand."""
    again = case.plan_again_at
    if reversing.quiet(case) or undecided_contact(case):
        return None
    if again is None or not resting(case) or agreed(case):
        return again
    remind_at = _remind_at(case)
    return max(again, remind_at) if remind_at else None


def undecided_contact(case: ReviewCaseState) -> bool:
    """Whether a supervisor still has to say that the buyer is contacted again."""
    return any(one.open and one.about_contact for one in case.agreements.decisions)


def resting(case: ReviewCaseState) -> bool:
    return case.rests_since is not None and case.accepted_offer is not None


def agreed(case: ReviewCaseState) -> bool:
    """Whether a time that the buyer named still waits for its contact."""
    at = case.preference_at
    return at is not None and not any(attempt.at >= at for attempt in _made(case))


def _remind_at(case: ReviewCaseState) -> datetime | None:
    """Only where money waits for the amendment, and until the buyer was reached once since accepting."""
    since, identity = case.rests_since, case.identity
    owed = identity is not None and identity.gate_mode is GateMode.AFTER_AMENDMENT and case.amendment is None
    if since is None or not owed or not (identity and identity.may_ask_to_amend):
        return None
    reminded = any(attempt.at > since and attempt.result in REACHED for attempt in _made(case))
    return None if reminded else since + REMIND_AFTER


def _made(case: ReviewCaseState) -> list[Attempt]:
    return [attempt for attempt in case.attempts if not attempt.inbound]
