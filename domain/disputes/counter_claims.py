"""Counter-claims: the shop seeks its right, with papers, days that are due, and a result (R144)."""

from datetime import datetime, timedelta

from domain.case_clocks import Clock
from domain.case_record import record
from domain.disputes import steps
from domain.disputes.rules import (
    KEPT,
    ClaimUnknown,
    DisputeFull,
    ahead,
    fresh,
    leaders,
    named,
    papers_of,
    require,
)
from domain.disputes.state import CounterClaim, Disputed, Found
from domain.escalation import EscalationKind
from domain.people import TIMER, Actor

# Ours: an open counter-claim whose day has passed is a matter for every week.
REMIND_AGAIN = timedelta(days=7)

type Known = steps.MoveCounterClaim | steps.EndCounterClaim


def may_open(case: Disputed, actor: Actor) -> None:
    leaders(case, actor)
    room = len(case.disputes.claims) < KEPT
    require(room, DisputeFull, f"{KEPT} counter-claims are kept already; go on with one of them.")


def check_open(case: Disputed, actor: Actor, step: steps.OpenCounterClaim, now: datetime) -> None:
    ahead(step.due, now)
    fresh(step.files, [])


def open_claim(case: Disputed, actor: Actor, step: steps.OpenCounterClaim, now: datetime, found: Found) -> None:
    claim = CounterClaim(
        number=len(case.disputes.claims) + 1, forum=step.forum, what=step.what, papers=papers_of(step.files, found),
        reference=step.reference, by=actor.person, at=now, due_at=step.due,
    )  # fmt: skip
    case.disputes.claims.append(claim)
    record(
        case, actor, now, "counter_claim_opened",
        claim=claim.number, forum=claim.forum, text=claim.what, reference=claim.reference, due_at=claim.due_at,
        papers=named(claim.papers),
    )  # fmt: skip


def may_go_on(case: Disputed, actor: Actor) -> None:
    leaders(case, actor)
    require(bool(open_claims(case)), ClaimUnknown, "No counter-claim is open here; look at the case again.")


def check_move(case: Disputed, actor: Actor, step: steps.MoveCounterClaim, now: datetime) -> None:
    ahead(step.due, now)
    fresh(step.files, _known(case, step).papers)


def check_end(case: Disputed, actor: Actor, step: steps.EndCounterClaim, now: datetime) -> None:
    fresh(step.files, _known(case, step).papers)


def _known(case: Disputed, step: Known) -> CounterClaim:
    """Raises ClaimUnknown."""
    claim = next((one for one in open_claims(case) if one.number == step.claim), None)
    if claim is None:
        numbers = ", ".join(str(one.number) for one in open_claims(case))
        raise ClaimUnknown(f"That counter-claim is not open; those that are: {numbers}.")
    return claim


def move(case: Disputed, actor: Actor, step: steps.MoveCounterClaim, now: datetime, found: Found) -> None:
    claim = case.disputes.claims[step.claim - 1]
    papers = papers_of(step.files, found)
    claim.papers = claim.papers + papers
    claim.due_at, claim.reminded_at = step.due, None
    claim.reference = step.reference or claim.reference
    _stop_clock(case)
    record(
        case, actor, now, "counter_claim_moved",
        claim=claim.number, text=step.what, reference=claim.reference, due_at=claim.due_at, papers=named(papers),
    )  # fmt: skip


def end(case: Disputed, actor: Actor, step: steps.EndCounterClaim, now: datetime, found: Found) -> None:
    claim = case.disputes.claims[step.claim - 1]
    papers = papers_of(step.files, found)
    claim.papers = claim.papers + papers
    claim.result, claim.ended_at = step.result, now
    _stop_clock(case)
    record(
        case, actor, now, "counter_claim_ended",
        claim=claim.number, forum=claim.forum, result=step.result, text=step.what, papers=named(papers),
    )  # fmt: skip


def fell_due(case: Disputed, number: int, now: datetime) -> None:
    """The reminder: lists show the case, and the ladder hears of it anew each time until somebody moves."""
    claim = case.disputes.claims[number - 1]
    if not claim.open or now < due_at(claim):
        return
    claim.reminded_at = now
    case.clocks[EscalationKind.COUNTER_CLAIM] = Clock(since=now)
    record(case, TIMER, now, "counter_claim_due", claim=number, forum=claim.forum)


def _stop_clock(case: Disputed) -> None:
    if not any(one.reminded_at is not None for one in open_claims(case)):
        case.clocks.pop(EscalationKind.COUNTER_CLAIM, None)


def due_at(claim: CounterClaim) -> datetime:
    """When somebody is reminded of it next. A case never forgets what a forum still has to decide."""
    return claim.due_at if claim.reminded_at is None else claim.reminded_at + REMIND_AGAIN


def open_claims(case: Disputed) -> list[CounterClaim]:
    return [one for one in case.disputes.claims if one.open]
