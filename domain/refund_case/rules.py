"""The table of steps: for each, who may take it when, what its body must satisfy, and what it changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.disputes import counter_claims, flags, questions
from domain.disputes import steps as dispute_steps
from domain.errors import Refusal
from domain.people import Actor, Role
from domain.refund_case import (
    amends,
    bearing,
    calls,
    claiming,
    clocks,
    deadlines,
    deciding,
    desk,
    ending,
    handling_goods,
    permissions,
    special,
    steps,
    talking,
    tracing,
    writing,
)
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.permissions import require
from domain.refund_case.refusals import CaseClosed, CaseOpening, NotYours, StaleVersion
from domain.refund_case.state import RefundCaseState
from domain.review_case import approving, mending
from domain.review_case.facts import Prepared

May = Callable[[RefundCaseState, Actor], None]
Check = Callable[[RefundCaseState, Actor, Any, datetime], None]
Apply = Callable[[RefundCaseState, Actor, Any, datetime, RefundPrepared], None]


def anything_goes(case: RefundCaseState, actor: Actor, step: steps.Step, now: datetime) -> None:
    """For steps whose body can't be wrong once it has its shape."""


@dataclass(frozen=True)
class Rule:
    """`prepared` says that an activity must look at the database before the step can be carried out."""

    may: May
    apply: Apply
    check: Check = anything_goes
    prepared: bool = False


def approve(case: RefundCaseState, actor: Actor, step: steps.Approve, now: datetime, found: RefundPrepared) -> None:
    approving.approve(case, actor, step, now, Prepared(valid_until=found.valid_until))


def reject(case: RefundCaseState, actor: Actor, step: steps.Reject, now: datetime, found: RefundPrepared) -> None:
    """The proposal ends with its offer; another one may be made."""
    approving.reject(case, actor, step, now, Prepared())
    proposal = case.talk.open_proposal
    if proposal is not None and proposal.offer == step.offer:
        proposal.accepted = False


def mend(case: RefundCaseState, actor: Actor, step: steps.MendPayout, now: datetime, found: RefundPrepared) -> None:
    mending.mend(case, actor, step, now, Prepared())


def decide(case: RefundCaseState, actor: Actor, step: steps.DecidePayout, now: datetime, found: RefundPrepared) -> None:
    mending.decide(case, actor, step, now, Prepared())


