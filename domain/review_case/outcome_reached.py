"""What a case that nobody ended by hand has come to."""

from domain.contact_terms import TalkOutcome
from domain.payouts import PayoutStatus
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReviewCaseState


def outcome_at_end(case: ReviewCaseState) -> Outcome:
    if case.malicious and case.malice.report is not None:
        return Outcome.MALICIOUS_REPORTED
    if case.amendment is not None:
        paid = any(payout.status is PayoutStatus.PAID for payout in case.payouts)
        return Outcome.AMENDED_PAID if paid else Outcome.AMENDED_UNPAID
    if case.reversal is not None:
        return Outcome.REVERSED
    if case.stopped is not None:
        return Outcome.STOPPED_BY_BUYER
    if _content(case):
        return Outcome.SETTLED_KEPT
    reached = any(attempt.talk is not None for attempt in case.attempts)
    return Outcome.REFUSED if reached else Outcome.UNREACHABLE


def _content(case: ReviewCaseState) -> bool:
    """Whether the buyer said yes to the result, and the last talk gives that no lie: satisfied, though the review
    stands (R46)."""
    talks = [attempt.talk for attempt in case.attempts if attempt.talk is not None]
    return case.agreements.accepted_at is not None and talks[-1:] != [TalkOutcome.ABUSIVE]
