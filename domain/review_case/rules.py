"""The table of steps: for each, who may take it when, what its body must satisfy, and what it changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.disputes import counter_claims, flags, questions
from domain.disputes import steps as dispute_steps
from domain.errors import Refusal
from domain.people import Actor, Role
from domain.review_case import (
    agreement_steps,
    approving,
    closing,
    contacting,
    decisions,
    desk,
    filing,
    fixing,
    following_up,
    fulfilling,
    fulfilment_steps,
    investigations,
    mending,
    merging,
    offering,
    payout_steps,
    permissions,
    presence,
    promises,
    reporting,
    steps,
    telling,
    thanking,
    verifying,
)
from domain.review_case.facts import Prepared
from domain.review_case.permissions import require
from domain.review_case.refusals import CaseClosed, CaseEnding, CaseOpening, NotYours, StaleVersion
from domain.review_case.state import ReviewCaseState

May = Callable[[ReviewCaseState, Actor], None]
Check = Callable[[ReviewCaseState, Actor, Any, datetime], None]
Apply = Callable[[ReviewCaseState, Actor, Any, datetime, Prepared], None]


def anything_goes(case: ReviewCaseState, actor: Actor, step: steps.Step, now: datetime) -> None:
    """For steps whose body can't be wrong once it has its shape."""


@dataclass(frozen=True)
class Rule:
    """`prepared` says that an activity must look at the database before the step can be carried out. `enter` is asked
    only before a step is accepted: what it refuses was accepted by older code, and must still replay. It may hold
    nothing that can become false while an accepted step waits for its turn, unless it is asked `again` then, in runs
    that began since that is so."""

    may: May
    apply: Apply
    check: Check = anything_goes
    enter: Check = anything_goes
    prepared: bool = False
    again: bool = False


RULES: dict[type[steps.Step], Rule] = {
    steps.Claim: Rule(desk.may_claim, desk.claim, prepared=True),
    steps.HandOver: Rule(permissions.working, desk.hand_over, desk.check_hand_over, prepared=True),
    steps.ConfirmCause: Rule(permissions.working, desk.confirm_cause, prepared=True),
    steps.BeginContact: Rule(contacting.may_begin, contacting.begin, prepared=True),
    steps.LogContact: Rule(
        contacting.may_log, contacting.log, contacting.check_log, contacting.enter_log, prepared=True
    ),
    steps.ScheduleCallback: Rule(
        permissions.working, contacting.schedule_callback, contacting.check_callback, prepared=True
    ),
    steps.BuyerOnline: Rule(permissions.desk, presence.buyer_online),
    steps.StopContact: Rule(contacting.may_stop, contacting.stop_contact, prepared=True),
    steps.MakeOffer: Rule(offering.may_offer, offering.make, offering.check_offer, offering.enter_offer, prepared=True),
    steps.Approve: Rule(
        approving.may_decide, approving.approve, approving.check_approve, approving.enter_decision, prepared=True
    ),
    steps.Reject: Rule(approving.may_decide, approving.reject, approving.check_reject),
    steps.AnswerOffer: Rule(offering.may_answer, offering.answer, offering.check_answer, offering.enter_answer),
    steps.SetPayee: Rule(offering.may_set_payee, desk.set_payee, offering.check_payee),
    steps.SetPhone: Rule(permissions.working, desk.set_phone, enter=desk.check_phone),
    steps.CheckReview: Rule(verifying.may_check, verifying.check_review),
    steps.ConfirmAmended: Rule(
        verifying.may_confirm, verifying.confirm, verifying.check_confirm, verifying.enter_confirm, again=True
    ),
    steps.PostReply: Rule(verifying.may_reply, verifying.post_reply, verifying.check_reply, prepared=True),
    steps.SkipReply: Rule(verifying.may_skip, verifying.skip_reply),
    steps.MarkMalicious: Rule(verifying.may_mark, verifying.mark_malicious, prepared=True),
    steps.DecideMalicious: Rule(verifying.may_decide_malicious, verifying.decide_malicious),
    steps.AttachEvidence: Rule(reporting.may_attach, reporting.attach, reporting.check_attach, prepared=True),
    steps.AttachFiles: Rule(permissions.desk, filing.attach_files, filing.check_files, prepared=True),
    steps.ReportToPlatform: Rule(reporting.may_report, reporting.report, reporting.check_report, prepared=True),
    steps.SkipReport: Rule(reporting.may_skip, reporting.skip),
    payout_steps.MendPayout: Rule(
        mending.may_mend, mending.mend, mending.check_mend, fulfilling.enter_mend, again=True
    ),
    payout_steps.DecidePayout: Rule(mending.may_decide, mending.decide, mending.check_decide),
    fulfilment_steps.SetDelivery: Rule(fulfilling.may_set_delivery, fulfilling.set_delivery),
    fulfilment_steps.GiveThanks: Rule(thanking.may_thank, thanking.thank, prepared=True),
    fulfilment_steps.FulfilOffer: Rule(fulfilling.may_fulfil, fulfilling.fulfil, fulfilling.check_fulfil),
    fulfilment_steps.CheckFulfilment: Rule(fulfilling.may_check, fulfilling.check, fulfilling.check_check),
    steps.Note: Rule(permissions.desk, desk.note),
    agreement_steps.MakePromise: Rule(promises.may_promise, promises.promise, promises.check_promise),
    agreement_steps.KeepPromise: Rule(promises.may_keep, promises.keep, promises.check_keep),
    agreement_steps.RecordDetails: Rule(permissions.working, telling.record_details),
    agreement_steps.OpenInvestigation: Rule(
        investigations.may_open, investigations.investigate, investigations.check_open, prepared=True
    ),
    agreement_steps.AnswerInvestigation: Rule(
        investigations.may_answer, investigations.answer, investigations.check_answer
    ),
    agreement_steps.AskDecision: Rule(decisions.may_ask, decisions.ask, decisions.check_ask),
    agreement_steps.Decide: Rule(decisions.may_decide, decisions.decide, decisions.check_decide),
    dispute_steps.FlagRisk: Rule(flags.may_flag, flags.flag, flags.check_flag, prepared=True),
    dispute_steps.JudgeFlag: Rule(flags.may_judge, flags.judge, flags.check_judge),
    dispute_steps.OpenCounterClaim: Rule(
        counter_claims.may_open, counter_claims.open_claim, counter_claims.check_open, prepared=True
    ),
    dispute_steps.MoveCounterClaim: Rule(
        counter_claims.may_go_on, counter_claims.move, counter_claims.check_move, prepared=True
    ),
    dispute_steps.EndCounterClaim: Rule(
        counter_claims.may_go_on, counter_claims.end, counter_claims.check_end, prepared=True
    ),
    dispute_steps.AskQuestion: Rule(questions.may_ask, questions.ask, questions.check_ask),
    dispute_steps.AnswerQuestion: Rule(questions.may_answer, questions.answer, questions.check_answer),
    agreement_steps.RecordFix: Rule(permissions.working, fixing.record_fix, fixing.check_fix),
    agreement_steps.AttachChat: Rule(permissions.desk, telling.attach_chat, telling.check_chat),
    agreement_steps.DescribeBuyer: Rule(
        permissions.working, telling.describe, telling.check_description, prepared=True
    ),
    steps.Hold: Rule(desk.may_hold, desk.hold, desk.check_hold, desk.enter_hold),
    steps.Resume: Rule(desk.may_resume, desk.resume),
    steps.Escalate: Rule(permissions.desk, desk.escalate),
    steps.Merge: Rule(merging.may_merge, merging.merge, merging.check_merge, prepared=True),
    steps.BeginFollowUp: Rule(
        following_up.may_begin, following_up.begin, enter=following_up.enter_begin, prepared=True
    ),
    steps.LogFollowUp: Rule(following_up.may_log, following_up.log, following_up.check_log, prepared=True),
    steps.SkipFollowUp: Rule(following_up.may_skip, following_up.skip),
    steps.Close: Rule(closing.may_close, closing.close, closing.check_close),
}

