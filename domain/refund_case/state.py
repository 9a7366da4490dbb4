"""The state of one refund case: facts and references only, one model, so that continue-as-new is one line.

Fields are only ever added, with defaults: payloads written by older code must still load.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from domain import editions
from domain.case_clocks import Clock, Held
from domain.disputes.state import Disputes
from domain.escalation import EscalationKind
from domain.freight import Payer
from domain.policies.causes import Fault
from domain.refund_case.claims import CourierClaim, Damage, LossShare, Recovery
from domain.refund_case.goods import Goods
from domain.refund_case.market import Basis, Handling, Reading, basis_of
from domain.refund_case.messages import Message, MessageStatus
from domain.refund_case.orders import MarketAction, Order, OrderStatus
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.parcels import Telling, TrackedParcel
from domain.refund_case.talks import Calls, Talk
from domain.refund_deadlines import Deadline
from domain.review_case.state import Offer, OfferStatus, PayoutRef
from domain.sealed import Event, PayeeRef, SealedRef
from domain.tracking import Leg


class RefundOpening(BaseModel):
    """What the starter knows: enough to find the rows that the way in has sealed. `run` counts from 1; a later run is
    a closed case that came alive again, and `why` says by what."""

    case: str
    platform: str
    shop: str
    external_id: str
    refund_row: str
    run: int = 1
    source: str = "api"
    why: str | None = None


class RefundIdentity(BaseModel):
    """What registering found out and nothing changes afterwards. `quantity` is how many pieces the application is
    about, `linked` the number of the case about a review of the same order,
    `earlier_abuse` in how many other cases of this buyer somebody has flagged abuse of member rights."""

    case_serial: int
    shop_serial: int
    installation: str
    order_row: str | None = None
    buyer: str | None = None
    applied_at: datetime
    paid_fen: int | None = None
    quantity: int = 1
    linked: str | None = None
    earlier_abuse: int = 0


class Watch(BaseModel):
    """A deadline of the marketplace, whom we warned of it (hours before), and what was decided to do about it."""

    deadline: Deadline
    warned: list[int] = Field(default_factory=list)
    decided: str | None = None
    decided_at: datetime | None = None
    act_again_at: datetime | None = None
    passed: bool = False


class Agreed(BaseModel):
    """Somebody of the desk agreed to the application as it stood; the money still has to be released."""

    by: str
    at: datetime
    on: Basis


class Freight(BaseModel):
    """Who pays each way, by which row of which policy; `by_hand`: as a person agreed with the buyer."""

    outbound: Payer
    back: Payer
    recover_from: str | None = None
    reason: str
    row: int | None = None
    policy: str | None = None
    by_hand: bool = False


class Abuse(BaseModel):
    """A person said that member rights are abused, and why."""

    by: str
    at: datetime
    why: SealedRef


class AtLoss(BaseModel):
    """A supervisor decided to pay back whatever the goods are like, on what the application was then (S002: in special
    periods, on purpose)."""

    by: str
    at: datetime
    why: SealedRef
    on: Basis


class AskedPlatform(BaseModel):
    """The marketplace's staff were asked to change something; it counts until the application moves."""

    by: str
    at: datetime
    what: SealedRef


class RefusalAnswer(BaseModel):
    """What the buyer said to a refusal, as somebody of the desk heard it; the marketplace shows nothing of it."""

    by: str
    at: datetime
    accepted: bool


