"""What claims at couriers ask of activities: one model in, one out; references, amounts and times only."""

from datetime import datetime

from pydantic import Field

from activities.refund_requests import RefundRequest
from activities.requests import Request
from domain.courier_claims import ClaimStatus, DamageFinding
from domain.refund_case.claim_steps import FileCourierClaim
from domain.refund_case.claims import ClaimWord


class DamageRequest(RefundRequest):
    """Who pays the freight when damage came from there; `photos` are files of the case."""

    finding: DamageFinding
    cause: str | None
    abuse: bool
    photos: list[str] = Field(default_factory=list)


class ClaimGroundsRequest(RefundRequest):
    """Whether a claim can be made: `lost_fen` is what the goods are worth."""

    key: str
    claim: FileCourierClaim
    shipment: str
    lost_fen: int
    by: str


class ClaimCall(Request):
    """One claim by its permanent key."""

    key: str
    now: datetime


class ClaimWordCall(ClaimCall):
    """What a person says of it."""

    word: ClaimWord


class ClaimAnswer(Request):
    """How a claim stands. `workflow` is the case's current run; `ask_at` is None where nobody asks by machine."""

    key: str
    workflow: str
    status: ClaimStatus
    agreed_fen: int = 0
    paid_fen: int = 0
    code: str | None = None
    answer_due_at: datetime
    ask_at: datetime | None = None
