"""A marketplace's application, with its order where the marketplace gives one, as the rows of the way in want it."""

from activities.marketplace_clients import Marketplace
from activities.review_facts import address_of
from db.buyers import BuyerFacts
from db.refunds import Application, RefundFacts
from domain.addresses import address_type
from domain.policies.contact import ContactPolicy
from domain.refund_case.market import Intervention, RefundKind
from gateways.top_refunds import MarketplaceRefund
from gateways.top_trades import MarketplaceOrder

KINDS = {
    "REFUND": RefundKind.REFUND,
    "REFUND_AND_RETURN": RefundKind.RETURN,
    "TMALL_EXCHANGE": RefundKind.EXCHANGE,
    "TAOBAO_EXCHANGE": RefundKind.EXCHANGE,
    "REPAIR": RefundKind.REPAIR,
    "RESHIPPING": RefundKind.RESEND,
}
# cs_status (TOP-53): 1 no help needed, 2 needed, 3 stepped in, 4 first ruling, 10 evidence, 11 appeal; 5 to 7 over.
INTERVENTIONS = {
    "2": Intervention.ASKED,
    "3": Intervention.STEPPED_IN,
    "4": Intervention.STEPPED_IN,
    "8": Intervention.FOR_BUYER,
    "9": Intervention.FOR_SELLER,
    "10": Intervention.STEPPED_IN,
    "11": Intervention.STEPPED_IN,
}
UNSHIPPED = "WAIT_SELLER_SEND_GOODS"
CANNOT_REFUSE = "cannot_refuse"


def application_of(refund: MarketplaceRefund) -> Application:
    usual = RefundKind.RETURN if refund.with_return else RefundKind.REFUND
    return Application(
        kind=KINDS.get(refund.dispute_type or "", usual),
        amount_fen=refund.refund_fen,
        status=refund.status,
        reason=refund.reason,
        phase=refund.phase,
        version=refund.version,
        modified_at=refund.modified,
        deadline_at=refund.deadline,
        cannot_refuse=refund.constraint == CANNOT_REFUSE,
        intervention=INTERVENTIONS.get(refund.cs_status or "", Intervention.NONE),
        shipped=refund.order_status != UNSHIPPED,
        courier=refund.courier,
        waybill=refund.tracking_number,
    )


def refund_facts(
    market: Marketplace,
    refund: MarketplaceRefund,
    *,
    order: MarketplaceOrder | None = None,
    contact: ContactPolicy | None = None,
    source: str = "pull",
) -> RefundFacts:
    """`contact` sorts the address, which only a new application needs."""
    receiver = order.receiver if order else None
    item = next((one for one in order.items if one.oid == (refund.oid or refund.tid)), None) if order else None
    known_by = refund.buyer_open_id or (order.buyer_open_id if order else None) or refund.buyer_nick
    return RefundFacts(
        shop=market.code,
        platform=market.platform,
        external_id=refund.refund_id,
        order_external_id=refund.tid,
        sub_order_id=refund.oid,
        application=application_of(refund),
        applied_at=refund.created or refund.modified or market.cut_off_at,
        buyer=BuyerFacts(
            platform=market.platform,
            platform_id=known_by,
            nick=refund.buyer_nick or None,
            name=receiver.masked_name if receiver else None,
            phone=receiver.masked_mobile if receiver else None,
        ),
        source=source,
        note=refund.description or "",
        quantity=max(refund.quantity, 1),
        bought_fen=refund.paid_fen,
        item_id=refund.item_id,
        item_title=refund.item_title,
        paid_fen=order.paid_fen if order else None,
        finished_at=order.end_time if order else None,
        province=receiver.state if receiver else None,
        address_type=address_type(receiver.masked_address or "", contact) if receiver and contact else None,
        address=address_of(receiver) if receiver else None,
        oaid=receiver.oaid if receiver else None,
        order_courier=item.courier if item else None,
        order_waybill=item.waybill if item else None,
    )
