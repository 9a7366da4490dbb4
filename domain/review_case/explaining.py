"""First the explanation: amends are for a buyer whom it did not convince (R69), and the case shows both."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.contact_terms import CallResult, TalkOutcome
from domain.review_case.permissions import require
from domain.review_case.refusals import BuyerConvinced, ExplainFirst
from domain.review_case.state import Attempt, ReviewCaseState

REACHED = frozenset({CallResult.CONNECTED, CallResult.SENT})
AGREED = frozenset({TalkOutcome.AGREED_AMEND, TalkOutcome.AGREED_LATER})
# These say nothing about what was explained.
SILENT = frozenset({TalkOutcome.CANNOT_TALK_NOW, TalkOutcome.VOICE_MAIL})


class Explanation(BaseModel):
    """The cause was explained in contact `contact`; how the buyer took it, as last heard in contact `heard_in`."""

    contact: int
    at: datetime
    by: str
    convinced: bool | None = Field(default=None, description="null: it was never written down how the buyer took it")
    heard_in: int | None = None
    heard_at: datetime | None = None


def explanation(case: ReviewCaseState) -> Explanation | None:
    """None: nothing was explained yet. What was said since the first explanation counts, the last word of it."""
    since = [at for at, attempt in enumerate(case.attempts) if attempt.explained and attempt.result in REACHED]
    if not since:
        return None
    first = case.attempts[since[0]]
    told = Explanation(contact=first.number, at=first.at, by=first.by)
    for attempt in case.attempts[since[0] :]:
        convinced = _convinced(attempt)
        if convinced is not None:
            heard = {"convinced": convinced, "heard_in": attempt.number, "heard_at": attempt.at}
            told = told.model_copy(update=heard)
    return told


def _convinced(attempt: Attempt) -> bool | None:
    """What was written down about it; else what the talk came to."""
    if attempt.convinced is not None:
        return attempt.convinced
    if attempt.talk is None or attempt.talk in SILENT:
        return None
    return attempt.talk in AGREED


def check_unconvinced(case: ReviewCaseState) -> Explanation:
    """Raises ExplainFirst or BuyerConvinced."""
    told = explanation(case)
    if told is None:
        raise ExplainFirst("Explain the cause to the buyer first and log that contact; then offer.")
    heard = told.convinced is not None
    require(heard, ExplainFirst, "Log how the buyer took the explanation (talk, or convinced); then offer.")
    require(
        not told.convinced, BuyerConvinced,
        f"In contact {told.heard_in} the buyer agreed without amends. If they agreed because amends were talked about, "
        "log that contact's outcome with convinced = false.",
    )  # fmt: skip
    return told
