"""What a review case does next: every wait of the case as one list, computed anew from the facts each time.

The workflow waits for the earliest entry or for an event, acts, and looks again; nothing else keeps a timer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain import case_clocks
from domain.disputes import dues
from domain.escalation import EscalationKind
from domain.fulfilment import needs_address, needs_payee
from domain.gate import GateMode
from domain.offers import OfferForm
from domain.payees import fits
from domain.review_case import announcing, decisions, hearing, investigations, promises, resting, reversing
from domain.review_case.endings import FollowUp
from domain.review_case.outcome_reached import outcome_at_end as outcome_at_end
from domain.review_case.replying import reply_wanted_at
from domain.review_case.state import PAY_ANEW, Held, Identity, OfferStatus, ReplyStatus, ReviewCaseState

# Ours: whoever takes a contact logs it within two hours; after that nobody knows what happened, and a lead is told.
LOG_WITHIN = timedelta(hours=2)
# Ours: where the marketplace names no end for replies, a prepared one waits this long for its confirmation.
REPLY_PATIENCE = timedelta(hours=72)
WAITS_FOR_A_PERSON = frozenset({ReplyStatus.WANTED, ReplyStatus.PREPARED})


# Clocks that run on while a transfer of an ended case is under way.
OWED = frozenset({EscalationKind.FULFILMENT_WAITING, EscalationKind.BUYER_WROTE})
STUCK = frozenset({EscalationKind.PAYOUT_STUCK})


class Action(StrEnum):
    """What the workflow does by itself."""

    OPEN = "open"
    ASSIGN = "assign"
    REPLACE = "replace_agent"
    PLAN = "plan_contact"
    CONTACT_DUE = "contact_due"
    CONTACT_MISSED = "contact_missed"
    CONTACT_LAPSED = "contact_lapsed"
    READ = "read_review"
    OFFER_EXPIRES = "offer_expires"
    RELEASE = "release_offer"
    PAY = "pay"
    WANT_REPLY = "want_reply"
    PREPARE_REPLY = "prepare_reply"
    POST_REPLY = "post_reply"
    REPLY_CLOSES = "reply_closes"
    RECKON = "reckon_clock"
    ESCALATE = "escalate"
    RECKON_ANNOUNCEMENT = "reckon_announcement"
    ANNOUNCE = "announce"
    PROMISE_DUE = "promise_due"
    PROMISE_BROKEN = "promise_broken"
    INVESTIGATION_DUE = "investigation_due"
    DECISION_DUE = "decision_due"
    CLAIM_DUE = "counter_claim_due"
    QUESTION_DUE = "question_due"
    LOG_MESSAGE = "log_message"
    RESUME = "resume"
    END = "end"
    TELL_MERGE = "tell_merge"
    NOTIFY = "notify"
    PLAN_FOLLOW_UP = "plan_follow_up"
    FOLLOW_UP_DUE = "follow_up_due"
    FOLLOW_UP_LAPSED = "follow_up_lapsed"
    CLOSE = "close"


@dataclass(frozen=True)
class Due:
    """`at` None is not possible: what can't be done yet is not on the agenda. `subject` tells which of several."""

    at: datetime
    action: Action
    subject: str = ""


def agenda(case: ReviewCaseState) -> list[Due]:
    """Everything that is waiting, earliest first; of equals, the one listed first here."""
    return sorted(_all(case), key=lambda due: due.at)


def next_due(case: ReviewCaseState) -> Due | None:
    """The earliest entry; None only for a closed case, or one that waits for its transfer alone."""
    return min(_all(case), key=lambda due: due.at, default=None)


def still_due(case: ReviewCaseState, due: Due) -> bool:
    """Asked under the case's lock: a person's step may have been carried out while what is due waited for it."""
    return case.edition < 1 or due in _all(case)


def _all(case: ReviewCaseState) -> Iterator[Due]:
    identity = case.identity
    if case.closed_at is not None:
        return
    if identity is None:
        yield Due(case.opened_at, Action.OPEN)
        return
    yield from (Due(at, Action.CLAIM_DUE, number) for at, number in dues.claims_due(case))
    if case.outcome is not None:
        yield from _ending(case)
        return
    payout = case.payout
    under_way = payout is not None and payout.keeps_open and not payout.settled
    under_way = under_way or _somebody_is_at_it(case)
    yield from (due for due in _living(case, identity) if not (under_way and due.action is Action.END))


def _somebody_is_at_it(case: ReviewCaseState) -> bool:
    """A contact that was begun is logged, or lapses, before the case ends; on a held case it would never lapse."""
    at_it = case.contact is not None and case.contact.taken_at is not None
    return case.edition >= 1 and at_it and case.held is None


