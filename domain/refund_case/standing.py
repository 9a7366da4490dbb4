"""What the ranking of the queue is told of a refund case."""

from datetime import datetime

from domain.queue_ranking import CaseFacts
from domain.refund_case.agenda import due_for_people, unanswered
from domain.refund_case.stages import Owner, owner_of
from domain.refund_case.state import RefundCaseState


def facts_of(case: RefundCaseState, next_at: datetime) -> CaseFacts:
    """`next_at` is when the case itself does something next. The marketplace's deadline counts until it is decided.
    While it is the turn of warehouse or finance, it stands in their queue, and its agent's shows it as waiting, but for
    a buyer who waits for an answer."""
    theirs = case.identity is not None and owner_of(case) in {Owner.WAREHOUSE, Owner.FINANCE}
    due = unanswered(case) if theirs else due_for_people(case)
    watch, identity = case.watch, case.identity
    open_deadline = watch is not None and watch.deadline.sellers_turn and watch.decided is None
    return CaseFacts(
        number=case.opening.case,
        due_at=due.at if due and case.held is None else None,
        next_at=next_at,
        severity=case.severity,
        created_at=identity.applied_at if identity else case.opened_at,
        deadlines=(watch.deadline.at,) if watch is not None and open_deadline else (),
        value_fen=case.market.amount_fen if case.market else 0,
    )
