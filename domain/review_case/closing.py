"""Ending a case by a person's decision."""

from datetime import datetime
from typing import Any

from domain.escalation import EscalationKind
from domain.people import LEADERS, Actor
from domain.review_case import promises, steps
from domain.review_case.facts import Prepared
from domain.review_case.outcomes import CHOSEN_BY_PEOPLE, Outcome
from domain.review_case.permissions import desk, require
from domain.review_case.recording import record
from domain.review_case.refusals import BadOutcome, NotYours, PayoutUnsettled, PromiseOpen, WrongStage
from domain.review_case.state import OfferStatus, ReviewCaseState

# What is still owed to the buyer goes on being asked for.
BEYOND_THE_END = frozenset(
    {EscalationKind.PROMISE_DUE, EscalationKind.FULFILMENT_WAITING, EscalationKind.COUNTER_CLAIM}
)
BY_ITS_AGENT = frozenset({Outcome.SETTLED_KEPT, Outcome.REFUSED})


def may_close(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    mine = case.assignee == actor.person
    require(mine or actor.holds(LEADERS), NotYours, "The case is not yours; ask its agent or a lead to close it.")
    require(case.outcome is None, WrongStage, "The case is ending already; its last notice is under way.")
    payout = case.payout
    kept = not promises.unbroken(case)
    require(kept, PromiseOpen, "A promise to the buyer is open: keep it, or note why nothing is owed (keep_promise).")
    settled = payout is None or payout.settled
    require(settled, PayoutUnsettled, "A transfer of this case is not settled; wait for it, or let finance decide it.")


def check_close(case: ReviewCaseState, actor: Actor, step: steps.Close, now: datetime) -> None:
    chosen = ", ".join(sorted(CHOSEN_BY_PEOPLE))
    require(step.outcome in CHOSEN_BY_PEOPLE, BadOutcome, f"Choose one of {chosen}; the others follow from facts.")
    may = actor.holds(LEADERS) or step.outcome in BY_ITS_AGENT
    require(may, NotYours, f"Closing as {step.outcome} is a lead's decision; escalate the case to ask for it.")


def close(case: ReviewCaseState, actor: Actor, step: steps.Close, now: datetime, found: Prepared) -> None:
    end(case, actor, step.outcome, now, why=step.why)


def end(case: ReviewCaseState, actor: Actor, outcome: Outcome, now: datetime, **facts: Any) -> None:
    """Fix the outcome. What is still open ends with it; the final notice and the closing follow by the agenda."""
    case.outcome = outcome
    case.contact = None
    case.held = None
    case.clocks = {kind: clock for kind, clock in case.clocks.items() if kind in BEYOND_THE_END or _owed(case, kind)}
    offer = case.offer
    if offer is not None and (offer.open or offer.status is OfferStatus.ACCEPTED):
        offer.status = OfferStatus.EXPIRED
    record(case, actor, now, "outcome_fixed", outcome=outcome, **facts)


def _owed(case: ReviewCaseState, kind: EscalationKind) -> bool:
    """An answer to what the buyer wrote, and a transfer that failed or that nobody knows about."""
    if case.edition < 1:
        return False
    under_way = case.payout is not None and not case.payout.settled
    return kind is EscalationKind.BUYER_WROTE or (kind is EscalationKind.PAYOUT_STUCK and under_way)