def _living(case: ReviewCaseState, identity: Identity) -> Iterator[Due]:
    yield from (Due(heard.at, Action.LOG_MESSAGE, str(heard.number)) for heard in hearing.unlogged(case))
    yield from _watching(case)
    yield from _money(case)
    if case.amendment is not None and not promised(case):
        yield Due(case.opened_at, Action.END)
    yield from _reply(case, identity)
    if case.held is not None:
        yield from (Due(at, Action.RESUME) for at in _hold_ends(case, case.held))
        return
    if case.assignee is None:
        yield Due(case.assign_again_at or case.opened_at, Action.ASSIGN)
    elif case.replace_at is not None:
        yield Due(case.replace_at, Action.REPLACE)
    yield from _contact(case, identity)
    yield from _promises(case)
    yield from _investigations(case)
    yield from (Due(one.due_at, Action.DECISION_DUE, str(one.number)) for one in decisions.unreminded(case))
    yield from (Due(at, Action.QUESTION_DUE, number) for at, number in dues.questions_due(case))
    yield from _clocks(case)


def _hold_ends(case: ReviewCaseState, held: Held) -> Iterator[datetime]:
    """When its time is over, or the public reply has become due: a marketplace's window doesn't wait."""
    if held.until is not None:
        yield held.until
    reply = case.reply
    if case.edition >= 1 and reply is not None and reply.status in WAITS_FOR_A_PERSON and reply.wanted_at >= held.since:
        yield reply.wanted_at


def _ending(case: ReviewCaseState) -> Iterator[Due]:
    """Nothing is left but to give back what was set aside, tell the buyer, see promises through, and close."""
    now = case.opened_at
    yield from _release(case)
    if case.assignee is None and case.edition >= 1 and _needs_somebody(case):
        yield Due(case.assign_again_at or now, Action.ASSIGN)
    if case.payout is not None and not case.payout.settled:
        yield from (due for due in _clocks(case) if due.subject in (OWED if case.edition < 1 else OWED | STUCK))
        return
    if ready_to_pay(case):  # whatever was promised has ended with the case, so this is thanks
        yield Due(case.pay_again_at or now, Action.PAY)
        return
    if case.merged is not None and not case.merged.told:
        yield Due(now, Action.TELL_MERGE)
        return
    if not case.notice_done:
        yield Due(case.notice_again_at or now, Action.NOTIFY)
    elif case.follow_up is not None and not case.follow_up.over:
        yield _follow_up(case.follow_up)
        yield from _watching(case)
    elif not _needs_somebody(case):
        yield Due(now, Action.CLOSE)
        return
    yield from _promises(case)
    yield from _clocks(case)


def _needs_somebody(case: ReviewCaseState) -> bool:
    """Whether a person of the desk has something to do yet in a case that has its outcome."""
    visit = case.follow_up is not None and not case.follow_up.over
    return visit or bool(promises.unbroken(case)) or any(dues.claims_waiting(case)) or hearing.waits(case)


def _follow_up(visit: FollowUp) -> Due:
    if visit.due_at is None or visit.slot_ends_at is None:
        return Due(visit.wanted_at, Action.PLAN_FOLLOW_UP)
    if visit.taken_at is not None:
        return Due(visit.taken_at + LOG_WITHIN, Action.FOLLOW_UP_LAPSED)
    if visit.due:
        return Due(visit.slot_ends_at, Action.FOLLOW_UP_LAPSED)
    return Due(visit.due_at, Action.FOLLOW_UP_DUE)


def _watching(case: ReviewCaseState) -> Iterator[Due]:
    if case.read_again_at is not None and case.identity is not None and case.identity.read_by_machine:
        yield Due(case.read_again_at, Action.READ)


def _money(case: ReviewCaseState) -> Iterator[Due]:
    offer = case.offer
    if offer is not None and offer.open and case.held is None:
        yield Due(offer.valid_until, Action.OFFER_EXPIRES)
    yield from _release(case)
    if ready_to_pay(case):
        yield Due(case.pay_again_at or case.opened_at, Action.PAY)


def _release(case: ReviewCaseState) -> Iterator[Due]:
    for offer in case.offers:
        ended = offer.status in {OfferStatus.DECLINED, OfferStatus.EXPIRED, OfferStatus.REJECTED}
        if ended and not offer.released:
            yield Due(case.opened_at, Action.RELEASE, str(offer.number))


def ready_to_pay(case: ReviewCaseState) -> bool:
    """Whether everything that the case itself knows is there; the gate decides once more before money moves."""
    offer, payout, identity = case.accepted_offer, case.payout, case.identity
    if offer is None or identity is None or case.suspected or case.malicious or case.cause is None:
        return False
    if not _addressed(case, offer.form):
        return False
    if identity.gate_mode is GateMode.AFTER_AMENDMENT and case.amendment is None:
        return False
    if payout is None or payout.offer != offer.number:
        return True
    # A new payee after a definite failure is a new key; the same payee would only fail again.
    if not payout.settled:
        return False
    if payout.remedy == PAY_ANEW:
        return True
    return needs_payee(offer.form) and case.payee is not None and payout.payee != case.payee.id


