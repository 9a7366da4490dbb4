"""What the ranking of the queue is told of a review case."""

from collections.abc import Iterator
from datetime import datetime

from domain.queue_ranking import MISSED, CaseFacts
from domain.review_case.needed import due_for_people
from domain.review_case.state import ReplyStatus, ReviewCaseState

UNANSWERED = frozenset({None, ReplyStatus.WANTED, ReplyStatus.PREPARED})


def facts_of(case: ReviewCaseState, next_at: datetime) -> CaseFacts:
    """`next_at` is when the case itself does something next. Nobody is needed for a held or an ending case."""
    due = due_for_people(case) if case.held is None and case.closed_at is None else None
    identity = case.identity
    return CaseFacts(
        number=case.opening.case,
        due_at=due.at if due else None,
        next_at=next_at,
        severity=case.severity,
        created_at=identity.review_created_at if identity else case.opened_at,
        misses=sum(attempt.result in MISSED for attempt in case.attempts if not attempt.inbound),
        talk=next((attempt.talk for attempt in reversed(case.attempts) if attempt.talk is not None), None),
        deadlines=tuple(_deadlines(case)),
        value_fen=(identity.order_paid_fen or 0) if identity else 0,
        counts=identity.score_counts if identity else True,
    )


def _deadlines(case: ReviewCaseState) -> Iterator[datetime]:
    """The end of the month, of the marketplace's window for a reply, and of an offer that stands."""
    identity, offer = case.identity, case.offer
    if identity is not None:
        yield identity.persistence_ends_at
        if identity.reply_closes_at is not None and (case.reply.status if case.reply else None) in UNANSWERED:
            yield identity.reply_closes_at
    if offer is not None and offer.open:
        yield offer.valid_until
