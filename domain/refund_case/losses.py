"""What a refund case has cost the shop so far: money that went back without goods to sell, freight it pays, a buyer's
loss that it bears; less what courier, insurer and supplier have made good."""

from domain.freight import Payer
from domain.loss_accounts import LossAccount
from domain.policies.refund_rules import RefundStatus
from domain.refund_case.claim_standing import paid_back
from domain.refund_case.claim_steps import RecoveredFrom
from domain.refund_case.market import GOODS_COME_BACK
from domain.refund_case.paying import paid_fen
from domain.refund_case.state import RefundCaseState

# The goods have left the buyer, so their way back was paid by somebody.
_CAME_BACK = frozenset({RefundStatus.RETURNED, RefundStatus.TO_SEND, RefundStatus.SENT})
_SOURCES = {RecoveredFrom.INSURER: LossAccount.INSURER, RecoveredFrom.SUPPLIER: LossAccount.SUPPLIER}


def loss_fen(case: RefundCaseState) -> int:
    """Net, amends that were paid included: goods that can be sold again make good what was paid back for them; pieces
    that can't are lost in proportion. What a courier or supplier may still owe is not taken off before it has come."""
    return sum(losses(case).values()) + paid_fen(case)


def losses(case: RefundCaseState) -> dict[LossAccount, int]:
    """By account, in fen; what came back is negative. Accounts without anything are left out."""
    found = {
        LossAccount.GOODS: _goods(case),
        LossAccount.FREIGHT: _freight(case),
        LossAccount.SHARED: sum(share.amount_fen for share in case.shares if share.given_at is not None),
        LossAccount.COURIER: -sum(claim.paid_fen for claim in case.claims),
    }
    for recovery in case.recoveries:
        account = _SOURCES[recovery.source]
        found[account] = found.get(account, 0) - recovery.amount_fen
    return {account: fen for account, fen in found.items() if fen}


def _goods(case: RefundCaseState) -> int:
    if not paid_back(case):
        return 0
    inspection = case.goods.inspection
    if case.reading.kind not in GOODS_COME_BACK or inspection is None:
        return case.refunded_fen
    if not inspection.resellable:
        return case.refunded_fen
    pieces = inspection.good + inspection.damaged + inspection.missing + inspection.wrong
    return case.refunded_fen - case.refunded_fen * inspection.good // pieces


def _freight(case: RefundCaseState) -> int:
    return _back(case) + _out(case)


def _back(case: RefundCaseState) -> int:
    came = case.goods.received_at is not None or case.reading.status in _CAME_BACK
    if not came or case.freight is None:
        return 0
    cost = case.handling.return_freight_fen
    if case.freight.back is Payer.SELLER:
        return cost
    # What the insurer does not cover is borne by whose fault it was.
    cap = case.handling.insurance_cap_fen
    uncovered = max(cost - cap, 0) if case.freight.back is Payer.INSURER and cap else 0
    return uncovered if case.fault == "seller" else 0


def _out(case: RefundCaseState) -> int:
    """The order's own way, in vain where its money went back; and whatever goes out anew."""
    ways = 1 if case.goods.sent is not None else 0
    if paid_back(case) and case.freight is not None and case.freight.outbound is Payer.SELLER:
        ways += 1
    return ways * case.handling.outbound_freight_fen
