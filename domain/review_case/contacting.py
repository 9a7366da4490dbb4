"""Steps of the contact loop: take the due contact, say how it went, keep what the buyer asked for, stop."""

from datetime import datetime, timedelta

from domain.contact_terms import CallResult, Channel, NextMove, StopSignal, TalkOutcome
from domain.escalation import EscalationKind
from domain.people import Actor
from domain.review_case import steps
from domain.review_case.decisions import ask_about_contact
from domain.review_case.desk import drop_contact, replan
from domain.review_case.facts import Prepared
from domain.review_case.permissions import desk, require, unheld, working
from domain.review_case.recording import record
from domain.review_case.refusals import (
    BadTime,
    ContactLogged,
    ContactNotBegun,
    ContactStopped,
    ContactTaken,
    ReasonMissing,
    TalkMissing,
    WrongStage,
)
from domain.review_case.resting import plan_at
from domain.review_case.state import Attempt, Begun, ContactWait, ReviewCaseState
from domain.review_case.talking import check_acceptance, check_said, keep
from domain.review_case.verifying import suspect

LONGEST_CALLBACK = timedelta(days=30)
CLOCKS_DIFFER = timedelta(minutes=1)


def may_begin(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    require(case.stopped is None, ContactStopped, "The buyer wants no contact; wait for them to come back.")
    contact = case.contact
    require(contact is not None and contact.due, WrongStage, _when(case))
    taken = contact.taken_by if contact else None
    require(taken is None, ContactTaken, "This contact is taken already; whoever took it logs how it went.")


def _when(case: ReviewCaseState) -> str:
    if case.contact:
        due = f"The contact is due at {case.contact.due_at.isoformat()}: {case.contact.why}"
        return f"{due} Begin it then; if the buyer comes before, log that with inbound."
    planned_at = plan_at(case)
    next_look = f"The next one is planned from {planned_at.isoformat()} on." if planned_at else ""
    none = " ".join(filter(None, ("No contact is planned now.", case.plan_note, next_look)))
    return f"{none} If the buyer comes by themselves, log that with inbound, or agree on a time: schedule_callback."


def begin(case: ReviewCaseState, actor: Actor, step: steps.BeginContact, now: datetime, found: Prepared) -> None:
    assert case.contact is not None  # noqa: S101 - may_begin saw it under the same lock
    taken = {"taken_by": actor.person, "taken_at": now, "attempt": found.attempt}
    case.contact = case.contact.model_copy(update=taken)
    if case.edition >= 1:
        case.begun = at_hand(case.contact)
    case.clocks.pop(EscalationKind.CONTACT_MISSED, None)
    record(
        case, actor, now, "contact_begun",
        number=case.contact.number, channel=case.contact.channel, attempt=found.attempt, policy=found.policy,
    )  # fmt: skip


def put_off(case: ReviewCaseState, actor: Actor, now: datetime, why: str) -> None:
    """The last look found that a due contact must not be made: its buyer was reached in another case meanwhile, or
    wants none. Nobody has missed it; it is planned anew."""
    if case.contact is not None:
        record(case, actor, now, "contact_put_off", number=case.contact.number, channel=case.contact.channel, why=why)
        replan(case, now)


def at_hand(contact: ContactWait | None) -> Begun | None:
    """What somebody is at."""
    if contact is None or contact.taken_by is None or contact.taken_at is None:
        return None
    return Begun(
        number=contact.number, channel=contact.channel, attempt=contact.attempt, by=contact.taken_by,
        at=contact.taken_at,
    )  # fmt: skip


def begun_by(case: ReviewCaseState, person: str) -> Begun | None:
    """What this person began last and has not logged."""
    last = case.begun or at_hand(case.contact)
    return last if last is not None and last.by == person else None


def may_log(case: ReviewCaseState, actor: Actor) -> None:
    """Whoever began a contact logs it, though the case be somebody else's by now."""
    if case.edition >= 1 and begun_by(case, actor.person) is not None:
        desk(case, actor)
        unheld(case)
    else:
        working(case, actor)


def check_log(case: ReviewCaseState, actor: Actor, step: steps.LogContact, now: datetime) -> None:
    reached = step.result is CallResult.CONNECTED
    require(not reached or step.talk is not None, TalkMissing, "The buyer was reached: say how the talk ended.")
    require(reached or step.talk is None, TalkMissing, "The buyer was not reached: leave the talk's outcome out.")
    if step.next_at is not None:
        _check_time(case, step.next_at, now)
    if step.inbound:
        working(case, actor)
        require(step.channel is not None, WrongStage, "Say on which channel the buyer came.")
        check_over(step, case.identity.review_created_at if case.identity else None, now)
        return
    require(step.channel is None, WrongStage, "The channel is the planned one; leave it out unless the buyer came.")
    check_over(step, _theirs(case, actor).at, now)


def enter_log(case: ReviewCaseState, actor: Actor, step: steps.LogContact, now: datetime) -> None:
    check_acceptance(case, actor, step, now)
    check_said(step)
    told = step.talk is not TalkOutcome.ABUSIVE or step.note is not None
    require(told, ReasonMissing, "Write in the note what was said: a supervisor decides from it how the case goes on.")


def _theirs(case: ReviewCaseState, actor: Actor) -> Begun:
    """What they began and have not logged; else what there is to do instead."""
    begun = begun_by(case, actor.person)
    if begun is not None:
        return begun
    contact, made = case.contact, [attempt for attempt in case.attempts if not attempt.inbound]
    waits = contact is not None and contact.due and contact.taken_by is None
    others = not waits and (case.begun or at_hand(contact)) is not None
    require(not others, ContactTaken, "Somebody else began this contact; they log how it went.")
    require(waits or not made, ContactLogged, f"Contact {made[-1].number if made else 0} is logged. {_when(case)}")
    then = "" if waits else f" {_when(case)}"
    raise ContactNotBegun(f"Begin the contact first; nobody dials before caps and hours were checked.{then}")


def check_over(step: steps.LogContact, begun: datetime | None, now: datetime) -> None:
    """Raises BadTime where it can't have been over then."""
    if step.at is None:
        return
    require(step.at <= now + CLOCKS_DIFFER, BadTime, "A contact is logged when it is over: `at` lies in the future.")
    late_enough = begun is None or step.at >= begun - CLOCKS_DIFFER
    require(late_enough, BadTime, "`at` lies before there was anything to log; give the time at which it was over.")


def log(case: ReviewCaseState, actor: Actor, step: steps.LogContact, now: datetime, found: Prepared) -> None:
    made, over_at = None if step.inbound else begun_by(case, actor.person), step.over_at(now)
    channel = made.channel if made else step.channel or Channel.CALL
    attempt = Attempt(
        number=made.number if made else case.contacts_planned + 1,
        channel=channel, at=over_at, by=actor.person, result=step.result, talk=step.talk,
        explained=step.explained, convinced=step.convinced, asked_to_amend=step.asked_to_amend, inbound=step.inbound,
    )  # fmt: skip
    case.attempts.append(attempt)
    if case.edition >= 1:
        case.attempts.sort(key=lambda one: one.at)  # what is logged late is not the last word
    case.contacts_planned = max(case.contacts_planned, attempt.number)
    case.first_contact_at = case.first_contact_at or over_at
    case.clocks.pop(EscalationKind.NOT_CONTACTED, None)
    case.clocks.pop(EscalationKind.BUYER_WROTE, None)
    if made is not None:
        case.begun = None
    if made is not None and case.contact is not None and case.contact.number == made.number:
        case.contact = None
    drop_contact(case)
    case.plan_again_at = found.again_at or now
    record(
        case, actor, now, "contact_logged",
        number=attempt.number, channel=channel, over_at=over_at if over_at < now else None,
        result=step.result, talk=step.talk, seconds=step.seconds,
        explained=step.explained, convinced=step.convinced, asked_to_amend=step.asked_to_amend, inbound=step.inbound,
        counted=found.counts,
        next=found.next, result_accepted=step.result_accepted or None, temper=step.temper or None,
        cautions=step.cautions, next_at=step.next_at, note=step.note, policy=found.policy,
    )  # fmt: skip
    keep(case, step, now)
    if found.stop is not None and (case.edition < 1 or case.stopped is None):
        stop(case, actor, found.stop, now)
    if found.next is NextMove.SUPERVISOR_DECIDES and case.edition >= 1 and case.outcome is None:
        _ask_supervisor(case, actor, step, now, found)


def _ask_supervisor(
    case: ReviewCaseState, actor: Actor, step: steps.LogContact, now: datetime, found: Prepared
) -> None:
    """Nobody goes on by themselves after such a talk."""
    if step.talk is not TalkOutcome.EXTORTION_SUSPECTED:
        if step.note is not None and case.stopped is None:
            ask_about_contact(case, actor, step.note, now)
    elif not (case.suspected or case.malicious):
        suspect(case, actor, [step.talk], 0, now, policy=found.policy)


def check_callback(case: ReviewCaseState, actor: Actor, step: steps.ScheduleCallback, now: datetime) -> None:
    _check_time(case, step.at, now)


def _check_time(case: ReviewCaseState, at: datetime, now: datetime) -> None:
    fits = now < at <= now + LONGEST_CALLBACK
    require(
        fits, BadTime, f"A callback lies within the next {LONGEST_CALLBACK.days} days; ask the buyer for such a time."
    )
    require(at < _ends(case), BadTime, "The time for this review ends before that; agree on an earlier one.")


def _ends(case: ReviewCaseState) -> datetime:
    assert case.identity is not None  # noqa: S101 - rules.py lets no step through before the case is registered
    return case.identity.persistence_ends_at


def schedule_callback(
    case: ReviewCaseState, actor: Actor, step: steps.ScheduleCallback, now: datetime, found: Prepared
) -> None:
    """The buyer asked for this contact, so an earlier wish for silence no longer holds for it."""
    case.preference_at, case.preference_stated_at = step.at, now
    if case.stopped is not None:
        case.stopped = None
        record(case, actor, now, "contact_reopened_by_buyer")
    replan(case, now)
    record(case, actor, now, "callback_agreed", at=step.at)


def may_stop(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    require(case.stopped is None, ContactStopped, "Contact has ended already; nothing more is needed.")


def stop_contact(case: ReviewCaseState, actor: Actor, step: steps.StopContact, now: datetime, found: Prepared) -> None:
    stop(case, actor, step.signal, now)


def stop(case: ReviewCaseState, actor: Actor, signal: StopSignal, now: datetime) -> None:
    """No outbound contact any more, on any channel; a planned one is dropped, and one that was begun the last."""
    case.stopped = signal
    case.clocks.pop(EscalationKind.BUYER_WROTE, None)
    drop_contact(case)
    case.plan_again_at = None
    case.plan_note = "The buyer wants no contact."
    record(case, actor, now, "contact_stopped", signal=signal)
