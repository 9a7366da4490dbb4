"""The follow-up visit after a solved case: one contact that asks and never sells, taken by a person or let go."""

from datetime import datetime

from domain.contact_terms import CallResult, Channel
from domain.escalation import EscalationKind
from domain.people import PLATFORM, TIMER, Actor
from domain.review_case import steps
from domain.review_case.endings import FollowUp
from domain.review_case.facts import FollowUpPlanned, Prepared
from domain.review_case.outcomes import SOLVED
from domain.review_case.permissions import desk, require
from domain.review_case.recording import record
from domain.review_case.refusals import AnswerUnknown, ContactStopped, ContactTaken, WrongStage
from domain.review_case.state import Attempt, ReviewCaseState


def want(case: ReviewCaseState, now: datetime) -> None:
    """Only after the notice of a solved case, and never when the buyer wants no contact."""
    solved = case.outcome in SOLVED and case.notice_done
    if solved and case.stopped is None and case.follow_up is None and not (case.suspected or case.malicious):
        case.follow_up = FollowUp(wanted_at=now)


def planned(case: ReviewCaseState, found: FollowUpPlanned, now: datetime) -> None:
    visit = case.follow_up
    if visit is None or visit.over:
        return
    if found.due_at is None or found.slot_ends_at is None or found.channel is None:
        case.follow_up = visit.model_copy(update={"over": True})
        record(case, TIMER, now, "follow_up_left_out", why=found.why, policy=found.policy)
        return
    number = case.contacts_planned = case.contacts_planned + 1
    plan = {
        "number": number, "channel": found.channel, "due_at": found.due_at, "slot_ends_at": found.slot_ends_at,
        "why": found.why, "why_zh": found.why_zh, "warnings": found.warnings, "questions": found.questions,
    }  # fmt: skip
    case.follow_up = visit.model_copy(update=plan)
    record(
        case, TIMER, now, "follow_up_planned",
        number=number, channel=found.channel, due_at=found.due_at, why=found.why, policy=found.policy,
        warnings=found.warnings or None, hours_policy=found.hours_policy or None,
    )  # fmt: skip


def fell_due(case: ReviewCaseState, now: datetime) -> None:
    if case.follow_up is not None and not case.follow_up.due:
        case.follow_up = case.follow_up.model_copy(update={"due": True})
        record(case, TIMER, now, "follow_up_due", number=case.follow_up.number, channel=case.follow_up.channel)


def lapsed(case: ReviewCaseState, now: datetime) -> None:
    """Nobody took it, or whoever did never logged it: the case closes without it."""
    if case.follow_up is not None and not case.follow_up.over:
        case.follow_up = case.follow_up.model_copy(update={"over": True})
        record(case, TIMER, now, "follow_up_lapsed", number=case.follow_up.number, taken_by=case.follow_up.taken_by)


def put_off(case: ReviewCaseState, actor: Actor, now: datetime, why: str) -> None:
    """The last look found that the due visit must not be made, as with any contact: it is planned anew, within the
    days that it had from the start."""
    visit = case.follow_up
    if visit is not None:
        record(case, actor, now, "follow_up_put_off", number=visit.number, channel=visit.channel, why=why)
        case.follow_up = FollowUp(wanted_at=visit.wanted_at)


def relapsed(case: ReviewCaseState, now: datetime) -> None:
    """The review turned bad again while the visit waited: this run closes and the next one takes it up."""
    if case.follow_up is not None and not case.relapsed:
        case.follow_up = case.follow_up.model_copy(update={"over": True})
        case.relapsed = True
        record(case, PLATFORM, now, "relapsed")


def _open(case: ReviewCaseState) -> FollowUp:
    visit = case.follow_up
    if visit is None or visit.over:
        raise WrongStage("No follow-up visit is open in this case; one is planned after a case was solved.")
    return visit


def may_begin(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    visit = _open(case)
    require(case.stopped is None, ContactStopped, "The buyer wants no contact; leave the visit out (skip_follow_up).")
    require(visit.due, WrongStage, f"The visit is due at {visit.due_at}; nobody is asked before.")
    require(visit.taken_by is None, ContactTaken, "Somebody makes this visit already; leave it to them.")


def enter_begin(case: ReviewCaseState, actor: Actor, step: steps.BeginFollowUp, now: datetime) -> None:
    clear = not (case.suspected or case.malicious)
    require(clear, ContactStopped, "The buyer has come under suspicion since; leave the visit out (skip_follow_up).")


def begin(case: ReviewCaseState, actor: Actor, step: steps.BeginFollowUp, now: datetime, found: Prepared) -> None:
    taken = {"taken_by": actor.person, "taken_at": now, "attempt": found.attempt}
    case.follow_up = _open(case).model_copy(update=taken)
    record(case, actor, now, "follow_up_begun", number=case.follow_up.number, policy=found.policy)


def may_log(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    mine = _open(case).taken_by == actor.person
    require(mine, WrongStage, "Begin the visit first (begin_follow_up); whoever began it logs it.")


def check_log(case: ReviewCaseState, actor: Actor, step: steps.LogFollowUp, now: datetime) -> None:
    """Answers are codes of the questionnaire: nothing that a buyer said gets into the record as it was said."""
    asked = _open(case).questions
    talked = step.result is CallResult.CONNECTED
    require(talked or not (step.answers or step.remark), AnswerUnknown, "Nobody was reached, so nobody answered.")
    for question, answer in step.answers.items():
        known = asked.get(question)
        require(known is not None, AnswerUnknown, f"The questions are {', '.join(asked) or 'none'}; answer those.")
        fits = answer in (known or [])
        require(fits, AnswerUnknown, f"{question} is answered by one of {', '.join(known or [])}.")


def log(case: ReviewCaseState, actor: Actor, step: steps.LogFollowUp, now: datetime, found: Prepared) -> None:
    visit = _open(case)
    case.follow_up = visit.model_copy(update={"answers": step.answers, "remark": step.remark, "over": True})
    channel = visit.channel or Channel.CALL
    if step.result is CallResult.CONNECTED:
        case.clocks.pop(EscalationKind.BUYER_WROTE, None)
    case.attempts.append(Attempt(number=visit.number, channel=channel, at=now, by=actor.person, result=step.result))
    record(
        case, actor, now, "follow_up_logged",
        number=visit.number, channel=channel, result=step.result, seconds=step.seconds, answers=step.answers or None,
        counted=found.counts, remark=step.remark, policy=found.policy,
    )  # fmt: skip


def may_skip(case: ReviewCaseState, actor: Actor) -> None:
    desk(case, actor)
    _open(case)


def skip(case: ReviewCaseState, actor: Actor, step: steps.SkipFollowUp, now: datetime, found: Prepared) -> None:
    case.follow_up = _open(case).model_copy(update={"over": True})
    record(case, actor, now, "follow_up_skipped", why=step.why)
