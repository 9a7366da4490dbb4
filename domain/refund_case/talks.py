"""What was asked, explained and proposed before anything is decided, as parts of a refund case's state."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from domain.contact_terms import StopSignal
from domain.review_case.agreements import Heard
from domain.review_case.state import Attempt, Begun, ContactWait
from domain.sealed import SealedRef


class Alternative(StrEnum):
    """What a buyer may like better than sending everything back."""

    USAGE_HELP = "usage_help"
    EXCHANGE = "exchange"
    KEEP_WITH_COUPON = "keep_with_coupon"
    PARTIAL_REFUND = "partial_refund"


class Proposal(BaseModel):
    """`offer` is the number of the offer that it costs, where the shop pays for it."""

    number: int
    alternative: Alternative
    amount_fen: int | None = None
    by: str
    at: datetime
    accepted: bool | None = None
    offer: int | None = None


class Trial(BaseModel):
    """The buyer tries the goods first. Anybody of the desk may end it; at `until` it ends by itself."""

    since: datetime
    until: datetime
    by: str


class Talk(BaseModel):
    """`asked_at` is when the buyer's reason was understood and recorded; before that nothing is processed."""

    asked_at: datetime | None = None
    asked_by: str | None = None
    words: SealedRef | None = None
    explained: list[str] = Field(default_factory=list)
    proposals: list[Proposal] = Field(default_factory=list)
    trial: Trial | None = None
    satisfied: bool = False

    @property
    def accepted(self) -> Proposal | None:
        return next((one for one in reversed(self.proposals) if one.accepted), None)

    @property
    def open_proposal(self) -> Proposal | None:
        last = self.proposals[-1] if self.proposals else None
        return last if last is not None and last.accepted is None else None


class Calls(BaseModel):
    """Contacts of the desk with the applicant. `planned_by_desk`: the case was opened by code that plans them;
    `planned` counts them, `hopeless`: no hour is left, and `note` says why. `heard` are the buyer's own messages."""

    planned_by_desk: bool = False
    contact: ContactWait | None = None
    begun: Begun | None = None
    attempts: list[Attempt] = Field(default_factory=list)
    planned: int = 0
    plan_again_at: datetime | None = None
    preference_at: datetime | None = None
    preference_stated_at: datetime | None = None
    hopeless: bool = False
    note: str = ""
    stopped: StopSignal | None = None
    heard: list[Heard] = Field(default_factory=list)
