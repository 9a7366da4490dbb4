"""What a refund case has cost the shop so far: money that went back without goods to sell, and freight it pays."""

from domain.freight import Payer
from domain.policies.refund_rules import RefundStatus
from domain.refund_case.market import GOODS_COME_BACK
from domain.refund_case.outcomes import PAID_BACK
from domain.refund_case.paying import paid_fen
from domain.refund_case.state import RefundCaseState

# The goods have left the buyer, so their way back was paid by somebody.
_CAME_BACK = frozenset({RefundStatus.RETURNED, RefundStatus.TO_SEND, RefundStatus.SENT})


def loss_fen(case: RefundCaseState) -> int:
    """Goods that can be sold again make good what was paid back for them; pieces that can't are lost in proportion.
    What a courier or supplier may still owe is not taken off before it has come."""
    return _goods(case) + _freight(case) + paid_fen(case)


def _goods(case: RefundCaseState) -> int:
    if case.outcome not in PAID_BACK:
        return 0
    inspection = case.goods.inspection
    if case.reading.kind not in GOODS_COME_BACK or inspection is None:
        return case.refunded_fen
    if not inspection.resellable:
        return case.refunded_fen
    pieces = inspection.good + inspection.damaged + inspection.missing + inspection.wrong
    return case.refunded_fen - case.refunded_fen * inspection.good // pieces


def _freight(case: RefundCaseState) -> int:
    came = case.goods.received_at is not None or case.reading.status in _CAME_BACK
    ours = case.freight is not None and case.freight.back is Payer.SELLER
    return case.handling.return_freight_fen if came and ours else 0
