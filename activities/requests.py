"""What workflows ask of activities: one model in, references and times only."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from domain.contact_terms import Channel, ContactPurpose, StopSignal
from domain.escalation import EscalationKind
from domain.gate import GateMode
from domain.people import Role
from domain.review_case.agreement_steps import DescribeBuyer
from domain.review_case.evidence_steps import AttachEvidence, ReportToPlatform
from domain.review_case.facts import StepRequest
from domain.review_case.outcomes import Outcome
from domain.review_case.state import Amendment, Opening, ReviewCaseState
from domain.review_case.steps import ConfirmCause, GiveThanks, LogContact, MakeOffer, MarkMalicious
from domain.sealed import Event
from domain.shifts import Span


class Request(BaseModel):
    model_config = ConfigDict(frozen=True)


class OpenRequest(Request):
    opening: Opening
    workflow: str
    now: datetime


class AssignRequest(Request):
    case: str
    shop: str
    severity: int
    cause: str | None
    taken_from: str | None = None
    contact_due_at: datetime | None = None
    now: datetime


class ClaimRequest(Request):
    step: StepRequest
    to: str
    taking_over: bool
    contact_due_at: datetime | None = None


class AskRequest(Request):
    """Who is to answer an investigation."""

    step: StepRequest
    to: str


class Handed(Request):
    """A case of somebody who is away."""

    case: str
    workflow: str
    shop: str
    severity: int
    cause: str | None = None


class AwayRequest(Request):
    """Whose work goes on to others, and in which shop; None: in every one."""

    person: str
    shop: str | None
    now: datetime


class SurgeRequest(Request):
    surge: str
    now: datetime


class SurgeStage(Request):
    """How a surge stands at a moment: `on`, `over` (also: taken away), or neither yet. `next_at`: when that changes."""

    on: bool = False
    over: bool = False
    next_at: datetime | None = None


class SurgedRequest(Request):
    """Whose planned contact a surge concerns that began (`surging`) or is over; beyond the case `after`."""

    surge: str
    surging: bool
    after: str
    now: datetime


class Surged(Request):
    case: str
    workflow: str


class HandOnRequest(Request):
    person: str
    cases: list[Handed]
    now: datetime


class PlanRequest(Request):
    case: str
    shop: str
    review_row: str
    review_created_at: datetime
    window_ends_at: datetime
    assignee: str | None
    preference_at: datetime | None
    preference_stated_at: datetime | None
    preference_hours: list[str] = []
    preference_written: bool = False
    online_seen_at: datetime | None
    presence_again_at: datetime | None = None
    number: int
    now: datetime


class ReplaceRequest(Request):
    """A contact that its agent can never make, as it was planned in vain."""

    plan: PlanRequest
    severity: int
    cause: str | None = None


class TakeRequest(Request):
    step: StepRequest
    review_row: str
    number: int
    channel: Channel
    preference_at: datetime | None
    preference_stated_at: datetime | None = None
    preference_hours: list[str] = []
    preference_written: bool = False
    purpose: ContactPurpose = ContactPurpose.CASE_TALK


class CallbackRequest(Request):
    """The buyer asked for a contact: stop signals from before that no longer hold for them."""

    step: StepRequest
    review_row: str


class LogRequest(Request):
    step: StepRequest
    review_row: str
    log: LogContact
    number: int
    channel: Channel
    attempt: str | None


class StopRequest(Request):
    step: StepRequest
    review_row: str
    signal: StopSignal


class CauseRequest(Request):
    step: StepRequest
    review_row: str
    confirm: ConfirmCause
    score: int = 0


class SignalsRequest(Request):
    step: StepRequest
    mark: MarkMalicious


class FollowUpRequest(Request):
    case: str
    shop: str
    review_row: str
    review_created_at: datetime
    assignee: str | None
    preference_hours: list[str] = []
    preference_written: bool = False
    number: int
    wanted_at: datetime | None = None
    now: datetime


class RelapseRequest(Request):
    review_row: str
    grade: str


class MergeRequest(Request):
    step: StepRequest
    into: str


class DescribeRequest(Request):
    step: StepRequest
    review_row: str
    describe: DescribeBuyer


class SplitRequest(Request):
    """A case that goes on by itself again, and the one that it was merged into."""

    case: str
    split_from: str


class EvidenceRequest(Request):
    step: StepRequest
    attach: AttachEvidence


class FilesRequest(Request):
    step: StepRequest
    files: list[str]


class ReportRequest(Request):
    """`kept` are the kinds of evidence that the case has."""

    step: StepRequest
    platform: str
    report: ReportToPlatform
    kept: list[str]


class OfferRequest(Request):
    step: StepRequest
    review_row: str
    offer: MakeOffer
    number: int
    grade: str
    cause: str | None
    severity: int
    order_paid_fen: int | None
    suspicion_decided: bool
    settled_before: bool
    absorbed: list[str] = Field(default_factory=list)
    paid_back_fen: int = 0


class ThanksRequest(Request):
    step: StepRequest
    review_row: str
    thanks: GiveThanks
    number: int
    absorbed: list[str] = Field(default_factory=list)


class ReleaseRequest(Request):
    """Give back what was set aside: for one offer, or (None) for every offer of a case that ends. `begun` are the
    payouts that the case knows of; None for a case that knows nothing of others."""

    case: str
    offer: int | None
    begun: list[str] | None = None
    now: datetime


class ReviewRequest(Request):
    """Which review to read on the marketplace."""

    case: str
    shop: str
    review_row: str
    now: datetime


class ClockRequest(Request):
    """`told` are the roles that heard of it already; `roles`, where given, whose turn the agent's is. `pauses` don't
    count."""

    case: str
    shop: str
    kind: EscalationKind
    since: datetime
    severity: int
    told: list[Role] = Field(default_factory=list)
    pauses: list[Span] = Field(default_factory=list)
    assignee: str | None = None
    roles: list[Role] = Field(default_factory=list)
    now: datetime


class AnnouncementRequest(Request):
    """`person` has to do something by `due_at`, and knows since `asked_at`; None: nobody has the case."""

    case: str
    shop: str
    person: str | None
    asked_at: datetime
    due_at: datetime


class PayoutRequest(Request):
    """What the gate is asked about: the case's own view, which the activity completes from shop and policy. `promised`
    is the mode under which the case goes on; a stricter one of the shop's counts only for later cases."""

    case: str
    shop: str
    case_serial: int
    shop_serial: int
    installation: str
    offer: int
    amount_fen: int
    form: str
    attempt: int
    payee: str | None = None
    accepted: bool
    approved: bool
    within_policy: bool
    cause_confirmed: bool
    amendment_verified: bool
    malicious_block: bool
    promised: GateMode | None = None
    cause: str | None = None
    amendment: Amendment | None = None
    approved_by: list[str] = Field(default_factory=list)
    absorbed: list[str] = Field(default_factory=list)
    now: datetime


class NoticeRequest(Request):
    """`stopped` buyers get the notice that money was sent and nothing else."""

    case: str
    shop: str
    review_row: str
    outcome: Outcome
    stopped: bool
    paid_fen: int
    now: datetime


class Projection(Request):
    """All events since the last write, and the state after them."""

    workflow: str
    state: ReviewCaseState
    events: list[Event]
    due_at: datetime
    due_what: str
