"""Agree, refuse, release: a person's decisions, each one order to the marketplace."""

from datetime import datetime

from domain.case_record import record
from domain.people import Actor
from domain.policies.refund_rules import RefundStatus
from domain.refund_case import steps
from domain.refund_case.deadlines import by_buyer, settle
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.market import basis_of
from domain.refund_case.ordering import agreement, carried_out, place, take_goods
from domain.refund_case.orders import MarketAction, OrderStatus
from domain.refund_case.permissions import going_on, in_stage, its_turn, require, working
from domain.refund_case.progress import read
from domain.refund_case.refusals import (
    AmountAbovePaid,
    AmountNotAsked,
    AskFirst,
    CannotRefuse,
    NotYours,
    PlatformRules,
)
from domain.refund_case.stages import RefundStage, stage_of
from domain.refund_case.state import Agreed, RefundCaseState

ANSWERING = (RefundStage.DECIDING, RefundStage.TRYING, RefundStage.AWAITING_BUYER, RefundStage.DISPUTING)


def may_agree(case: RefundCaseState, actor: Actor) -> None:
    may_decide(case, actor)


def may_decide(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    going_on(case)
    ruled = case.reading.intervention.under_way
    require(not ruled, PlatformRules, "The marketplace's own service decides this one; give it your evidence there.")
    asked = stage_of(case) is not RefundStage.ASKING
    require(asked, AskFirst, "Ask the buyer first and record the reason (record_reason); then decide.")
    in_stage(case, *ANSWERING)


def agree(case: RefundCaseState, actor: Actor, step: steps.Agree, now: datetime, found: RefundPrepared) -> None:
    if found.freight is not None:
        settle(case, actor, found.freight, now)
    if case.reading.status is RefundStatus.RETURNED:
        case.goods.accepted_by, case.goods.accepted_why = actor.person, step.why
        record(case, actor, now, "goods_accepted", why=step.why)
        take_goods(case, actor, now)
        return
    case.agreed = Agreed(by=actor.person, at=now, on=basis_of(case.reading))
    case.talk.trial = None
    record(case, actor, now, "agreed", to=case.reading.kind, amount_fen=case.reading.amount_fen, why=step.why)
    action = agreement(case.reading.kind)
    if action is not MarketAction.REFUND:
        place(case, actor, action, now, address=found.address, freight_by_buyer=by_buyer(case))
    elif case.handling.executed_by == "service":
        place(case, actor, action, now)


def may_refuse(case: RefundCaseState, actor: Actor) -> None:
    may_decide(case, actor)
    allowed = not case.reading.cannot_refuse
    require(
        allowed, CannotRefuse,
        "The marketplace takes no refusal of this application (not shipped, seven days, or its own rule): agree, or "
        "talk with the buyer about withdrawing it.",
    )  # fmt: skip


def check_refuse(case: RefundCaseState, actor: Actor, step: steps.Refuse, now: datetime) -> None:
    shown = step.proof is not None or not case.handling.proof_to_refuse
    require(shown, CannotRefuse, "This marketplace asks for a proof with every refusal: keep a photo and name it.")


def refuse(case: RefundCaseState, actor: Actor, step: steps.Refuse, now: datetime, found: RefundPrepared) -> None:
    place(case, actor, MarketAction.REFUSE, now, message=step.message, proof=step.proof, reason=step.reason)
    if found.digests:
        record(case, actor, now, "proof_shown", files=found.digests)


def may_release(case: RefundCaseState, actor: Actor) -> None:
    its_turn(case, actor, RefundStage.RELEASING)
    decided = {case.agreed.by if case.agreed else None, case.at_loss.by if case.at_loss else None}
    second = case.handling.executed_by == "service" or actor.person not in decided
    require(second, NotYours, "Whoever agreed does not release the money as well; somebody else of finance does.")


def check_release(case: RefundCaseState, actor: Actor, step: steps.ReleaseRefund, now: datetime) -> None:
    wanted, identity = case.reading.amount_fen, case.identity
    paid = identity.paid_fen if identity is not None else None
    require(paid is None or step.amount_fen <= paid, AmountAbovePaid, f"The buyer paid {paid} fen; release no more.")
    require(
        step.amount_fen == wanted, AmountNotAsked, f"The buyer asks for {wanted} fen now; look again and release that.",
        asked=wanted,
    )  # fmt: skip


def release(
    case: RefundCaseState, actor: Actor, step: steps.ReleaseRefund, now: datetime, found: RefundPrepared
) -> None:
    place(case, actor, MarketAction.REFUND, now)


def may_enter_code(case: RefundCaseState, actor: Actor) -> None:
    its_turn(case, actor, RefundStage.ENTERING_CODE)


def enter_code(
    case: RefundCaseState, actor: Actor, step: steps.EnterCode, now: datetime, found: RefundPrepared
) -> None:
    order = case.order
    assert order is not None  # noqa: S101 - the stage has one
    order.code, order.status, order.again_at = step.code, OrderStatus.WAITING, now
    record(case, actor, now, "code_entered", order=order.number)


def may_confirm(case: RefundCaseState, actor: Actor) -> None:
    its_turn(case, actor, RefundStage.BY_HAND)


def confirm_done(
    case: RefundCaseState, actor: Actor, step: steps.ConfirmDone, now: datetime, found: RefundPrepared
) -> None:
    """Where a machine reads the marketplace, it looks at once; elsewhere the person's word moves the application."""
    order = case.order
    assert order is not None  # noqa: S101 - the stage has one
    carried_out(case, order, now, actor, proof=step.proof)
    if found.reading is not None:
        read(case, found.reading, now)
    else:
        case.read_again_at = now
