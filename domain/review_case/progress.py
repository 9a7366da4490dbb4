"""What each fact that an activity found changes in a review case, and what the case does by the clock alone."""

from datetime import datetime, timedelta

from domain import case_clocks
from domain.amendment import Amended, NotAmended, Reading, Removed, Unclear, Worse, verdict
from domain.assignment import search_again
from domain.case_clocks import contact_planned, reckoned_from_now
from domain.case_clocks import escalated as escalated
from domain.case_clocks import reckoned as reckoned
from domain.contact_terms import NOBODY_THERE, NoContactCode
from domain.escalation import EscalationKind
from domain.people import PLATFORM, SYSTEM, TIMER
from domain.review_case import decisions, following_up, investigations, reversing, undecided
from domain.review_case.closing import end
from domain.review_case.desk import assign, plan_for_the_shift, replan
from domain.review_case.facts import Assigned, Opened, Planned
from domain.review_case.outcomes import Outcome
from domain.review_case.recording import record
from domain.review_case.replying import reply_seen
from domain.review_case.resting import resting, undecided_contact
from domain.review_case.state import (
    Amendment,
    Clock,
    ContactWait,
    OfferStatus,
    ReplyStatus,
    ReviewCaseState,
)
from domain.review_case.verifying import suspect

READINGS_KEPT = 4
AMENDED = frozenset({Outcome.AMENDED_PAID, Outcome.AMENDED_UNPAID})
DAILY = timedelta(days=1)
# Ours: while an amendment is promised the review is read more often than the daily look; pushes come sooner anyway.
WHILE_PROMISED = timedelta(hours=6)


def opened(case: ReviewCaseState, found: Opened, now: datetime) -> None:
    """The first event of a case, or of its next run; a duplicate ends here and touches nothing of the other case."""
    if found.duplicate_of is not None or found.identity is None:
        case.outcome = Outcome.DUPLICATE
        case.closed_at = now
        return
    if found.before is not None:
        carry_over(case, found.before)
    case.opening = case.opening.model_copy(update={"case": found.number})
    case.identity, case.policies = found.identity, found.policies
    case.suggested_cause, case.severity, case.earlier_cases = found.suggested_cause, found.severity, found.earlier_cases
    case.buyer_reversals = found.buyer_reversals
    case.agreements.details_wanted = found.details_wanted and case.agreements.details is None
    case.plan_again_at = now
    case.read_again_at = now + DAILY
    for kind in (EscalationKind.UNASSIGNED, EscalationKind.STALE):
        case.clocks[kind] = Clock(since=now, due_at=found.clocks.get(kind))
    investigations.reopened(case, now)
    decisions.reopened(case, now)
    record(
        case, SYSTEM, now, "reopened" if found.before else "opened",
        run=case.opening.run, source=case.opening.source, why=case.opening.why, review=case.opening.review_row,
        grade=found.identity.grade, review_created_at=found.identity.review_created_at,
        persistence_ends_at=found.identity.persistence_ends_at, earlier_cases=found.earlier_cases,
        buyer_reversals=found.buyer_reversals or None, policy=found.policies.get("platforms"),
        score_counts=None if found.identity.score_counts else False,
    )  # fmt: skip
    record(
        case, SYSTEM, now, "triaged",
        cause=found.suggested_cause, severity=found.severity, details_wanted=found.details_wanted or None,
        severity_reasons=found.severity_reasons, policy=found.policies.get("causes"),
    )  # fmt: skip
    if found.before is not None and found.reversed_fen is not None:
        reversing.reversed_before(case, found.before, found.reversed_fen, now)
    left = found.before.suspicion if found.before is not None else None
    if left is not None and (left.decided or (left.decided is None and case.edition >= 1)):
        # Whoever reopens it has a reason; money stays frozen until a supervisor has looked, or has looked again.
        suspect(case, SYSTEM, left.signals, left.score, now)
    elif found.review_by_person:
        suspect(case, SYSTEM, found.signals, found.score, now, policy=found.policies.get("causes"))


def carry_over(case: ReviewCaseState, before: ReviewCaseState) -> None:
    """A later run goes on with the numbering, the contacts already made, the offers and what is known of the buyer."""
    case.version, case.person_step = before.version, before.person_step
    case.attempts, case.contacts_planned = before.attempts, before.contacts_planned
    case.offers, case.payouts, case.payee = before.offers, before.payouts, before.payee
    case.delivery = before.delivery
    case.cause, case.first_contact_at = before.cause, before.first_contact_at
    case.malice, case.absorbed = before.malice.model_copy(update={"report": None}), before.absorbed
    case.recent, case.agreements = before.recent, before.agreements
    case.disputes, case.files = before.disputes, before.files
    case.agents = list(before.agents)
    if case.edition >= 1:
        _begin_anew(case, before)


