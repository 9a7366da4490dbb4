"""Goods that come back are received, opened once, and either taken or disputed; goods that go out are sent once."""

from datetime import datetime

from domain.case_record import record
from domain.people import TIMER, Actor
from domain.refund_case import goods_steps as steps
from domain.refund_case.claim_steps import LiftAbuse
from domain.refund_case.deadlines import settle
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.goods import Inspection
from domain.refund_case.market import OnItsWay
from domain.refund_case.ordering import place, take_goods
from domain.refund_case.orders import MarketAction
from domain.refund_case.permissions import its_turn, nothing_ordered, part_of, require, working
from domain.refund_case.refusals import InspectedAlready, NotYours, ParcelTaken, TooManyPieces, WrongStage
from domain.refund_case.stages import Owner, RefundStage
from domain.refund_case.state import Abuse, Freight, RefundCaseState
from domain.refund_case.tracing import watch
from domain.tracking import Leg


def may_receive(case: RefundCaseState, actor: Actor) -> None:
    """Whenever the parcel comes, whatever the marketplace shows by then."""
    part_of(Owner(case.handling.inspected_by), case, actor)
    free = case.goods.received_at is None
    require(free, ParcelTaken, "A parcel was received in this case already; enter this one for another case.")


def receive(
    case: RefundCaseState, actor: Actor, step: steps.ReceiveParcel, now: datetime, found: RefundPrepared
) -> None:
    case.goods.parcel, case.goods.received_at, case.goods.received_by = step.parcel.id, now, actor.person
    case.goods.given_up_at = None
    record(case, actor, now, "parcel_received", parcel=step.parcel.id)


def may_inspect(case: RefundCaseState, actor: Actor) -> None:
    inspection = case.goods.inspection
    fresh = inspection is None or inspection.undecided
    require(fresh, InspectedAlready, "The parcel was inspected; what was found stands. Add a note if there is more.")
    its_turn(case, actor, RefundStage.INSPECTING, RefundStage.SECOND_LOOK)
    other = inspection is None or inspection.by != actor.person
    require(other, NotYours, "You could not tell; somebody else takes the second look.")


def check_inspect(case: RefundCaseState, actor: Actor, step: steps.Inspect, now: datetime) -> None:
    most = case.identity.quantity if case.identity is not None else 1
    pieces = step.good + step.damaged + step.missing + step.wrong
    require(pieces <= most, TooManyPieces, f"The application is about {most} pieces, not {pieces}; count again.")


def inspect(case: RefundCaseState, actor: Actor, step: steps.Inspect, now: datetime, found: RefundPrepared) -> None:
    made = Inspection(
        number=len(case.goods.inspections) + 1, result=step.result, good=step.good, damaged=step.damaged,
        missing=step.missing, wrong=step.wrong, resellable=found.resellable, next=found.next, claim=found.claim,
        photos=step.photos, by=actor.person, at=now,
    )  # fmt: skip
    case.goods.inspections.append(made)
    record(
        case, actor, now, "inspected",
        result=made.result, good=made.good, damaged=made.damaged, missing=made.missing, wrong=made.wrong,
        resellable=made.resellable, next=made.next, claim=made.claim, photos=made.photos or None,
        digests=found.digests or None, note=step.note,
        policy=found.policy,
    )  # fmt: skip
    if found.freight is not None:
        settle(case, actor, found.freight, now)
    take_goods(case, actor, now)


def goods_given_up(case: RefundCaseState, now: datetime) -> None:
    """The money is back with the buyer and the goods never came."""
    case.goods.given_up_at = now
    record(case, TIMER, now, "goods_given_up")


def may_send(case: RefundCaseState, actor: Actor) -> None:
    nothing_ordered(case)
    its_turn(case, actor, RefundStage.RESENDING)


def send(case: RefundCaseState, actor: Actor, step: steps.SendGoods, now: datetime, found: RefundPrepared) -> None:
    case.goods.sent, case.goods.sent_at = step.shipment.id, now
    record(case, actor, now, "goods_sent", shipment=step.shipment.id)
    watch(case, OnItsWay(shipment=step.shipment.id, leg=Leg.OUT, told_at=now), now)
    place(case, actor, MarketAction.SEND_GOODS, now, shipment=step.shipment.id)


def may_settle(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)


def settle_freight(
    case: RefundCaseState, actor: Actor, step: steps.SettleFreight, now: datetime, found: RefundPrepared
) -> None:
    agreed = Freight(outbound=step.outbound, back=step.back, reason="agreed with the buyer", by_hand=True)
    record(case, actor, now, "freight_agreed", why=step.why)
    settle(case, actor, agreed, now)


def flag_abuse(
    case: RefundCaseState, actor: Actor, step: steps.FlagAbuse, now: datetime, found: RefundPrepared
) -> None:
    case.abuse = Abuse(by=actor.person, at=now, why=step.why)
    record(case, actor, now, "abuse_flagged", why=step.why)
    if found.freight is not None:
        settle(case, actor, found.freight, now)


def may_lift(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    require(case.abuse is not None, WrongStage, "Nobody has said that member rights are abused here.")


def lift_abuse(case: RefundCaseState, actor: Actor, step: LiftAbuse, now: datetime, found: RefundPrepared) -> None:
    case.abuse = None
    record(case, actor, now, "abuse_lifted", why=step.why)
    if found.freight is not None:
        settle(case, actor, found.freight, now)
