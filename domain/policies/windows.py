"""Spans of time as marketplaces count them: so long, from such a moment."""

from datetime import timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.policies.documents import MarkedPart


class Anchor(StrEnum):
    """The moment from which a platform's window runs."""

    REVIEW_CREATED = "review_created"
    ORDER_FINISHED = "order_finished"
    RECEIPT_CONFIRMED = "receipt_confirmed"
    REFUND_CREATED = "refund_created"
    SELLER_AGREED = "seller_agreed"
    SELLER_REFUSED = "seller_refused"
    BUYER_SHIPPED = "buyer_shipped"
    COURIER_SIGNED = "courier_signed"
    SELLER_RECEIVED = "seller_received"


class Window(MarkedPart):
    """A span from an anchor; a day here is 24 hours, as the platforms count them."""

    length: int = Field(ge=1)
    unit: Literal["hour", "day"]
    since: Anchor

    @property
    def span(self) -> timedelta:
        return timedelta(hours=self.length) if self.unit == "hour" else timedelta(days=self.length)
