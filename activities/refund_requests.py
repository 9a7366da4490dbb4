"""What refund cases ask of activities: one model in, references and times only."""

from datetime import datetime

from activities.requests import Request
from domain.offers import OfferForm
from domain.people import Role
from domain.policies.texts import NoticeKind
from domain.refund_case.goods_steps import Inspect
from domain.refund_case.market import RefundKind
from domain.refund_case.messages import Message
from domain.refund_case.orders import MarketAction, Order
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.state import RefundCaseState, RefundOpening
from domain.review_case.facts import StepRequest
from domain.sealed import Event
from domain.tracking import Leg


class OpenRefundRequest(Request):
    opening: RefundOpening
    workflow: str
    now: datetime


class RefundRequest(Request):
    """Which application, in which case."""

    case: str
    shop: str
    refund_row: str
    now: datetime


class OrderRequest(RefundRequest):
    order: Order


class AgreeRequest(RefundRequest):
    """What agreeing means here: who pays the freight, and where the goods go. `address` is the one that was named."""

    cause: str | None
    abuse: bool
    address: int | None = None
    needs_address: bool = True
    by_person: bool = True


class ReasonRequest(RefundRequest):
    cause: str


class InspectRequest(RefundRequest):
    inspect: Inspect
    cause: str | None
    abuse: bool


class PhotoRequest(RefundRequest):
    """A picture that the buyer is to be shown: with a `message`, or as the proof of a refusal."""

    photo: str
    message: bool


class MessageRequest(RefundRequest):
    message: Message


class AmendsRequest(Request):
    """An alternative that costs money, as offer `number` of its case."""

    step: StepRequest
    refund_row: str
    platform: str
    number: int
    form: OfferForm
    amount_fen: int


class ConfirmRequest(RefundRequest):
    """An order was carried out by hand; where nobody else tells, the application stands where that leads."""

    action: MarketAction
    kind: RefundKind


class WarnRequest(RefundRequest):
    """Who is to be warned of a deadline."""

    hours: int
    role: Role
    assignee: str | None


class MatchRequest(RefundRequest):
    """Which parcel belongs to the case, and who says so."""

    parcel: str
    by: str


class TraceRequest(RefundRequest):
    """Where a parcel is; `pushed`: its courier has told by itself just now."""

    shipment: str
    pushed: bool = False


class TellRequest(RefundRequest):
    """What the buyer is told without asking, about which shipment."""

    kind: NoticeKind
    subject: str
    leg: Leg


class RefundNoticeRequest(RefundRequest):
    """`given_fen` is what the buyer got in place of a refund, `paid_fen` what of it was money."""

    outcome: RefundOutcome
    refunded_fen: int
    given_fen: int = 0
    paid_fen: int = 0


class RefundProjection(Request):
    """All events since the last write, and the state after them."""

    workflow: str
    state: RefundCaseState
    events: list[Event]
    due_at: datetime
    due_what: str
