"""What the activities find out for a refund case, as plain facts; progress.py lets them count."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from domain.contact_terms import StopSignal
from domain.escalation import EscalationKind
from domain.people import Role
from domain.policies.causes import Fault
from domain.refund_case.claims import ClaimGrounds
from domain.refund_case.market import Reading
from domain.refund_case.messages import MessageStatus
from domain.refund_case.state import Freight, RefundCaseState, RefundIdentity
from domain.tracking import TransitState


class Fact(BaseModel):
    model_config = ConfigDict(frozen=True)


class RefundOpened(Fact):
    """The case is registered. `duplicate_of` names the case that already has this application; `number` is the number
    that counts, should the minted one have been taken. `before` is how the case's last run ended,
    `calls` whether the desk plans calls to the applicant."""

    number: str
    duplicate_of: str | None = None
    identity: RefundIdentity | None = None
    reading: Reading | None = None
    before: RefundCaseState | None = None
    calls: bool = False
    policies: dict[str, str] = Field(default_factory=dict)
    severity: int = 1
    earlier_cases: int = 0
    clocks: dict[EscalationKind, datetime] = Field(default_factory=dict)


class RefundPrepared(Fact):
    """What an activity found out before a step could be carried out; only the fields of that step are set."""

    policy: str | None = None
    severity: int | None = None
    fault: Fault | None = None
    freight: Freight | None = None
    address: int | None = None
    resellable: bool | None = None
    next: str = ""
    claim: str | None = None
    reading: Reading | None = None
    digests: dict[str, str] = Field(default_factory=dict)
    grounds: ClaimGrounds | None = None
    need_roles: list[Role] = []
    need_both: bool = False
    valid_until: datetime | None = None
    approval_until: datetime | None = None
    month: str | None = None
    attempt: str | None = None
    again_at: datetime | None = None
    stop: StopSignal | None = None


class OrderResult(StrEnum):
    DONE = "done"
    MOVED = "moved"  # the application is not what it was decided on
    NEEDS_CODE = "needs_code"
    BY_HAND = "by_hand"
    REFUSED = "refused"


class Ordered(Fact):
    """What became of an order: read before and after, so `reading` is how the application stands now."""

    result: OrderResult
    reading: Reading | None = None
    trouble: str | None = None


class MessageAnswer(Fact):
    """What became of a message."""

    status: MessageStatus
    trouble: str | None = None


class Warned(Fact):
    """Who was warned of a deadline: the role, and the people who hold it in the shop now."""

    hours: int
    role: Role
    people: list[str]


class Traced(Fact):
    """Where a parcel is by its courier. `watched` is False where no courier is set up, so that nobody asks again;
    `trouble` is the code with which the courier refused to tell."""

    shipment: str
    state: TransitState = TransitState.UNKNOWN
    first_at: datetime | None = None
    last_at: datetime | None = None
    signed_at: datetime | None = None
    watched: bool = True
    trouble: str | None = None
