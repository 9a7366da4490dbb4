"""The state of one review case: facts and references only, one model, so that continue-as-new is one line.

Fields are only ever added, with defaults: payloads written by older code must still load.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from domain import editions
from domain.amendment import Baseline, Reading
from domain.approvals import ApprovalNeed, is_approved
from domain.case_clocks import Clock as Clock
from domain.case_clocks import Held as Held
from domain.contact_terms import StopSignal
from domain.disputes.state import Disputes
from domain.escalation import EscalationKind
from domain.gate import GateMode
from domain.handwork import HandWork
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.people import Role
from domain.platforms import AmendMode, Grade
from domain.review_case.agreements import Agreements
from domain.review_case.contacts import Attempt as Attempt
from domain.review_case.contacts import Begun as Begun
from domain.review_case.contacts import ContactWait as ContactWait
from domain.review_case.endings import FollowUp, Merged, Reversal
from domain.review_case.evidence import KeptFile, Malice
from domain.review_case.evidence import Suspicion as Suspicion
from domain.review_case.outcomes import Outcome
from domain.review_case.reply import Reply as Reply
from domain.review_case.reply import ReplyStatus as ReplyStatus
from domain.sealed import Event, PayeeRef, SealedRef


class Stage(StrEnum):
    """Where the case stands. Derived from its facts, never set."""

    OPENING = "opening"
    UNASSIGNED = "unassigned"
    CONTACTING = "contacting"
    OFFERING = "offering"
    AMENDING = "amending"
    PAYING = "paying"
    REPLYING = "replying"
    SUSPECTED = "suspected"
    ENDING = "ending"
    CLOSED = "closed"


class Opening(BaseModel):
    """What the starter knows: enough to find the rows that the way in has sealed. `run` counts from 1; a later run is
    a reopening and `why` says by what; `split_from` is the case into which this one was merged by mistake."""

    case: str
    platform: str
    shop: str
    external_id: str
    review_row: str
    run: int = 1
    source: str = "api"
    why: str | None = None
    split_from: str | None = None


class Identity(BaseModel):
    """What registering found out and nothing changes afterwards, but for the gate's mode, which may become laxer."""

    case_serial: int
    shop_serial: int
    installation: str
    order_row: str | None = None
    buyer: str | None = None
    grade: Grade
    baseline: Baseline
    review_created_at: datetime
    persistence_ends_at: datetime
    reply_due_at: datetime | None = None
    reply_closes_at: datetime | None = None
    amend_modes: list[AmendMode] = Field(default_factory=list)
    read_by_machine: bool = True
    may_ask_to_amend: bool = True
    append_closes_reply: bool = False
    score_counts: bool = Field(default=True, description="false: the shop's score does not hear of this review")
    gate_mode: GateMode
    order_paid_fen: int | None = None
    second_reading_after: timedelta = timedelta(minutes=10)


class OfferStatus(StrEnum):
    WAITING_APPROVAL = "waiting_approval"
    MADE = "made"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    REJECTED = "rejected"
    FULFILLED = "fulfilled"


class Approval(BaseModel):
    person: str
    role: Role
    at: datetime


class Offer(BaseModel):
    """One offer. Approval and reservation belong to it; acceptance pins both. `explained_in` and `unconvinced_in` are
    the contacts in which the cause was explained and in which that was heard not to convince."""

    number: int
    form: OfferForm
    amount_fen: int
    maker: str
    at: datetime
    valid_until: datetime
    status: OfferStatus
    need_roles: list[Role] = Field(default_factory=list)
    need_both: bool = False
    approvals: list[Approval] = Field(default_factory=list)
    policy: str | None = None
    reason: SealedRef | None = None
    explained_in: int | None = None
    unconvinced_in: int | None = None
    answered_at: datetime | None = None
    released: bool = False
    thanks: bool = False

    @property
    def open(self) -> bool:
        return self.status in {OfferStatus.WAITING_APPROVAL, OfferStatus.MADE}

    @property
    def approved(self) -> bool:
        """Whether everybody whose approval it needs has given it; what lies in its maker's right needs nobody."""
        given = [(approval.person, approval.role) for approval in self.approvals]
        return not self.need_roles or is_approved(ApprovalNeed(tuple(self.need_roles), self.need_both), given)


ASK_BUYER = "ask_buyer"
PAY_ANEW = "pay_anew"


class PayoutRef(BaseModel):
    """The case's view of a payout; the truth about its money is the payout's own row. `closed`: the wallet keeps the
    number as failed for good. `person_at`: since then a person has to find out what nobody could be asked.
    `keeps_open`: the case has no outcome before this is settled; `amended`: the amended review had been seen when it
    began. Payouts from before these rules have neither."""

    key: str
    offer: int
    amount_fen: int
    payee: str | None
    status: PayoutStatus
    at: datetime
    code: str | None = None
    remedy: str | None = None
    gate: str = ""
    closed: bool = False
    person_at: datetime | None = None
    hand: HandWork | None = None
    keeps_open: bool = False
    amended: bool = False

    @property
    def settled(self) -> bool:
        """Whether this payout is over. One that failed for a reason that can be mended still waits for a person."""
        if self.status is PayoutStatus.FAILED:
            return self.remedy in {ASK_BUYER, PAY_ANEW}
        return self.status in {PayoutStatus.PAID, PayoutStatus.CANCELLED}


