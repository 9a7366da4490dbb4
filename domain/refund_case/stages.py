"""Where a refund case stands, and who has to move: one owner for each stage, so that nothing is passed to and fro."""

from collections.abc import Iterator
from enum import StrEnum

from domain.courier_claims import ClaimStatus
from domain.fulfilment import needs_payee
from domain.payouts import PayoutStatus
from domain.policies.refund_rules import RefundStatus
from domain.refund_case.claim_standing import open_claims, share_waits
from domain.refund_case.market import GOODS_COME_BACK, GOODS_GO_OUT
from domain.refund_case.orders import MarketAction, OrderStatus
from domain.refund_case.state import RefundCaseState
from domain.review_case.state import ASK_BUYER
from domain.tracking import Leg, TransitState


class RefundStage(StrEnum):
    """Derived from the case's facts, never set. In the order in which a case passes them."""

    OPENING = "opening"
    ASKING = "asking"
    TRYING = "trying"
    AWAITING_BUYER = "awaiting_buyer"
    DECIDING = "deciding"
    ORDERING = "ordering"
    BY_HAND = "by_hand"
    AWAITING_RETURN = "awaiting_return"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    INSPECTING = "inspecting"
    SECOND_LOOK = "second_look"
    DISPUTING = "disputing"
    RESENDING = "resending"
    AWAITING_RECEIPT = "awaiting_receipt"
    RELEASING = "releasing"
    ENTERING_CODE = "entering_code"
    REFUSED = "refused"
    INTERVENED = "intervened"
    REOPENED = "reopened"
    PAYING = "paying"
    AWAITING_GOODS = "awaiting_goods"
    AWAITING_CLAIM = "awaiting_claim"
    BEARING_LOSS = "bearing_loss"
    ENDING = "ending"
    CLOSED = "closed"


class Owner(StrEnum):
    """Who has to move."""

    SERVICE = "service"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    BUYER = "buyer"
    COURIER = "courier"
    CASE = "case"  # the case itself, by its own agenda
    NOBODY = "nobody"


_OWNERS = {
    RefundStage.OPENING: Owner.CASE,
    RefundStage.ASKING: Owner.SERVICE,
    RefundStage.TRYING: Owner.BUYER,
    RefundStage.AWAITING_BUYER: Owner.BUYER,
    RefundStage.DECIDING: Owner.SERVICE,
    RefundStage.ORDERING: Owner.CASE,
    RefundStage.AWAITING_RETURN: Owner.BUYER,
    RefundStage.IN_TRANSIT: Owner.COURIER,
    RefundStage.SECOND_LOOK: Owner.LEAD,
    RefundStage.DISPUTING: Owner.SERVICE,
    RefundStage.RESENDING: Owner.WAREHOUSE,
    RefundStage.AWAITING_RECEIPT: Owner.BUYER,
    RefundStage.REFUSED: Owner.BUYER,
    RefundStage.INTERVENED: Owner.SUPERVISOR,
    RefundStage.REOPENED: Owner.SERVICE,
    RefundStage.AWAITING_GOODS: Owner.COURIER,
    RefundStage.BEARING_LOSS: Owner.SERVICE,
    RefundStage.ENDING: Owner.CASE,
    RefundStage.CLOSED: Owner.NOBODY,
}


def owner_of(case: RefundCaseState) -> Owner:
    """Who opens parcels and who releases money is the shop's own choice; everything else is fixed."""
    stage = stage_of(case)
    if stage in {RefundStage.ARRIVED, RefundStage.INSPECTING}:
        return Owner(case.handling.inspected_by)
    if stage in {RefundStage.RELEASING, RefundStage.ENTERING_CODE}:
        return Owner(case.handling.executed_by)
    if stage is RefundStage.BY_HAND:
        return _by_hand(case)
    if stage is RefundStage.AWAITING_CLAIM:
        by_hand = any(claim.status is ClaimStatus.BY_HAND for claim in case.claims)
        return Owner.SERVICE if by_hand else Owner.COURIER
    if stage is RefundStage.PAYING:
        return _paying(case)
    return _OWNERS[stage]


def _paying(case: RefundCaseState) -> Owner:
    """Service asks for the account; a transfer that failed is finance's; all else goes by itself."""
    offer, payout = case.owed_offer, case.payout
    if payout is not None and payout.status is PayoutStatus.FAILED and not payout.settled:
        return Owner.FINANCE
    account = payout is not None and payout.remedy == ASK_BUYER and case.live_payout is None
    missing = offer is not None and needs_payee(offer.form) and case.payee is None
    return Owner.SERVICE if missing or account else Owner.CASE


def _by_hand(case: RefundCaseState) -> Owner:
    action = case.order.action if case.order is not None else None
    if action is MarketAction.REFUND:
        return Owner(case.handling.executed_by)
    return Owner.WAREHOUSE if action is MarketAction.SEND_GOODS else Owner.SERVICE


