"""Pushes of the marketplace, fetched in batches and confirmed after they were stored (at least once, any order)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gateways.failures import Rejected
from gateways.nodes import Node
from gateways.top import PARTY, TopClient

TRADE_RATED: Final = "taobao_trade_TradeRated"
REFUND_TOPICS: Final = tuple(
    f"taobao_refund_Refund{what}"
    for what in (
        *("Created", "SellerAgreeAgreement", "SellerRefuseAgreement", "BuyerModifyAgreement", "BuyerReturnGoods"),
        *("CreateMessage", "BlockMessage", "Closed", "Success"),
    )
)

QUANTITY_MAX = 200


@dataclass(frozen=True, slots=True)
class Push:
    """A hint to read something again; it carries no review text. The queue is the app's: `seller_nick` names the shop.

    An unreadable push is still given, with `content` None: it must be confirmed, or it comes back for ever.
    """

    id: str
    topic: str
    seller_nick: str | None
    published_at: datetime | None
    content: dict[str, Any] | None = field(repr=False)


class TopMessages:
    def __init__(self, client: TopClient, group: str | None = None) -> None:
        self._client = client
        self._group = group

    async def permit(self, topics: Iterable[str]) -> None:
        """Ask for pushes of these topics. The list replaces the earlier one: name every topic each time."""
        answer = await self._client.call("taobao.tmc.user.permit", topics=",".join(topics))
        _must_succeed(answer, "permit-refused")

    async def consume(self, quantity: int = 100) -> tuple[Push, ...]:
        """10 to 200 waiting pushes; the same ones come again until they are confirmed."""
        quantity = max(10, min(quantity, QUANTITY_MAX))
        answer = await self._client.call("taobao.tmc.messages.consume", quantity=quantity, group_name=self._group)
        return tuple(push_of(row) for row in answer.rows("messages"))

    async def confirm(self, ids: Iterable[str]) -> None:
        """Tell the marketplace that these are safely stored, 200 at a time."""
        known = list(ids)
        for first in range(0, len(known), QUANTITY_MAX):
            batch = ",".join(known[first : first + QUANTITY_MAX])
            answer = await self._client.call("taobao.tmc.messages.confirm", s_message_ids=batch, group_name=self._group)
            _must_succeed(answer, "confirm-refused")


def _must_succeed(answer: Node, code: str) -> None:
    if not answer.flag("is_success"):
        raise Rejected(PARTY, code, "the marketplace answered is_success=false; try again later")


def push_of(row: Node) -> Push:
    """Raises Nonsense only if the push has no id: without one it can't even be confirmed."""
    return Push(
        id=row.text("id"),
        topic=row.optional_text("topic") or "",
        seller_nick=row.optional_text("user_nick"),
        published_at=row.optional_moment("pub_time"),
        content=_content(row),
    )


def _content(row: Node) -> dict[str, Any] | None:
    raw = row.value.get("content")
    try:
        content = json.loads(raw) if isinstance(raw, str) else raw
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