def _begin_anew(case: ReviewCaseState, before: ReviewCaseState) -> None:
    """A reply stands for good and doesn't end this run; whoever comes back has taken back their yes to the result."""
    if before.reply is not None and before.reply.status is ReplyStatus.POSTED:
        case.reply = before.reply.model_copy(update={"early": True})
    if case.opening.split_from is None:
        case.agreements = before.agreements.model_copy(update={"accepted_at": None})


def assigned(case: ReviewCaseState, found: Assigned, now: datetime) -> None:
    if found.person is None:
        if case.assign_again_at is None:
            record(case, TIMER, now, "nobody_to_assign", why=found.why, policy=found.policy or None)
        search_again(case, found, now)
    elif case.assignee is None:
        assign(case, TIMER, found.person, "assigned", now, why=found.why, policy=found.policy or None)
        plan_for_the_shift(case, now, found)
        _reckoned_meanwhile(case, found, now)


def _reckoned_meanwhile(case: ReviewCaseState, found: Assigned, now: datetime) -> None:
    kind = EscalationKind.NOT_CONTACTED
    reckoned_from_now(case, kind, found.clocks.get(kind), now)


def replaced(case: ReviewCaseState, found: Assigned, before: str, now: datetime) -> None:
    """Somebody whose shift fits takes the case from its agent; where nobody's does, a supervisor hears of it. Whoever
    got it meanwhile keeps it."""
    case.replace_at = None
    if case.assignee != before or case.outcome is not None:
        return
    if found.person is None or found.person == before:
        # Asked again every day, told once.
        if EscalationKind.DECISION_WAITING not in case.clocks:
            record(case, TIMER, now, "nobody_fits", why=found.why, **_by(found))
            case.clocks[EscalationKind.DECISION_WAITING] = Clock(since=now)
        return
    assign(case, TIMER, found.person, "handed_on", now, why=found.why, **_by(found))
    _reckoned_meanwhile(case, found, now)
    replan(case, now)


def _by(found: Assigned) -> dict[str, str | None]:
    return {"policy": found.policy or None, "hours_policy": found.hours_policy or None}


def planned(case: ReviewCaseState, found: Planned, now: datetime) -> None:
    """A person may have stopped contact while the plan was made; then the plan is dropped."""
    case.plan_again_at = None
    if case.stopped is not None or case.contact is not None or case.outcome is not None:
        return
    if case.suspected or case.malicious or undecided_contact(case):
        return
    if found.due_at is None or found.slot_ends_at is None or found.channel is None:
        case.plan_again_at = found.again_at
        another = case.plan_note != found.why
        if another:
            record(case, TIMER, now, "no_contact_possible", why=found.why, code=found.code, policy=found.policy)
        case.plan_note, case.plan_code = found.why, found.code
        if found.code == NoContactCode.AGENT_NEVER_THERE and case.assignee is not None:
            case.replace_at = now
        # A shift can be changed tomorrow, so the plan is tried again; somebody hears of it today all the same.
        elif found.again_at is None or found.code in NOBODY_THERE:
            undecided.wait(case, now, another=another)
        return
    case.contacts_planned += 1
    case.plan_note = ""
    failed, case.plan_code, case.replace_at = case.plan_code, None, None
    if failed in NOBODY_THERE or case.edition >= 1:
        undecided.settle(case)
    case.presence_again_at = found.presence_again_at or case.presence_again_at
    case.contact = ContactWait(
        number=case.contacts_planned, channel=found.channel, due_at=found.due_at, slot_ends_at=found.slot_ends_at,
        why=found.why, why_zh=found.why_zh, warnings=found.warnings, reminder=resting(case), in_surge=found.in_surge,
    )  # fmt: skip
    contact_planned(case, found.due_at)
    record(
        case, TIMER, now, "contact_planned",
        number=case.contacts_planned, channel=found.channel, due_at=found.due_at, slot_ends_at=found.slot_ends_at,
        why=found.why, reminder=resting(case) or None, in_surge=found.in_surge or None,
        warnings=found.warnings or None, policy=found.policy,
    )  # fmt: skip


def contact_due(case: ReviewCaseState, now: datetime) -> None:
    if case.contact is not None and not case.contact.due:
        case.contact = case.contact.model_copy(update={"due": True})
        record(case, TIMER, now, "contact_due", number=case.contact.number, channel=case.contact.channel)


