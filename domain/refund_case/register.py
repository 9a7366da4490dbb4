"""A refund case as the shared register shows it: who has to move, since when, and why nothing moves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from domain.courier_claims import ClaimKind, DamageFinding
from domain.refund_case.losses import loss_fen
from domain.refund_case.orders import OrderStatus
from domain.refund_case.stages import RefundStage, owner_of, stage_of
from domain.refund_case.state import RefundCaseState
from domain.tracking import DelayReason

# What a stage waits for, for whoever has to answer a buyer at night.
WHY = {
    RefundStage.OPENING: "being registered",
    RefundStage.ASKING: "the buyer has not been asked yet",
    RefundStage.TRYING: "the buyer tries the goods first",
    RefundStage.AWAITING_BUYER: "the buyer keeps the goods and has to withdraw",
    RefundStage.DECIDING: "nobody has decided yet",
    RefundStage.ORDERING: "the marketplace has been told and has not answered",
    RefundStage.BY_HAND: "somebody has to do it in the marketplace's workbench",
    RefundStage.AWAITING_RETURN: "the buyer has to send the goods",
    RefundStage.IN_TRANSIT: "the goods are on their way",
    RefundStage.ARRIVED: "the courier shows it as signed for, and nobody has entered the parcel",
    RefundStage.INSPECTING: "the parcel has not been opened",
    RefundStage.SECOND_LOOK: "the first inspector could not tell",
    RefundStage.DISPUTING: "the goods are not in order",
    RefundStage.RESENDING: "goods have to go out",
    RefundStage.AWAITING_RECEIPT: "the buyer has to receive the goods",
    RefundStage.RELEASING: "the money has not been released",
    RefundStage.ENTERING_CODE: "the marketplace wants the code from the seller's phone",
    RefundStage.REFUSED: "refused, and the buyer has not said anything",
    RefundStage.INTERVENED: "the marketplace's own service decides",
    RefundStage.REOPENED: "came back after its end",
    RefundStage.PAYING: "what was promised instead is being paid",
    RefundStage.AWAITING_GOODS: "paid back, and the goods have not come",
    RefundStage.AWAITING_CLAIM: "the courier has not settled the claim",
    RefundStage.BEARING_LOSS: "the courier pays too little, and the buyer's loss is not shared",
    RefundStage.ENDING: "the buyer is being told",
    RefundStage.CLOSED: "closed",
}


def why_stuck(case: RefundCaseState) -> str:
    order = case.order
    if case.held is not None:
        return "on hold"
    if order is not None and order.status is OrderStatus.REFUSED and order.trouble:
        return f"the marketplace refused: {order.trouble}"
    if case.failed_reads:
        return "the marketplace can't be read"
    if case.asked_platform is not None:
        return "the marketplace's staff were asked to change it"
    stage, answer = stage_of(case), case.refusal_answer
    if stage is RefundStage.REFUSED and answer is not None:
        return "refused; the buyer accepts it and has to withdraw" if answer.accepted else "refused; the buyer insists"
    if stage in ON_THE_WAY and (late := _late(case)):
        return late
    return WHY[stage]


ON_THE_WAY = {RefundStage.IN_TRANSIT, RefundStage.AWAITING_GOODS, RefundStage.AWAITING_RECEIPT}


def _late(case: RefundCaseState) -> str | None:
    """Why a parcel is late; the last one told of counts."""
    parcel = case.parcels[-1] if case.parcels else None
    if parcel is None or parcel.delay is None:
        return None
    words = {DelayReason.UNCOLLECTED: "no courier knows its number", DelayReason.SILENT: "nothing was scanned for long"}
    return f"the parcel is late: {words.get(parcel.delay, parcel.delay.replace('_', ' '))}"


def dispute_of(case: RefundCaseState) -> str | None:
    """What kind of quarrel it is: goods lost or damaged on the way are one of their own (S003)."""
    if any(claim.kind is ClaimKind.LOSS for claim in case.claims):
        return "lost_in_transit"
    if case.damage is None:
        return None
    return {DamageFinding.TRANSIT: "damaged_in_transit"}.get(case.damage.finding, str(case.damage.finding))


def line_of(case: RefundCaseState, due_at: datetime) -> dict[str, Any] | None:
    """The line's columns; None for a case that is not registered yet."""
    if case.identity is None or case.market is None:
        return None
    watch, inspection, freight = case.watch, case.goods.inspection, case.freight
    return {
        "shop": case.opening.shop,
        "refund": UUID(case.opening.refund_row),
        "stage": stage_of(case),
        "owner": owner_of(case),
        "since": case.stage_since or case.opened_at,
        "why": why_stuck(case),
        "due_at": min(due_at, watch.deadline.at) if watch else due_at,
        "deadline_at": watch.deadline.at if watch else None,
        "deadline_source": watch.deadline.source if watch else None,
        "then": watch.deadline.then if watch else None,
        "decided": watch.decided if watch else None,
        "kind": case.reading.kind,
        "amount_fen": case.reading.amount_fen,
        "refunded_fen": case.refunded_fen,
        "cause": case.cause or case.suggested_cause,
        "returned_at": case.goods.received_at,
        "inspector": UUID(inspection.by) if inspection else None,
        "inspection": inspection.result if inspection else None,
        "freight_out": freight.outbound if freight else None,
        "freight_back": freight.back if freight else None,
        "loss_fen": loss_fen(case),
        "dispute": dispute_of(case),
        "claim": case.claims[-1].status if case.claims else None,
        "assignee": UUID(case.assignee) if case.assignee else None,
        "outcome": case.outcome,
        "closed_at": case.closed_at,
    }