class Amendment(BaseModel):
    """The amended review was seen: by two readings, one, or by a second person with proof."""

    mode: AmendMode
    at: datetime
    by: str
    evidence: str


class ReviewCaseState(BaseModel):
    """Everything a review case knows. `version` is the seq of its last event, `person_step` that of the last event
    that a person caused; `edition` is that of the rules by which this run lives."""

    opening: Opening
    opened_at: datetime
    edition: int = editions.NEWEST
    identity: Identity | None = None
    policies: dict[str, str] = Field(default_factory=dict)

    suggested_cause: str | None = None
    cause: str | None = None
    severity: int = 1
    earlier_cases: int = 0

    assignee: str | None = None
    agents: list[str] = Field(default_factory=list, description="everybody who has had the case")
    assigned_at: datetime | None = None
    first_contact_at: datetime | None = None
    assign_again_at: datetime | None = None
    taken_from: str | None = None
    replace_at: datetime | None = None

    contact: ContactWait | None = None
    begun: Begun | None = None
    plan_again_at: datetime | None = None
    plan_note: str = ""
    plan_code: str | None = None
    preference_at: datetime | None = None
    preference_stated_at: datetime | None = None
    rests_since: datetime | None = None
    online_seen_at: datetime | None = None
    presence_again_at: datetime | None = None
    attempts: list[Attempt] = Field(default_factory=list)
    contacts_planned: int = 0
    stopped: StopSignal | None = None
    agreements: Agreements = Field(default_factory=Agreements)

    offers: list[Offer] = Field(default_factory=list)
    payee: PayeeRef | None = None
    delivery: SealedRef | None = None
    payouts: list[PayoutRef] = Field(default_factory=list)
    pay_again_at: datetime | None = None
    gate_missing: list[str] = Field(default_factory=list)
    gate_ours: bool = False

    readings: list[Reading] = Field(default_factory=list)
    read_at: datetime | None = None
    read_again_at: datetime | None = None
    amendment: Amendment | None = None
    person_must_look: bool = False

    reply: Reply | None = None
    suspicion: Suspicion | None = None
    malice: Malice = Field(default_factory=Malice)
    files: list[KeptFile] = Field(default_factory=list)
    disputes: Disputes = Field(default_factory=Disputes)
    clocks: dict[EscalationKind, Clock] = Field(default_factory=dict)
    held: Held | None = None
    touched_at: datetime | None = None

    merged: Merged | None = None
    absorbed: list[str] = Field(default_factory=list)
    outcome: Outcome | None = None
    notice_done: bool = False
    notice_again_at: datetime | None = None
    follow_up: FollowUp | None = None
    relapsed: bool = False
    reversal: Reversal | None = None
    buyer_reversals: int = 0
    closed_at: datetime | None = None

    version: int = 0
    person_step: int = 0
    recent: dict[str, str] = Field(default_factory=dict)
    unwritten: list[Event] = Field(default_factory=list)

    @property
    def offer(self) -> Offer | None:
        """The offer that counts: the last one."""
        return self.offers[-1] if self.offers else None

    @property
    def accepted_offer(self) -> Offer | None:
        offer = self.offer
        return offer if offer and offer.status is OfferStatus.ACCEPTED else None

    @property
    def payout(self) -> PayoutRef | None:
        return self.payouts[-1] if self.payouts else None

    @property
    def suspected(self) -> bool:
        return self.suspicion is not None and self.suspicion.decided is None

    @property
    def malicious(self) -> bool:
        """Whether a supervisor decided that it is; contact and money stay stopped for good."""
        return self.suspicion is not None and self.suspicion.decided is True

    @property
    def explained(self) -> bool:
        return any(attempt.explained for attempt in self.attempts)

    @property
    def stage(self) -> Stage:
        for reached, stage in self._stages():
            if reached:
                return stage
        return Stage.CONTACTING

    def _stages(self) -> list[tuple[bool, Stage]]:
        payout, offer, reply = self.payout, self.offer, self.reply
        return [
            (self.closed_at is not None, Stage.CLOSED),
            (self.identity is None, Stage.OPENING),
            (payout is not None and not payout.settled, Stage.PAYING),
            (self.outcome is not None, Stage.ENDING),
            (self.suspected or self.malicious, Stage.SUSPECTED),
            (self.accepted_offer is not None, Stage.AMENDING),
            (offer is not None and offer.open, Stage.OFFERING),
            (reply is not None and reply.status in {ReplyStatus.WANTED, ReplyStatus.PREPARED}, Stage.REPLYING),
            (self.assignee is None, Stage.UNASSIGNED),
        ]

    def view(self) -> "ReviewCaseState":
        """The state without its bookkeeping: what answers and the case row carry."""
        return self.model_copy(update={"recent": {}, "unwritten": []})


class Answer(BaseModel):
    """What an update answers: the state after the step, and the digest of the body that was carried out."""

    digest: str
    version: int
    state: ReviewCaseState
    facts: dict[str, Any] = Field(default_factory=dict)