class RefundCaseState(BaseModel):
    """Everything a refund case knows. `version` is the seq of its last event, `person_step` that of the last event
    that a person caused; `edition` is that of the rules by which this run lives."""

    opening: RefundOpening
    opened_at: datetime
    edition: int = editions.NEWEST
    open_again_at: datetime | None = None
    identity: RefundIdentity | None = None
    policies: dict[str, str] = Field(default_factory=dict)

    market: Reading | None = None
    read_at: datetime | None = None
    read_again_at: datetime | None = None
    failed_reads: int = 0
    watch: Watch | None = None

    suggested_cause: str | None = None
    cause: str | None = None
    fault: Fault = "none"
    severity: int = 1
    earlier_cases: int = 0

    assignee: str | None = None
    assigned_at: datetime | None = None
    assign_again_at: datetime | None = None
    taken_from: str | None = None

    talk: Talk = Field(default_factory=Talk)
    calls: Calls = Field(default_factory=Calls)
    agreed: Agreed | None = None
    orders: list[Order] = Field(default_factory=list)
    goods: Goods = Field(default_factory=Goods)
    messages: list[Message] = Field(default_factory=list)
    offers: list[Offer] = Field(default_factory=list)
    payouts: list[PayoutRef] = Field(default_factory=list)
    payee: PayeeRef | None = None
    pay_again_at: datetime | None = None
    gate_missing: list[str] = Field(default_factory=list)
    freight: Freight | None = None
    abuse: Abuse | None = None
    at_loss: AtLoss | None = None
    asked_platform: AskedPlatform | None = None
    refusal_answer: RefusalAnswer | None = None
    ended_before: RefundOutcome | None = None
    disputes: Disputes = Field(default_factory=Disputes)

    parcels: list[TrackedParcel] = Field(default_factory=list)
    tellings: list[Telling] = Field(default_factory=list)
    damage: Damage | None = None
    claims: list[CourierClaim] = Field(default_factory=list)
    shares: list[LossShare] = Field(default_factory=list)
    loss_kept: bool = False
    recoveries: list[Recovery] = Field(default_factory=list)

    stage_seen: str = ""
    stage_since: datetime | None = None
    clocks: dict[EscalationKind, Clock] = Field(default_factory=dict)
    held: Held | None = None
    touched_at: datetime | None = None

    outcome: RefundOutcome | None = None
    outcome_at: datetime | None = None
    refunded_fen: int = 0
    notice_done: bool = False
    notice_again_at: datetime | None = None
    closed_at: datetime | None = None

    version: int = 0
    person_step: int = 0
    recent: dict[str, str] = Field(default_factory=dict)
    unwritten: list[Event] = Field(default_factory=list)

    @property
    def order(self) -> Order | None:
        """The order that counts: the last one."""
        return self.orders[-1] if self.orders else None

    @property
    def open_order(self) -> Order | None:
        order = self.order
        return order if order is not None and order.open else None

    @property
    def open_message(self) -> Message | None:
        last = self.messages[-1] if self.messages else None
        return last if last is not None and last.status is MessageStatus.WAITING else None

    @property
    def offer(self) -> Offer | None:
        """The offer that counts: the last one."""
        return self.offers[-1] if self.offers else None

    @property
    def owed_offer(self) -> Offer | None:
        """What the buyer accepted and has not got yet, in a case that ended because they keep the goods."""
        last = self.offer
        kept = self.outcome is RefundOutcome.KEPT
        return last if kept and last is not None and last.status is OfferStatus.ACCEPTED else None

    @property
    def payout(self) -> PayoutRef | None:
        return self.payouts[-1] if self.payouts else None

    @property
    def live_payout(self) -> PayoutRef | None:
        """The payout that may still move money."""
        payout = self.payout
        return payout if payout is not None and not payout.settled else None

    @property
    def reading(self) -> Reading:
        """The application as it was last seen. A registered case has one from its first moment."""
        assert self.market is not None  # noqa: S101
        return self.market

    @property
    def loss_decided(self) -> bool:
        """Whether a decision to pay back at a loss still fits what the buyer asks for."""
        return self.at_loss is not None and self.market is not None and self.at_loss.on == basis_of(self.market)

    @property
    def handling(self) -> Handling:
        return self.reading.handling

    def parcel_on(self, leg: Leg) -> TrackedParcel | None:
        """The parcel that counts on this way: the last one told of."""
        return next((parcel for parcel in reversed(self.parcels) if parcel.leg is leg), None)

    def done(self, action: MarketAction) -> bool:
        """Whether the marketplace did this because we told it to."""
        return any(order.action is action and order.status is OrderStatus.DONE for order in self.orders)

    def view(self) -> "RefundCaseState":
        """The state without its bookkeeping: what answers and the case row carry."""
        return self.model_copy(update={"recent": {}, "unwritten": []})


class RefundAnswer(BaseModel):
    """What an update answers: the state after the step, and the digest of the body that was carried out."""

    model_config = ConfigDict(frozen=True)

    digest: str
    version: int
    state: RefundCaseState
    facts: dict[str, Any] = Field(default_factory=dict)