# What begins something new in a case that has its outcome; it is reopened for that once it has closed.
BEGINS_ANEW = frozenset({steps.MakeOffer, steps.Approve, steps.AnswerOffer, steps.ScheduleCallback, steps.Hold})

# Whoever only looks: an auditor never changes a case, whatever other role the same person holds elsewhere.
ONLY_LOOKING = frozenset({Role.AUDITOR})


def name_of(step: type[steps.Step]) -> str:
    return str(step.model_fields["step"].default)


def check(case: ReviewCaseState, command: steps.Command, now: datetime, *, accepted: bool = False) -> None:
    """Raise the Refusal that applies to this command in this state; return where it may be carried out. `accepted` is
    a command that was let in before and whose turn has come."""
    _be_open(case, command.actor)
    seen = command.if_version
    fresh = seen is None or seen == case.person_step
    require(
        fresh, StaleVersion, "Somebody took a step since you looked; look again and repeat yours if it still fits.",
        current=case.person_step,
    )  # fmt: skip
    _not_anew(case, type(command.step))
    rule = RULES[type(command.step)]
    rule.may(case, command.actor)
    rule.check(case, command.actor, command.step, now)
    if not accepted or (rule.again and case.edition >= 1):
        rule.enter(case, command.actor, command.step, now)


def apply(case: ReviewCaseState, command: steps.Command, now: datetime, found: Prepared) -> None:
    """Carry a checked command out: change the state and record it."""
    RULES[type(command.step)].apply(case, command.actor, command.step, now, found)


def allowed_steps(case: ReviewCaseState, actor: Actor, now: datetime) -> list[str]:
    """The names of the steps that `actor` may take now, whatever their bodies; a page draws its buttons from it."""
    return [name_of(step) for step in RULES if _may(step, case, actor)]


def _may(step: type[steps.Step], case: ReviewCaseState, actor: Actor) -> bool:
    try:
        _be_open(case, actor)
        _not_anew(case, step)
        RULES[step].may(case, actor)
    except Refusal:
        return False
    return True


def _not_anew(case: ReviewCaseState, step: type[steps.Step]) -> None:
    ended = case.outcome is not None and step in BEGINS_ANEW
    require(
        not ended, CaseEnding,
        f"The case ends as {case.outcome}. To begin anew, skip its follow-up visit and reopen it once it has closed.",
    )  # fmt: skip


def _be_open(case: ReviewCaseState, actor: Actor) -> None:
    require(case.closed_at is None, CaseClosed, "The case is closed; a lead or supervisor may reopen it.")
    require(case.identity is not None, CaseOpening, "The case is still being registered; try again in a second.")
    require(bool(actor.roles - ONLY_LOOKING), NotYours, "An auditor looks and changes nothing; ask the desk.")
