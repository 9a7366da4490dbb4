"""What is done in special periods, and for applications that stand still: the marketplace's staff are asked, money goes
back at a loss on purpose, a refused buyer is asked what they say (S002)."""

from datetime import datetime

from domain.case_record import record
from domain.people import Actor
from domain.policies.refund_rules import RefundStatus
from domain.refund_case import steps
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.market import RefundKind, basis_of
from domain.refund_case.ordering import place
from domain.refund_case.orders import MarketAction
from domain.refund_case.permissions import (
    desk,
    going_on,
    in_stage,
    leaders,
    nothing_ordered,
    require,
    supervisor,
    unheld,
)
from domain.refund_case.refusals import AmountNotAsked, NoLoss, PlatformRules
from domain.refund_case.stages import RefundStage
from domain.refund_case.state import AskedPlatform, AtLoss, RefundCaseState, RefusalAnswer


def may_answer_refusal(case: RefundCaseState, actor: Actor) -> None:
    """Anybody of the desk, since the buyer may come at night."""
    desk(case, actor)
    unheld(case)
    in_stage(case, RefundStage.REFUSED)


def answer_refusal(
    case: RefundCaseState, actor: Actor, step: steps.AnswerRefusal, now: datetime, found: RefundPrepared
) -> None:
    case.refusal_answer = RefusalAnswer(by=actor.person, at=now, accepted=step.accepted)
    record(case, actor, now, "refusal_answered", accepted=step.accepted, words=step.words)


def may_ask_platform(case: RefundCaseState, actor: Actor) -> None:
    leaders(case, actor)
    unheld(case)
    going_on(case)


def ask_platform(
    case: RefundCaseState, actor: Actor, step: steps.AskPlatform, now: datetime, found: RefundPrepared
) -> None:
    case.asked_platform = AskedPlatform(by=actor.person, at=now, what=step.what)
    record(case, actor, now, "platform_asked", what=step.what, status=case.reading.status, version=case.reading.version)


def may_pay_at_loss(case: RefundCaseState, actor: Actor) -> None:
    """Where the marketplace would let the money go: a refund that is asked for, or goods on their way."""
    supervisor(case, actor)
    unheld(case)
    going_on(case)
    nothing_ordered(case)
    reading = case.reading
    require(
        not reading.intervention.under_way, PlatformRules,
        "The marketplace's own service decides this one; give it your evidence there.",
    )  # fmt: skip
    asked = reading.status is RefundStatus.ASKED and reading.kind is RefundKind.REFUND
    coming = reading.status is RefundStatus.RETURNED and reading.kind is RefundKind.RETURN
    require(
        (asked or coming) and not case.loss_decided, NoLoss,
        "Money goes back at a loss where the buyer asks for it alone, or has sent the goods; agree to a return first.",
    )  # fmt: skip


def check_pay_at_loss(case: RefundCaseState, actor: Actor, step: steps.RefundAtLoss, now: datetime) -> None:
    wanted = case.reading.amount_fen
    require(
        step.amount_fen == wanted, AmountNotAsked, f"The buyer asks for {wanted} fen now; look again and name that.",
        asked=wanted,
    )  # fmt: skip


def pay_at_loss(
    case: RefundCaseState, actor: Actor, step: steps.RefundAtLoss, now: datetime, found: RefundPrepared
) -> None:
    case.at_loss = AtLoss(by=actor.person, at=now, why=step.why, on=basis_of(case.reading))
    case.talk.trial = None
    record(
        case, actor, now, "loss_decided",
        amount_fen=step.amount_fen, why=step.why, status=case.reading.status, inspected=bool(case.goods.inspections),
    )  # fmt: skip
    if case.handling.executed_by == "service":
        place(case, actor, MarketAction.REFUND, now)
