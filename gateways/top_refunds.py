"""Refund applications of a Taobao or Tmall shop: read them, with the platform's own deadline."""

from dataclasses import dataclass, field
from datetime import datetime

from gateways.failures import Nonsense
from gateways.nodes import Node
from gateways.top import TopClient
from gateways.wire import china_stamp

_FIELDS = (
    "refund_id,tid,oid,status,order_status,good_status,has_good_return,reason,desc,refund_fee,payment,total_fee,created,"
    "modified,title,num,num_iid,buyer_nick,buyer_open_uid,company_name,sid,refund_version,refund_phase,dispute_type,"
    "operation_contraint,cs_status,good_return_time,refund_remind_timeout"
)


@dataclass(frozen=True, slots=True)
class MarketplaceRefund:
    """One application. `deadline` is the platform's own and beats our tables. Amounts fen, times UTC.

    `version` is an optimistic lock on Tmall: send it with every action, and read again where it no longer fits.
    """

    refund_id: str
    tid: str
    oid: str | None
    status: str
    phase: str | None
    version: str | None
    reason: str | None
    description: str | None = field(repr=False)
    refund_fen: int
    paid_fen: int | None
    created: datetime | None
    modified: datetime | None
    deadline: datetime | None
    with_return: bool
    dispute_type: str | None
    order_status: str | None
    quantity: int
    item_id: str | None
    item_title: str | None
    good_status: str | None
    courier: str | None
    tracking_number: str | None
    constraint: str | None
    cs_status: str | None
    buyer_nick: str = field(repr=False)
    buyer_open_id: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefundPage:
    """Newest first; read from the last page to the first. `unreadable` says why rows were left out."""

    refunds: tuple[MarketplaceRefund, ...]
    unreadable: tuple[str, ...]
    total: int


class TopRefunds:
    def __init__(self, client: TopClient) -> None:
        self._client = client

    async def refund(self, refund_id: str) -> MarketplaceRefund:
        answer = await self._client.call("taobao.refund.get", refund_id=refund_id, fields=_FIELDS)
        return refund_of(answer.node("refund"))

    async def refunds_page(
        self, modified_from: datetime, modified_to: datetime, page_no: int, page_size: int = 100
    ) -> RefundPage:
        """Applications changed in a span; sizes from 1 to 100."""
        answer = await self._client.call(
            "taobao.refunds.receive.get",
            fields=_FIELDS,
            start_modified=china_stamp(modified_from),
            end_modified=china_stamp(modified_to),
            page_no=page_no,
            page_size=page_size,
        )
        refunds: list[MarketplaceRefund] = []
        unreadable: list[str] = []
        for row in answer.rows("refunds"):
            try:
                refunds.append(refund_of(row))
            except Nonsense as failure:
                unreadable.append(str(failure))
        return RefundPage(tuple(refunds), tuple(unreadable), answer.integer("total_results"))


def refund_of(row: Node) -> MarketplaceRefund:
    return MarketplaceRefund(
        refund_id=row.text("refund_id"),
        tid=row.text("tid"),
        oid=row.optional_text("oid"),
        status=row.text("status"),
        phase=row.optional_text("refund_phase"),
        version=row.optional_text("refund_version"),
        reason=row.optional_text("reason"),
        description=row.optional_text("desc"),
        refund_fen=row.fen("refund_fee"),
        paid_fen=row.optional_fen("total_fee"),
        created=row.optional_moment("created"),
        modified=row.optional_moment("modified"),
        deadline=_deadline(row),
        with_return=row.flag("has_good_return"),
        dispute_type=row.optional_text("dispute_type"),
        order_status=row.optional_text("order_status"),
        quantity=row.optional_integer("num") or 1,
        item_id=row.optional_text("num_iid"),
        item_title=row.optional_text("title"),
        good_status=row.optional_text("good_status"),
        courier=row.optional_text("company_name"),
        tracking_number=row.optional_text("sid"),
        constraint=row.optional_text("operation_contraint"),
        cs_status=row.optional_text("cs_status"),
        buyer_nick=row.optional_text("buyer_nick") or "",
        buyer_open_id=row.optional_text("buyer_open_uid"),
    )


def _deadline(row: Node) -> datetime | None:
    remind = row.optional_node("refund_remind_timeout")
    if remind is None or not remind.flag("exist_timeout"):
        return None
    return remind.optional_moment("timeout")
