"""How the problem itself was repaired; amends beyond that are on top of it (S003: after the problem is solved)."""

from datetime import datetime

from domain.money import format_fen
from domain.people import Actor
from domain.review_case import agreement_steps as steps
from domain.review_case.agreements import Fix, FixKind
from domain.review_case.facts import Prepared
from domain.review_case.permissions import require
from domain.review_case.recording import record
from domain.review_case.refusals import FixUnfit
from domain.review_case.state import ReviewCaseState

PAYS_BACK = frozenset({FixKind.REFUND, FixKind.REFUND_PART})
MOST_FIXES = 20


def check_fix(case: ReviewCaseState, actor: Actor, step: steps.RecordFix, now: datetime) -> None:
    fixes = case.agreements.fixes
    require(len(fixes) < MOST_FIXES, FixUnfit, f"A case keeps {MOST_FIXES} repairs; write more of them as a note.")
    pays = step.kind in PAYS_BACK
    require(pays or not step.paid_back_fen, FixUnfit, f"{step.kind} pays nothing back; leave paid_back_fen out.")
    require(not pays or step.paid_back_fen > 0, FixUnfit, "Say how much was paid back, as paid_back_fen.")
    paid = case.identity.order_paid_fen if case.identity else None
    back = paid_back(case) + step.paid_back_fen
    require(
        paid is None or back <= paid, FixUnfit,
        f"That would be more than the {format_fen(paid or 0)} that the buyer paid; correct the amount.",
    )  # fmt: skip


def record_fix(case: ReviewCaseState, actor: Actor, step: steps.RecordFix, now: datetime, found: Prepared) -> None:
    fixes = case.agreements.fixes
    fix = Fix(
        number=len(fixes) + 1, kind=step.kind, paid_back_fen=step.paid_back_fen, what=step.what, by=actor.person, at=now
    )
    fixes.append(fix)
    record(
        case, actor, now, "fix_recorded",
        fix=fix.number, how=fix.kind, paid_back_fen=fix.paid_back_fen or None, what=fix.what,
    )  # fmt: skip


def paid_back(case: ReviewCaseState) -> int:
    """Fen that the buyer got back, as people recorded it."""
    return sum(fix.paid_back_fen for fix in case.agreements.fixes)
