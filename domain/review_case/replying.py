"""The public reply by itself: wanted in time, prepared, posted once, and closed when the marketplace takes no more."""

from datetime import datetime, timedelta

from domain.amendment import Reading
from domain.contact_terms import TalkOutcome
from domain.escalation import EscalationKind
from domain.people import PLATFORM, TIMER
from domain.review_case.facts import Posted, ReplyText
from domain.review_case.recording import record
from domain.review_case.state import Clock, Identity, Reply, ReplyStatus, ReviewCaseState

AGAIN_AFTER = timedelta(minutes=15)
AGREED = frozenset({TalkOutcome.AGREED_AMEND, TalkOutcome.AGREED_LATER})
NOT_GIVEN = frozenset({ReplyStatus.WANTED, ReplyStatus.PREPARED, ReplyStatus.CONFIRMED})


def reply_wanted_at(case: ReviewCaseState, identity: Identity) -> datetime | None:
    """When a reply has to be with a person; at once where the append that the buyer agreed to would close it."""
    if identity.append_closes_reply and append_announced(case):
        return case.opened_at
    return identity.reply_due_at


def append_announced(case: ReviewCaseState) -> bool:
    agreed = bool(case.attempts) and case.attempts[-1].talk in AGREED
    return agreed or case.accepted_offer is not None


def reply_wanted(case: ReviewCaseState, now: datetime) -> None:
    """A reply that somebody gave by hand counts: a marketplace takes one."""
    identity = case.identity
    if case.reply is not None or identity is None:
        return
    due = identity.reply_due_at
    early = identity.append_closes_reply and append_announced(case) and (due is None or now < due)
    case.reply = Reply(status=ReplyStatus.WANTED, wanted_at=now, why=_why(case, early), early=early)
    if case.readings and case.readings[-1].replied:
        _stands(case, now)


def _why(case: ReviewCaseState, early: bool) -> str:
    if case.stopped is not None:
        return "the buyer wants no contact"
    if case.reversal is not None:
        return "the buyer turned the review bad again"
    return "the buyer's append would close it" if early else "the time for a reply is running out"


def reply_seen(case: ReviewCaseState, reading: Reading, now: datetime) -> None:
    """What a reading shows about the reply: that one stands there, or that an append has closed it."""
    if reading.replied and case.reply is not None and _not_known_to_stand(case, case.reply.status):
        _stands(case, now)
    elif reading.appended and case.identity is not None and case.identity.append_closes_reply:
        _closed_by_append(case, now)


def _not_known_to_stand(case: ReviewCaseState, status: ReplyStatus) -> bool:
    """What was taken for refused, because the marketplace's list lagged behind, may stand there all the same."""
    return status in NOT_GIVEN or (status is ReplyStatus.IMPOSSIBLE and case.edition >= 1)


def _stands(case: ReviewCaseState, now: datetime) -> None:
    assert case.reply is not None  # noqa: S101 - the callers looked
    case.reply = case.reply.model_copy(update={"status": ReplyStatus.POSTED})
    case.clocks.pop(EscalationKind.REPLY_WAITING, None)
    record(case, PLATFORM, now, "reply_posted", why="a reply stands under the review")


def _closed_by_append(case: ReviewCaseState, now: datetime) -> None:
    why = "the buyer appended to the review"
    if case.reply is None:
        case.reply = Reply(status=ReplyStatus.IMPOSSIBLE, wanted_at=now, why=why)
        record(case, PLATFORM, now, "reply_window_closed", why=why)
    else:
        reply_closed(case, now, why)


def reply_prepared(case: ReviewCaseState, found: ReplyText, now: datetime) -> None:
    if case.reply is None or case.reply.status is not ReplyStatus.WANTED:
        return
    if found.text is None:
        case.reply = case.reply.model_copy(update={"status": ReplyStatus.IMPOSSIBLE})
        record(case, TIMER, now, "reply_impossible", why=found.impossible, policy=found.policy)
        return
    case.reply = case.reply.model_copy(update={"status": ReplyStatus.PREPARED, "text": found.text})
    case.clocks[EscalationKind.REPLY_WAITING] = Clock(since=now)
    record(
        case, TIMER, now, "reply_prepared",
        text=found.text, why=case.reply.why, template=found.template, left_out=found.left_out or None,
        policy=found.policy,
    )  # fmt: skip


def reply_posted(case: ReviewCaseState, found: Posted | None, now: datetime) -> None:
    """None: the marketplace could not be reached; it is tried again until its window closes."""
    if case.reply is None or case.reply.status is not ReplyStatus.CONFIRMED:
        return
    if found is None:
        case.reply = case.reply.model_copy(update={"again_at": now + AGAIN_AFTER})
        return
    if found.unfit:
        case.reply = case.reply.model_copy(update={"status": ReplyStatus.PREPARED})
        case.clocks[EscalationKind.REPLY_WAITING] = Clock(since=now)
        record(case, TIMER, now, "reply_returned", why=found.why)
        return
    status = ReplyStatus.POSTED if found.posted else ReplyStatus.IMPOSSIBLE
    case.reply = case.reply.model_copy(update={"status": status})
    record(case, PLATFORM, now, "reply_posted" if found.posted else "reply_refused", why=found.why or None)


def reply_closed(case: ReviewCaseState, now: datetime, why: str | None = None) -> None:
    """The marketplace takes no reply any more, also none that was confirmed and could not be posted in time."""
    if case.reply is not None and case.reply.status in NOT_GIVEN:
        case.reply = case.reply.model_copy(update={"status": ReplyStatus.IMPOSSIBLE})
        case.clocks.pop(EscalationKind.REPLY_WAITING, None)
        record(case, TIMER, now, "reply_window_closed", why=why)