RULES: dict[type[steps.Step], Rule] = {
    steps.Claim: Rule(desk.may_claim, desk.claim, prepared=True),
    steps.HandOver: Rule(permissions.working, desk.hand_over, desk.check_hand_over, prepared=True),
    steps.BeginContact: Rule(calls.may_begin, calls.begin, prepared=True),
    steps.LogContact: Rule(calls.may_log, calls.log, calls.check_log, prepared=True),
    steps.StopContact: Rule(calls.may_stop, calls.stop_contact, prepared=True),
    steps.RecordReason: Rule(talking.may_record_reason, talking.record_reason, prepared=True),
    steps.Explain: Rule(talking.may_talk, talking.explain),
    steps.Propose: Rule(talking.may_propose, talking.propose, talking.check_propose, prepared=True),
    steps.Approve: Rule(approving.may_decide, approve, approving.check_approve, prepared=True),
    steps.Reject: Rule(approving.may_decide, reject, approving.check_reject),
    steps.SetPayee: Rule(amends.may_set_payee, amends.set_payee, amends.check_payee),
    steps.MendPayout: Rule(mending.may_mend, mend, mending.check_mend),
    steps.DecidePayout: Rule(mending.may_decide, decide, mending.check_decide),
    steps.AnswerProposal: Rule(talking.may_answer, talking.answer),
    steps.TryFirst: Rule(talking.may_try, talking.try_first, talking.check_try),
    steps.EndTrial: Rule(talking.may_end_trial, talking.end_trial),
    steps.Agree: Rule(deciding.may_agree, deciding.agree, prepared=True),
    steps.Refuse: Rule(deciding.may_refuse, deciding.refuse, deciding.check_refuse, prepared=True),
    steps.WriteToBuyer: Rule(writing.may_write, writing.write, prepared=True),
    steps.LetPass: Rule(deadlines.may_let_pass, deadlines.let_pass),
    steps.AnswerRefusal: Rule(special.may_answer_refusal, special.answer_refusal),
    steps.AskPlatform: Rule(special.may_ask_platform, special.ask_platform),
    steps.RefundAtLoss: Rule(special.may_pay_at_loss, special.pay_at_loss, special.check_pay_at_loss),
    steps.CloseAgain: Rule(ending.may_close_again, ending.close_again),
    steps.ReleaseRefund: Rule(deciding.may_release, deciding.release, deciding.check_release),
    steps.EnterCode: Rule(deciding.may_enter_code, deciding.enter_code),
    steps.ConfirmDone: Rule(deciding.may_confirm, deciding.confirm_done, prepared=True),
    steps.CheckRefund: Rule(permissions.anybody, desk.check_read),
    steps.CheckParcels: Rule(tracing.may_check, tracing.check_parcels),
    steps.ReceiveParcel: Rule(handling_goods.may_receive, handling_goods.receive, prepared=True),
    steps.Inspect: Rule(
        handling_goods.may_inspect, handling_goods.inspect, handling_goods.check_inspect, prepared=True
    ),
    steps.SendGoods: Rule(handling_goods.may_send, handling_goods.send),
    steps.SettleFreight: Rule(handling_goods.may_settle, handling_goods.settle_freight),
    steps.FlagAbuse: Rule(permissions.working, handling_goods.flag_abuse, prepared=True),
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
    steps.LiftAbuse: Rule(handling_goods.may_lift, handling_goods.lift_abuse, prepared=True),
    steps.JudgeDamage: Rule(bearing.may_judge, bearing.judge, prepared=True),
    steps.FileCourierClaim: Rule(claiming.may_claim, claiming.file_claim, claiming.check_claim, prepared=True),
    steps.AnswerCourierClaim: Rule(claiming.may_go_on, claiming.answer, claiming.check_answer),
    steps.DropCourierClaim: Rule(claiming.may_go_on, claiming.drop, claiming.check_drop),
    steps.ShareLoss: Rule(bearing.may_share, bearing.share, bearing.check_share),
    steps.AnswerShare: Rule(bearing.may_answer_share, bearing.answer_share),
    steps.GiveShare: Rule(bearing.may_give_share, bearing.give_share),
    steps.LeaveLoss: Rule(bearing.may_keep_loss, bearing.keep_loss),
    steps.RecordRecovery: Rule(bearing.may_recover, bearing.recover, bearing.check_recover),
    steps.Note: Rule(permissions.anybody, desk.note),
    steps.Hold: Rule(desk.may_hold, desk.hold, desk.check_hold),
    steps.Resume: Rule(desk.may_resume, desk.resume),
    steps.Escalate: Rule(permissions.anybody, desk.escalate),
    steps.EndRefund: Rule(ending.may_end, ending.end_by_hand),
}

# Whoever only looks: an auditor never changes a case, whatever other role the same person holds elsewhere.
ONLY_LOOKING = frozenset({Role.AUDITOR})


def name_of(step: type[steps.Step]) -> str:
    return str(step.model_fields["step"].default)


def check(case: RefundCaseState, command: steps.RefundCommand, now: datetime) -> None:
    """Raise the Refusal that applies to this command in this state; return where it may be carried out."""
    _be_open(case, command.actor)
    seen = command.if_version
    fresh = seen is None or seen == case.person_step
    require(
        fresh, StaleVersion, "Somebody took a step since you looked; look again and repeat yours if it still fits.",
        current=case.person_step,
    )  # fmt: skip
    rule = RULES[type(command.step)]
    rule.may(case, command.actor)
    rule.check(case, command.actor, command.step, now)


def apply(case: RefundCaseState, command: steps.RefundCommand, now: datetime, found: RefundPrepared) -> None:
    """Carry a checked command out: change the state and record it."""
    RULES[type(command.step)].apply(case, command.actor, command.step, now, found)
    clocks.follow(case, now)


def allowed_steps(case: RefundCaseState, actor: Actor, now: datetime) -> list[str]:
    """The names of the steps that `actor` may take now, whatever their bodies; a page draws its buttons from it."""
    return [name_of(step) for step in RULES if _may(step, case, actor)]


def _may(step: type[steps.Step], case: RefundCaseState, actor: Actor) -> bool:
    try:
        _be_open(case, actor)
        RULES[step].may(case, actor)
    except Refusal:
        return False
    return True


def _be_open(case: RefundCaseState, actor: Actor) -> None:
    require(case.closed_at is None, CaseClosed, "The case is closed; look at its record, or at the buyer's next one.")
    require(case.identity is not None, CaseOpening, "The case is still being registered; try again in a second.")
    require(bool(actor.roles - ONLY_LOOKING), NotYours, "An auditor looks and changes nothing; ask the desk.")