def contact_missed(case: ReviewCaseState, now: datetime) -> None:
    """Nobody took it: it counts against no cap, is planned anew, and the ladder hears of it."""
    if case.contact is None:
        return
    record(case, TIMER, now, "contact_missed", number=case.contact.number)
    case.contact = None
    replan(case, now)
    case.clocks.setdefault(EscalationKind.CONTACT_MISSED, Clock(since=now))


def contact_lapsed(case: ReviewCaseState, now: datetime) -> None:
    """Taken and never logged: it goes on counting as made, since it may well have been."""
    if case.contact is None:
        return
    record(case, TIMER, now, "contact_lapsed", number=case.contact.number, taken_by=case.contact.taken_by)
    case.contact = None
    replan(case, now)
    case.clocks.setdefault(EscalationKind.CONTACT_MISSED, Clock(since=now))


def read(case: ReviewCaseState, reading: Reading | None, now: datetime) -> None:
    """A reading of the marketplace, or None when it could not be read; what it shows is decided over all of them."""
    promised = case.accepted_offer is not None
    case.read_again_at = now + (WHILE_PROMISED if promised else DAILY)
    if reading is None or case.identity is None:
        record(case, PLATFORM, now, "reading_failed")
        case.read_again_at = now + timedelta(hours=1)
        return
    case.read_at = reading.at
    case.readings = [*case.readings, reading][-READINGS_KEPT:]
    reply_seen(case, reading, now)
    must_look, case.person_must_look = case.person_must_look, False
    shown = verdict(case.identity.baseline, case.readings, case.identity.amend_modes, now)
    match shown:
        case Amended():
            _amended(case, shown, now)
        case Removed() if case.outcome is None:
            end(case, PLATFORM, Outcome.REMOVED, now, readings=list(shown.evidence))
        case Worse():
            _worse(case, shown, now)
        case Unclear(read_again_at=again, why=why):
            _unclear(case, again, why, now)
        case NotAmended() if case.amendment is not None:
            _reverted(case, now)
        case _:
            pass
    if case.person_must_look:
        undecided.wait(case, now, another=not must_look)
    elif must_look and case.edition >= 1:
        undecided.settle(case)
    _after_the_end(case, isinstance(shown, Worse), now)


def _after_the_end(case: ReviewCaseState, worse: bool, now: datetime) -> None:
    """While the follow-up visit waits, a review that is bad again ends the waiting."""
    undone = case.outcome in AMENDED and case.amendment is None
    if case.follow_up is not None and not case.follow_up.over and (worse or undone):
        following_up.relapsed(case, now)


def _amended(case: ReviewCaseState, shown: Amended, now: datetime) -> None:
    if case.amendment is None:
        by = f"machine, {len(shown.evidence)} reading(s)"
        case.amendment = Amendment(mode=shown.mode, at=now, by=by, evidence=shown.evidence[-1].at.isoformat())
        record(case, PLATFORM, now, "amendment_verified", mode=shown.mode, readings=list(shown.evidence))


def _worse(case: ReviewCaseState, shown: Worse, now: datetime) -> None:
    if case.amendment is not None:
        _reverted(case, now)
    record(case, PLATFORM, now, "review_worsened", why=shown.why, readings=list(shown.evidence))


def _reverted(case: ReviewCaseState, now: datetime) -> None:
    case.amendment = None
    record(case, PLATFORM, now, "amendment_reverted")


def _unclear(case: ReviewCaseState, again: datetime | None, why: str, now: datetime) -> None:
    if again is not None:
        case.read_again_at = max(again, now)
    elif case.amendment is None and case.outcome is None:  # else a second person has looked
        case.person_must_look = True
    record(case, PLATFORM, now, "reading_unclear", why=why, again_at=again)


def still_stale(case: ReviewCaseState) -> bool:
    return case_clocks.still_stale(case, case.contact.due_at if case.contact is not None else None)


def offer_expired(case: ReviewCaseState, now: datetime) -> None:
    offer = case.offer
    if offer is not None and offer.open:
        before, offer.status = offer.status, OfferStatus.EXPIRED
        case.clocks.pop(EscalationKind.APPROVAL_WAITING, None)
        record(case, TIMER, now, "offer_expired", offer=offer.number, was=before)


def offer_released(case: ReviewCaseState, number: int) -> None:
    case.offers[number - 1].released = True


def closed(case: ReviewCaseState, now: datetime) -> None:
    case.closed_at = now
    case.clocks.clear()
    record(case, TIMER, now, "closed", outcome=case.outcome)
