"""What the marketplace is told to do: decided on a state of the application, done once, seen to be done."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from domain.refund_case.market import Basis
from domain.sealed import SealedRef


class MarketAction(StrEnum):
    AGREE_RETURN = "agree_return"
    AGREE_EXCHANGE = "agree_exchange"
    REFUND = "refund"
    REFUSE = "refuse"
    TAKE_GOODS = "take_goods"  # the old goods are in order; others may go out
    SEND_GOODS = "send_goods"


class OrderStatus(StrEnum):
    WAITING = "waiting"
    NEEDS_CODE = "needs_code"  # the marketplace sent a code to the seller's phone; a person enters it
    BY_HAND = "by_hand"  # no machine can do it there; a person does it in the workbench and says so
    DONE = "done"
    REFUSED = "refused"  # by the marketplace
    VOID = "void"  # what it was decided on is not so any more


OPEN = frozenset({OrderStatus.WAITING, OrderStatus.NEEDS_CODE, OrderStatus.BY_HAND})


class Order(BaseModel):
    """One order to the marketplace. `by` is empty where a rule of the shop decided, which `policy` then names. Of a
    refusal, `proof` is a kept picture and `reason` the marketplace's number of one of its reasons."""

    number: int
    action: MarketAction
    status: OrderStatus
    on: Basis
    amount_fen: int
    by: str = ""
    policy: str | None = None
    at: datetime
    address: int | None = None
    freight_by_buyer: bool = True
    message: SealedRef | None = None
    proof: str | None = None
    reason: int | None = None
    code: SealedRef | None = None
    shipment: str | None = None
    tries: int = 0
    again_at: datetime | None = None
    trouble: str | None = None
    done_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.status in OPEN
