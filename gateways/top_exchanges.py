"""Exchange applications of a Tmall shop: read them, agree, refuse, take the goods, send others.

None of these calls takes a version: what was decided on is compared by reading just before, and what became of it by
reading afterwards.
"""

from datetime import datetime

from domain.outgoing import Cleared
from gateways.failures import Nonsense
from gateways.nodes import Node
from gateways.top import TopClient
from gateways.top_refund_actions import RefuseReason, ReturnTo, Written, reason_of, written_of
from gateways.top_refunds import MarketplaceRefund, RefundPage
from gateways.wire import china_stamp

_FIELDS = (
    "dispute_id,biz_order_id,num,buyer_nick,buyer_open_uid,status,created,modified,time_out,reason,desc,title,price,"
    "payment,buyer_logistic_no,buyer_logistic_name,seller_logistic_no,seller_logistic_name,good_status,refund_version,"
    "refund_phase,operation_contraint,cs_status"
)
BY_COURIER = 200
EXCHANGE = "TMALL_EXCHANGE"
# The seller by their own account or by that of somebody who works for them.
_WHO = {"1": "seller", "2": "seller", "4": "buyer"}


class TopExchanges:
    def __init__(self, client: TopClient) -> None:
        self._client = client

    async def exchange(self, dispute_id: str) -> MarketplaceRefund:
        """Raises GatewayFailure; Rejected if the shop has no such application."""
        answer = await self._client.call("tmall.exchange.get", dispute_id=dispute_id, fields=_FIELDS)
        return exchange_of(answer.node("result").node("exchange"))

    async def exchanges_page(
        self, modified_from: datetime, modified_to: datetime, page_no: int, page_size: int = 100
    ) -> RefundPage:
        """Applications changed in a span; sizes from 1 to 100."""
        answer = await self._client.call(
            "tmall.exchange.receive.get",
            fields=_FIELDS,
            start_gmt_modified_time=china_stamp(modified_from),
            end_gmt_modifed_time=china_stamp(modified_to),  # spelt so on the wire
            page_no=page_no,
            page_size=page_size,
        )
        found: list[MarketplaceRefund] = []
        unreadable: list[str] = []
        for row in answer.rows("results"):
            try:
                found.append(exchange_of(row))
            except Nonsense as failure:
                unreadable.append(str(failure))
        return RefundPage(tuple(found), tuple(unreadable), answer.integer("total_results"))

    async def agree(self, dispute_id: str, to: ReturnTo, message: str) -> None:
        """The buyer is shown where the goods go back to. Raises Rejected where the state moved."""
        await self._client.call(
            "tmall.exchange.agree",
            dispute_id=dispute_id,
            address_id=to.id,
            complete_address=to.address,
            mobile=to.phone,
            leave_message=message,
            fields="dispute_id,status,modified",
        )

    async def refuse_reasons(self, dispute_id: str) -> tuple[RefuseReason, ...]:
        """What may be named when this application is refused, in the marketplace's order."""
        answer = await self._client.call(
            "tmall.exchange.refusereason.get", dispute_id=dispute_id, fields="reason_id,reason_text"
        )
        return tuple(reason_of(row) for row in answer.node("result").rows("results"))

    async def refuse(
        self, dispute_id: str, message: Cleared, reason: int, picture: bytes | None = None, *, goods_came: bool
    ) -> None:
        """The buyer reads the message. `goods_came`: what is refused are the goods that came back."""
        method = "tmall.exchange.returngoods.refuse" if goods_came else "tmall.exchange.refuse"
        await self._client.upload(
            method,
            {"leave_message_pics": picture} if picture is not None else {},
            dispute_id=dispute_id,
            seller_refuse_reason_id=reason,
            leave_message=message.text,
        )

    async def write(self, dispute_id: str, message: Cleared, picture: bytes) -> None:
        """Write to the application, with a picture. Nothing makes a repeat safe: look at `written` first."""
        await self._client.upload(
            "tmall.exchange.message.add",
            {"message_pics": picture},
            dispute_id=dispute_id,
            content=message.text,
            fields="id,content,created",
        )

    async def written(self, dispute_id: str) -> tuple[Written, ...]:
        """What buyer, seller and platform wrote, the last 100 of it."""
        answer = await self._client.call(
            "tmall.exchange.messages.get",
            dispute_id=dispute_id,
            fields="id,owner_role,content",
            page_no=1,
            page_size=100,
        )
        return tuple(written_of(row, _WHO) for row in answer.node("result").rows("results"))

    async def take_goods(self, dispute_id: str) -> None:
        """The old goods have come and are in order."""
        await self._client.call(
            "tmall.exchange.returngoods.agree", dispute_id=dispute_id, fields="dispute_id,status,modified"
        )

    async def send_goods(self, dispute_id: str, courier: str, waybill: str) -> None:
        await self._client.call(
            "tmall.exchange.consigngoods",
            dispute_id=dispute_id,
            logistics_type=BY_COURIER,
            logistics_company_name=courier,
            logistics_no=waybill,
            fields="dispute_id,status,modified",
        )


def exchange_of(row: Node) -> MarketplaceRefund:
    """An exchange as an application like any other. Its amount is what the goods were bought for, its order is known
    by the sub-order alone."""
    paid = row.optional_fen("payment")
    return MarketplaceRefund(
        refund_id=row.text("dispute_id"),
        tid=row.text("biz_order_id"),
        oid=row.text("biz_order_id"),
        status=row.text("status"),
        phase=row.optional_text("refund_phase"),
        version=row.optional_text("refund_version"),
        reason=row.optional_text("reason"),
        description=row.optional_text("desc"),
        refund_fen=paid or 0,
        paid_fen=paid,
        created=row.optional_moment("created"),
        modified=row.optional_moment("modified"),
        deadline=row.optional_moment("time_out"),
        with_return=True,
        dispute_type=EXCHANGE,
        order_status=None,
        quantity=row.optional_integer("num") or 1,
        item_id=None,
        item_title=row.optional_text("title"),
        good_status=row.optional_text("good_status"),
        courier=row.optional_text("buyer_logistic_name"),
        tracking_number=row.optional_text("buyer_logistic_no"),
        constraint=row.optional_text("operation_contraint"),
        cs_status=row.optional_text("cs_status"),
        buyer_nick=row.optional_text("buyer_nick") or "",
        buyer_open_id=row.optional_text("buyer_open_uid"),
    )
