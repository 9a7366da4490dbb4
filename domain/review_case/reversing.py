"""The buyer was paid for an amendment and turned the review bad again: recorded, counted, and never chased.

Nobody calls about it and no more money moves for it. What is left is the public reply, and whatever the buyer asks for
by themselves. Later cases of the same buyer show it to whoever makes an offer.
"""

from datetime import datetime

from domain.payouts import PayoutStatus
from domain.people import PLATFORM
from domain.platforms import AmendMode
from domain.review_case.endings import Reversal
from domain.review_case.outcomes import Outcome
from domain.review_case.recording import record
from domain.review_case.reply import ReplyStatus
from domain.review_case.state import PayoutRef, ReviewCaseState

# Where an amendment shows in the review itself, so that a bad one afterwards undoes it.
SHOWS = frozenset({AmendMode.EDIT_RESULT, AmendMode.DELETE, AmendMode.SCORE_ONLY})


def undone(before: ReviewCaseState | None, *, by_person: bool) -> int | None:
    """What was paid for an amendment that the marketplace shows to be taken back, in fen; None where nothing is. A
    case that a person reopens is one only if it was seen to be before."""
    if before is None:
        return None
    if before.reversal is not None:
        return before.reversal.paid_fen
    amendment = before.amendment
    shown = before.outcome is Outcome.AMENDED_PAID and (amendment is None or amendment.mode in SHOWS)
    return paid_fen(before) if shown and not by_person else None


def paid_fen(case: ReviewCaseState) -> int:
    return sum(payout.amount_fen for payout in case.payouts if payout.status is PayoutStatus.PAID)


def reversed_before(case: ReviewCaseState, before: ReviewCaseState, fen: int, now: datetime) -> None:
    """The next run of a case: it calls nobody. A reply that stands under the review is not asked for again."""
    _note(case, fen, now)
    case.plan_again_at = None
    if before.reply is not None and before.reply.status is ReplyStatus.POSTED:
        case.reply = before.reply.model_copy(update={"early": False})


def paid_for_nothing(case: ReviewCaseState, payout: PayoutRef, now: datetime) -> bool:
    """The amendment was seen, the transfer began, and by the time it arrived the amendment was gone: the money can't be
    called back, and the case goes on to its public reply."""
    if not payout.amended or case.amendment is not None or case.outcome is not None:
        return False
    _note(case, payout.amount_fen, now)
    return True


def _note(case: ReviewCaseState, fen: int, now: datetime) -> None:
    case.reversal = Reversal(at=now, run=case.opening.run, paid_fen=fen)
    record(case, PLATFORM, now, "reversed", paid_fen=fen)


def quiet(case: ReviewCaseState) -> bool:
    """Whether nobody is to be contacted because of a reversal; the buyer coming back by themselves ends that."""
    payout = case.payout
    if payout is not None and payout.amended and not payout.settled and case.amendment is None:
        return True  # what becomes of the transfer shows whether it is one
    since = case.reversal.at if case.reversal else None
    if since is None:
        return False
    wrote = any(attempt.inbound and attempt.at > since for attempt in case.attempts)
    return not wrote and not (case.preference_stated_at is not None and case.preference_stated_at > since)