def _addressed(case: ReviewCaseState, form: OfferForm) -> bool:
    if needs_payee(form):
        return case.payee is not None and fits(form, case.payee.kind)
    return case.delivery is not None or not needs_address(form)


def _contact(case: ReviewCaseState, identity: Identity) -> Iterator[Due]:
    contact = case.contact
    if contact is None:
        plan_at = resting.plan_at(case)
        if case.stopped is None and not (case.suspected or case.malicious) and plan_at is not None:
            yield Due(plan_at, Action.PLAN)
    elif contact.taken_at is not None:
        yield Due(contact.taken_at + LOG_WITHIN, Action.CONTACT_LAPSED)
    elif contact.due:
        yield Due(contact.slot_ends_at, Action.CONTACT_MISSED)
    else:
        yield Due(contact.due_at, Action.CONTACT_DUE)


def _reply(case: ReviewCaseState, identity: Identity) -> Iterator[Due]:
    reply = case.reply
    if reply is None:
        wanted_at = reply_wanted_at(case, identity)
        if wanted_at is None:
            yield Due(ends_at(case, identity), Action.END)
        else:
            yield Due(min(wanted_at, ends_at(case, identity)), Action.WANT_REPLY)
    elif reply.status is ReplyStatus.WANTED:
        yield Due(reply.wanted_at, Action.PREPARE_REPLY)
    elif reply.status is ReplyStatus.PREPARED:
        yield Due(identity.reply_closes_at or _patience(case, identity, REPLY_PATIENCE), Action.REPLY_CLOSES)
    elif reply.status is ReplyStatus.CONFIRMED:
        closes, again = identity.reply_closes_at or _patience(case, identity, 2 * REPLY_PATIENCE), reply.again_at
        late = again is not None and again >= closes
        yield Due(closes, Action.REPLY_CLOSES) if late else Due(again or reply.wanted_at, Action.POST_REPLY)
    else:
        yield Due(ends_at(case, identity), Action.END)


def _patience(case: ReviewCaseState, identity: Identity, least: timedelta) -> datetime:
    """How long a reply is waited for where the marketplace names no end: to the month's end, and a while at least."""
    assert case.reply is not None  # noqa: S101 - the caller looked
    after = case.reply.wanted_at + least
    return max(after, identity.persistence_ends_at) if case.edition >= 1 else after


def ends_at(case: ReviewCaseState, identity: Identity) -> datetime:
    """When trying ends: at once when the buyer wants no contact or took back what they were paid for, when about the
    report of a malicious review was decided, or the reply has been given and no money is promised; else at the end of
    the month, and not before a supervisor has decided about a suspicion. What the buyer was promised and only we hold
    up is not lost with the month: the gate is asked first."""
    if case.malicious:
        return case.opened_at if case.malice.report else identity.persistence_ends_at
    if case.suspected and case.edition >= 1:
        return identity.persistence_ends_at
    if promised(case):
        ours = case.gate_ours and case.pay_again_at is not None and ready_to_pay(case)
        again = case.pay_again_at if ours else None
        return max(identity.persistence_ends_at, again + LOG_WITHIN) if again else identity.persistence_ends_at
    reply = case.reply
    replied = reply is not None and not reply.early and reply.status in {ReplyStatus.POSTED, ReplyStatus.SKIPPED}
    return (
        case.opened_at if case.stopped is not None or reversing.quiet(case) or replied else identity.persistence_ends_at
    )


def promised(case: ReviewCaseState) -> bool:
    """Whether an offer is open or accepted, so that the case may still end with amends."""
    return case.accepted_offer is not None or (case.offer is not None and case.offer.open)


def _promises(case: ReviewCaseState) -> Iterator[Due]:
    for what, at in announcing.waiting(case):
        yield Due(at, Action.ANNOUNCE, what) if at else Due(case.opened_at, Action.RECKON_ANNOUNCEMENT, what)
    for one in promises.unbroken(case):
        if one.reminded_at is None:
            yield Due(one.due_at, Action.PROMISE_DUE, str(one.number))
        else:
            yield Due(one.reminded_at + promises.BROKEN_AFTER, Action.PROMISE_BROKEN, str(one.number))


def _investigations(case: ReviewCaseState) -> Iterator[Due]:
    for one in investigations.unanswered(case):
        if one.reminded_at is None:
            yield Due(one.due_at, Action.INVESTIGATION_DUE, str(one.number))


def _clocks(case: ReviewCaseState) -> Iterator[Due]:
    for at, kind, reckons in case_clocks.waiting(case):
        yield Due(at, Action.RECKON if reckons else Action.ESCALATE, str(kind))