def stage_of(case: RefundCaseState) -> RefundStage:
    return next(_stages(case))


def _stages(case: RefundCaseState) -> Iterator[RefundStage]:
    if case.closed_at is not None:
        yield RefundStage.CLOSED
    if case.identity is None or case.market is None:
        yield RefundStage.OPENING
    if case.outcome is not None:
        yield from _after_the_end(case)
    order = case.open_order
    if order is not None:
        yield _ORDERED[order.status]
    if case.reading.intervention.under_way:
        yield RefundStage.INTERVENED
    yield from _by_status(case)


_ORDERED = {
    OrderStatus.WAITING: RefundStage.ORDERING,
    OrderStatus.NEEDS_CODE: RefundStage.ENTERING_CODE,
    OrderStatus.BY_HAND: RefundStage.BY_HAND,
}


def _after_the_end(case: RefundCaseState) -> Iterator[RefundStage]:
    """The money may be back before the goods are: they are still waited for, and opened. What was promised in place
    of a refund is paid."""
    if case.owed_offer is not None or case.live_payout is not None:
        yield RefundStage.PAYING
    if goods_missing(case):
        yield (
            RefundStage.INSPECTING
            if case.goods.received_at is not None
            else _not_here(case, RefundStage.AWAITING_GOODS)
        )
    if open_claims(case):
        yield RefundStage.AWAITING_CLAIM
    if share_waits(case):
        yield RefundStage.BEARING_LOSS
    yield RefundStage.ENDING


def _not_here(case: RefundCaseState, on_its_way: RefundStage) -> RefundStage:
    """Goods that nobody has entered: on their way, or signed for at our own door."""
    parcel = case.parcel_on(Leg.BACK)
    return RefundStage.ARRIVED if parcel is not None and parcel.state is TransitState.SIGNED else on_its_way


def goods_missing(case: RefundCaseState) -> bool:
    """Whether goods that the buyer sent back have not been seen yet, in a case that is over."""
    sent = case.reading.kind in GOODS_COME_BACK and (case.reading.shipment is not None or case.goods.parcel is not None)
    inspection = case.goods.inspection
    seen = inspection is not None or case.goods.given_up_at is not None
    return case.outcome is not None and sent and not seen


def _by_status(case: RefundCaseState) -> Iterator[RefundStage]:
    match case.reading.status:
        case RefundStatus.ASKED:
            yield from _asked(case)
        case RefundStatus.RETURNING:
            # Goods may come before the buyer has said so on the marketplace.
            if case.goods.received_at is not None and case.goods.inspection is None:
                yield RefundStage.INSPECTING
            yield RefundStage.AWAITING_RETURN
        case RefundStatus.RETURNED:
            yield from _returned(case)
        case RefundStatus.REFUSED:
            yield RefundStage.REFUSED
        case RefundStatus.TO_SEND:
            yield RefundStage.RESENDING
        case RefundStatus.SENT:
            yield RefundStage.AWAITING_RECEIPT
        case RefundStatus.SUCCEEDED | RefundStatus.CLOSED:
            yield from _came_back(case)


def _came_back(case: RefundCaseState) -> Iterator[RefundStage]:
    """Over on the marketplace, and somebody opened the case again: what comes late is still looked at."""
    if case.ended_before is None:
        yield RefundStage.ENDING
    if case.goods.received_at is not None and case.goods.inspection is None:
        yield RefundStage.INSPECTING
    yield RefundStage.REOPENED


def _asked(case: RefundCaseState) -> Iterator[RefundStage]:
    if case.agreed is not None or case.loss_decided:
        yield RefundStage.RELEASING
    if case.talk.trial is not None:
        yield RefundStage.TRYING
    if case.talk.satisfied or case.talk.accepted is not None:
        yield RefundStage.AWAITING_BUYER
    yield RefundStage.ASKING if case.talk.asked_at is None else RefundStage.DECIDING


def _returned(case: RefundCaseState) -> Iterator[RefundStage]:
    goods, inspection = case.goods, case.goods.inspection
    if case.loss_decided:
        yield RefundStage.RELEASING
    if goods.received_at is None:
        yield _not_here(case, RefundStage.IN_TRANSIT)
    if inspection is None:
        yield RefundStage.INSPECTING
    elif inspection.undecided:
        yield RefundStage.SECOND_LOOK
    elif not inspection.refund_follows and goods.accepted_by is None:
        yield RefundStage.DISPUTING
    if case.reading.kind not in GOODS_GO_OUT:
        yield RefundStage.RELEASING
    # Where the marketplace has to be told first it was, and would not hear of it.
    yield RefundStage.DISPUTING if case.handling.goods_are_taken else RefundStage.RESENDING
