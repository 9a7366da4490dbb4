"""What was said and agreed with a buyer, as parts of a review case's state: references, times and codes only."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from domain.announcements import Announcement
from domain.contact_terms import Channel
from domain.people import Role
from domain.sealed import SealedRef


class Promise(BaseModel):
    """Something that was promised to the buyer until a time. `reminded_at` is when it fell due, `ahead` that it is
    announced before; promises from before that have none."""

    number: int
    what: SealedRef
    due_at: datetime
    by: str
    at: datetime
    ahead: Announcement | None = None
    reminded_at: datetime | None = None
    kept_at: datetime | None = None
    broken_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it may still be kept; a broken one may, late."""
        return self.kept_at is None


class Investigation(BaseModel):
    """A question about a serious complaint: asked of one person, announced again before it is due, answered."""

    number: int
    to: str
    question: SealedRef
    due_at: datetime
    by: str
    at: datetime
    ahead: Announcement | None = None
    reminded_at: datetime | None = None
    answer: SealedRef | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.answered_at is None


class Decision(BaseModel):
    """What an agent may not grant: put to a leader, due, decided by somebody else than who asked. `needs` is the
    lowest role that decides: what a lead asks is a supervisor's. `about_contact`: whether the buyer is contacted again;
    no contact is planned before that was decided."""

    number: int
    what: SealedRef
    needs: Role
    by: str
    at: datetime
    due_at: datetime
    reminded_at: datetime | None = None
    granted: bool | None = None
    answer: SealedRef | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    about_contact: bool = False

    @property
    def open(self) -> bool:
        return self.decided_at is None


class FixKind(StrEnum):
    """How a problem itself is repaired."""

    EXCHANGE = "exchange"
    RESEND = "resend"
    REPAIR = "repair"
    REFUND = "refund"
    REFUND_PART = "refund_part"
    HELP = "help"


class Fix(BaseModel):
    """The problem was repaired so; `paid_back_fen` is what the buyer got back by it."""

    number: int
    kind: FixKind
    paid_back_fen: int = 0
    what: SealedRef
    by: str
    at: datetime


class Details(BaseModel):
    """What a vague review was about, as the buyer told it."""

    description: SealedRef
    order: SealedRef | None = None
    by: str
    at: datetime


class Speaker(StrEnum):
    BUYER = "buyer"
    DESK = "desk"


class Chat(BaseModel):
    """A piece of the original chat; who said it and when, where that is known."""

    number: int
    text: SealedRef
    by: str
    at: datetime
    speaker: Speaker | None = None
    said_at: datetime | None = None


class Heard(BaseModel):
    """A message of the buyer's, by the id of its text. `number` is its place among the contacts; None: it has none."""

    text: str
    channel: Channel
    by: str
    at: datetime
    number: int | None = None
    logged: bool = False


class Agreements(BaseModel):
    """`accepted_at` is when the buyer's yes to the result was recorded first; before that nobody mentions the review.
    `temper` and `cautions` are for whoever talks to the buyer next. `hours` are when the buyer wants to be reached."""

    promises: list[Promise] = Field(default_factory=list)
    investigations: list[Investigation] = Field(default_factory=list)
    decisions: list[Decision] = Field(default_factory=list)
    chats: list[Chat] = Field(default_factory=list)
    fixes: list[Fix] = Field(default_factory=list)
    details_wanted: bool = False
    details: Details | None = None
    temper: list[str] = Field(default_factory=list)
    cautions: SealedRef | None = None
    accepted_at: datetime | None = None
    heard: list[Heard] = Field(default_factory=list)
    hours: list[str] = Field(default_factory=list)
    hours_written: bool = False
