"""One order of a Taobao or Tmall shop, with the buyer as masked as the marketplace gives it."""

from dataclasses import dataclass, field
from datetime import datetime

from gateways.nodes import Node
from gateways.top import TopClient

_FIELDS = (
    "tid,status,type,created,pay_time,consign_time,end_time,payment,post_fee,buyer_nick,buyer_open_uid,buyer_rate,"
    "receiver_name,receiver_mobile,receiver_phone,receiver_state,receiver_city,receiver_district,receiver_town,"
    "receiver_address,oaid,seller_memo,seller_flag,orders"
)


@dataclass(frozen=True, slots=True)
class OrderItem:
    """A sub-order; `oid` is the key of its review. Amounts are fen."""

    oid: str
    num_iid: str | None
    title: str
    variant: str | None
    quantity: int
    price_fen: int | None
    paid_fen: int | None
    status: str | None
    refund_status: str | None
    courier: str | None = None
    waybill: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Receiver:
    """Region in plain text; name, phones and street masked by the marketplace. `oaid` reaches the buyer by SMS."""

    state: str | None
    city: str | None
    district: str | None
    town: str | None
    masked_name: str | None = field(repr=False)
    masked_mobile: str | None = field(repr=False)
    masked_address: str | None = field(repr=False)
    oaid: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class MarketplaceOrder:
    """`end_time` is when the trade succeeded: it starts the buyer's days for a first review. Times are UTC."""

    tid: str
    status: str
    paid_fen: int
    post_fee_fen: int
    created: datetime | None
    pay_time: datetime | None
    consign_time: datetime | None
    end_time: datetime | None
    buyer_rated: bool
    buyer_nick: str = field(repr=False)
    buyer_open_id: str | None = field(repr=False)
    receiver: Receiver
    items: tuple[OrderItem, ...]


class TopTrades:
    def __init__(self, client: TopClient) -> None:
        self._client = client

    async def order(self, tid: str) -> MarketplaceOrder:
        """Raises GatewayFailure; Rejected if the shop has no such order."""
        answer = await self._client.call("taobao.trade.fullinfo.get", tid=tid, fields=_FIELDS)
        return order_of(answer.node("trade"))


def order_of(trade: Node) -> MarketplaceOrder:
    return MarketplaceOrder(
        tid=trade.text("tid"),
        status=trade.text("status"),
        paid_fen=trade.fen("payment"),
        post_fee_fen=trade.optional_fen("post_fee") or 0,
        created=trade.optional_moment("created"),
        pay_time=trade.optional_moment("pay_time"),
        consign_time=trade.optional_moment("consign_time"),
        end_time=trade.optional_moment("end_time"),
        buyer_rated=trade.flag("buyer_rate"),
        buyer_nick=trade.optional_text("buyer_nick") or "",
        buyer_open_id=trade.optional_text("buyer_open_uid"),
        receiver=_receiver(trade),
        items=tuple(_item(row) for row in trade.rows("orders")),
    )


def _receiver(trade: Node) -> Receiver:
    return Receiver(
        state=trade.optional_text("receiver_state"),
        city=trade.optional_text("receiver_city"),
        district=trade.optional_text("receiver_district"),
        town=trade.optional_text("receiver_town"),
        masked_name=trade.optional_text("receiver_name"),
        masked_mobile=trade.optional_text("receiver_mobile") or trade.optional_text("receiver_phone"),
        masked_address=trade.optional_text("receiver_address"),
        oaid=trade.optional_text("oaid"),
    )


def _item(row: Node) -> OrderItem:
    return OrderItem(
        oid=row.text("oid"),
        num_iid=row.optional_text("num_iid"),
        title=row.optional_text("title") or "",
        variant=row.optional_text("sku_properties_name"),
        quantity=row.optional_integer("num") or 1,
        price_fen=row.optional_fen("price"),
        paid_fen=row.optional_fen("payment"),
        status=row.optional_text("status"),
        refund_status=row.optional_text("refund_status"),
        courier=row.optional_text("logistics_company"),
        waybill=row.optional_text("invoice_no"),
    )
