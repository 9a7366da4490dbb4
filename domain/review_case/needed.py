"""What people are needed for in a review case."""

from datetime import datetime

from domain.disputes import dues
from domain.escalation import EscalationKind
from domain.review_case import decisions, investigations
from domain.review_case.agenda import Action, Due
from domain.review_case.agreements import Investigation
from domain.review_case.state import ReviewCaseState

# Clocks that run because a person has to decide something now.
ASKING = frozenset(
    {
        EscalationKind.UNASSIGNED,
        EscalationKind.APPROVAL_WAITING,
        EscalationKind.DECISION_WAITING,
        EscalationKind.REPLY_WAITING,
        EscalationKind.PAYOUT_STUCK,
        EscalationKind.FULFILMENT_WAITING,
        EscalationKind.ASKED,
        EscalationKind.BUYER_WROTE,
    }
)


def due_for_people(case: ReviewCaseState) -> Due | None:
    """What a person of the desk is needed for, now or next; lists sort by it."""
    waiting = [
        Due(clock.counts_from, Action.ESCALATE, str(kind)) for kind, clock in case.clocks.items() if kind in ASKING
    ]
    if case.contact is not None:
        waiting.append(Due(case.contact.due_at, Action.CONTACT_DUE))
    visit = case.follow_up
    if visit is not None and visit.due_at is not None and not visit.over:
        waiting.append(Due(visit.due_at, Action.FOLLOW_UP_DUE))
    waiting += [Due(one.due_at, Action.PROMISE_DUE, str(one.number)) for one in case.agreements.promises if one.open]
    waiting += [
        Due(_needed(case, one), Action.INVESTIGATION_DUE, str(one.number)) for one in investigations.unanswered(case)
    ]
    waiting += [Due(one.due_at, Action.DECISION_DUE, str(one.number)) for one in decisions.undecided(case)]
    waiting += [Due(at, Action.CLAIM_DUE, number) for at, number in dues.claims_waiting(case)]
    waiting += [Due(at, Action.QUESTION_DUE, number) for at, number in dues.questions_waiting(case)]
    return min(waiting, key=lambda due: due.at, default=None)


def _needed(case: ReviewCaseState, asked: Investigation) -> datetime:
    """Its agent is needed at once for a question of their own, and for somebody else's when it falls due."""
    return asked.at if asked.to == case.assignee else asked.due_at
