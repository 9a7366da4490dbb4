"""Steps of the desk: claim, hand over, cause, notes, hold and resume, escalate, buyer data that was entered by hand."""

from datetime import datetime, timedelta
from typing import Any

from domain.case_clocks import go_on, start_not_contacted
from domain.contact_terms import PhoneKind
from domain.escalation import EscalationKind
from domain.people import LEADERS, SYSTEM, TIMER, Actor
from domain.review_case import steps
from domain.review_case.facts import Assigned, Prepared
from domain.review_case.permissions import desk, require, unheld
from domain.review_case.recording import record
from domain.review_case.refusals import BadTime, NotAPhone, NotYours, WrongStage
from domain.review_case.state import Clock, Held, ReplyStatus, ReviewCaseState

LONGEST_HOLD = timedelta(days=30)


def may_claim(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    unheld(case)
    require(case.assignee != actor.person, WrongStage, "You work on this case already; take its next step.")
    require(
        case.assignee is None or actor.holds(LEADERS),
        NotYours,
        "Somebody works on this case; ask a lead to hand it over.",
    )


def claim(case: ReviewCaseState, actor: Actor, step: steps.Claim, now: datetime, found: Prepared) -> None:
    assign(case, actor, actor.person, "claimed", now)
    plan_for_the_shift(case, now, found)


def hand_over(case: ReviewCaseState, actor: Actor, step: steps.HandOver, now: datetime, found: Prepared) -> None:
    assign(case, actor, step.to, "handed_over", now, why=step.why)
    plan_for_the_shift(case, now, found)


def take_back(case: ReviewCaseState, person: str, now: datetime) -> None:
    """Its agent is away or gone: the case looks for another one. Whoever else has it by now keeps it."""
    over = case.closed_at if case.edition >= 1 else case.outcome
    if case.assignee != person or over is not None:
        return
    case.assignee, case.assigned_at, case.assign_again_at, case.taken_from = None, None, None, person
    if case.outcome is None:  # else nobody may be needed any more; a search in vain starts the clock
        case.clocks[EscalationKind.UNASSIGNED] = Clock(since=now)
    record(case, SYSTEM, now, "taken_back", before=person)


def plan_for_the_shift(case: ReviewCaseState, now: datetime, found: Prepared | Assigned) -> None:
    """A contact at an hour at which its new agent does not work is planned anew."""
    if found.off_shift and case.contact is not None and not case.contact.due:
        replan(case, now)


def check_hand_over(case: ReviewCaseState, actor: Actor, step: steps.HandOver, now: datetime) -> None:
    require(step.to != case.assignee, WrongStage, "That person works on this case already; choose another.")


def assign(case: ReviewCaseState, actor: Actor, person: str, kind: str, now: datetime, **facts: Any) -> None:
    """Give the case to a person, and start the clock for the first contact."""
    before, case.assignee, case.assigned_at, case.assign_again_at = case.assignee or case.taken_from, person, now, None
    case.taken_from, case.replace_at = None, None
    case.agents = [*dict.fromkeys(one for one in [*case.agents, before, person] if one)]
    _leave_contact(case, before, person, now)
    case.clocks.pop(EscalationKind.UNASSIGNED, None)
    if not case.attempts and (case.outcome is None or case.edition < 1):
        start_not_contacted(case, case.contact.due_at if case.contact else None, now)
    record(case, actor, now, kind, to=person, before=before, **facts)


def _leave_contact(case: ReviewCaseState, before: str | None, person: str, now: datetime) -> None:
    """What the last agent had begun may have been made: it goes on counting, and the next contact is planned and looked
    at as any other. A leader who began it in their place logs it."""
    contact = case.contact
    if contact is None or contact.taken_by in (None, person):
        return
    if case.edition < 1:
        case.contact = contact.model_copy(update={"taken_by": None, "taken_at": None})
    elif contact.taken_by == before:
        case.contact, case.plan_again_at = None, now


def confirm_cause(
    case: ReviewCaseState, actor: Actor, step: steps.ConfirmCause, now: datetime, found: Prepared
) -> None:
    before, case.cause = case.cause, step.cause
    case.severity = found.severity or case.severity
    record(
        case, actor, now, "cause_confirmed",
        cause=step.cause, before=before, severity=case.severity, policy=found.policy,
    )  # fmt: skip


def note(case: ReviewCaseState, actor: Actor, step: steps.Note, now: datetime, found: Prepared) -> None:
    record(case, actor, now, "noted", text=step.text)


def set_payee(case: ReviewCaseState, actor: Actor, step: steps.SetPayee, now: datetime, found: Prepared) -> None:
    case.payee = step.payee
    record(case, actor, now, "payee_set", payee=step.payee.id, kind_of_account=step.payee.kind)


def check_phone(case: ReviewCaseState, actor: Actor, step: steps.SetPhone, now: datetime) -> None:
    fits = step.phone.kind not in (PhoneKind.INVALID, PhoneKind.MASKED)
    require(fits, NotAPhone, "That is no number that anybody can dial; ask the buyer for it, with every digit.")


def set_phone(case: ReviewCaseState, actor: Actor, step: steps.SetPhone, now: datetime, found: Prepared) -> None:
    replan(case, now)
    record(case, actor, now, "phone_set", phone_kind=step.phone.kind)


def may_hold(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    unheld(case)


def check_hold(case: ReviewCaseState, actor: Actor, step: steps.Hold, now: datetime) -> None:
    fits = step.until is None or now < step.until <= now + LONGEST_HOLD
    require(fits, BadTime, f"A hold ends within {LONGEST_HOLD.days} days from now; name such a time or none.")


def enter_hold(case: ReviewCaseState, actor: Actor, step: steps.Hold, now: datetime) -> None:
    prepared = case.reply is not None and case.reply.status is ReplyStatus.PREPARED
    require(
        not prepared, WrongStage,
        "The public reply waits for a person, and the marketplace does not wait: post or skip it, then hold the case.",
    )  # fmt: skip


def hold(case: ReviewCaseState, actor: Actor, step: steps.Hold, now: datetime, found: Prepared) -> None:
    case.held = Held(since=now, until=step.until)
    if case.contact and not case.contact.taken_by:
        case.contact = None
    record(case, actor, now, "held", why=step.why, until=step.until)


def may_resume(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    require(case.held is not None, WrongStage, "The case is not on hold; go on with its next step.")


def resume(case: ReviewCaseState, actor: Actor, step: steps.Resume | None, now: datetime, found: Prepared) -> None:
    """Every clock goes on with the time it had left when the hold began, or since it was started in the meantime; so
    do an open offer, and a contact that somebody had taken."""
    assert case.held is not None  # noqa: S101 - may_resume and the agenda see to it
    held, case.held = case.held, None
    paused = now - held.since
    go_on(case, held, now)
    if case.offer is not None and case.offer.open:
        case.offer.valid_until += now - max(case.offer.at, held.since)
    if case.contact is not None and case.contact.taken_at is not None:
        case.contact = case.contact.model_copy(update={"taken_at": case.contact.taken_at + paused})
    replan(case, now)
    record(case, actor, now, "resumed", paused_seconds=int(paused.total_seconds()))


def resume_by_timer(case: ReviewCaseState, now: datetime) -> None:
    if case.held is not None:
        resume(case, TIMER, None, now, Prepared())


def escalate(case: ReviewCaseState, actor: Actor, step: steps.Escalate, now: datetime, found: Prepared) -> None:
    case.clocks[EscalationKind.ASKED] = Clock(since=now)
    record(case, actor, now, "escalation_asked", why=step.why)


def replan_unmade(case: ReviewCaseState, now: datetime) -> None:
    """Choose a contact anew that never came due: it was no attempt, so the one in its place gets its number."""
    if case.contact is not None and not case.contact.due:
        if case.contacts_planned == case.contact.number:
            case.contacts_planned -= 1
        replan(case, now)


def drop_contact(case: ReviewCaseState) -> None:
    """Forget a planned contact. One that somebody has begun may be under way: they log it, or it lapses."""
    if case.edition < 1 or case.contact is None or case.contact.taken_by is None:
        case.contact = None


def replan(case: ReviewCaseState, now: datetime) -> None:
    """Forget a planned contact that nobody has taken, so that the next look at the agenda plans anew."""
    if case.contact is None or case.contact.taken_by is None:
        case.contact = None
        case.plan_again_at = now
