"""What happens around a case's end, as parts of its state: merged into another case, and visited once more."""

from datetime import datetime

from pydantic import BaseModel, Field

from domain.contact_terms import Channel
from domain.sealed import SealedRef


class BuyerWaits(BaseModel):
    """What the buyer of a merged case waits for: the time that was agreed on (and when it was said), the hours in which
    they want to be reached, and an answer since they wrote."""

    agreed_at: datetime | None = None
    stated_at: datetime | None = None
    hours: list[str] = Field(default_factory=list)
    hours_written: bool = False
    wrote_at: datetime | None = None


class Merged(BaseModel):
    """Where the case went. `workflow` is the other case's; `told` says that it heard of it, and of what `waits`."""

    into: str
    workflow: str
    by: str
    at: datetime
    told: bool = False
    waits: BuyerWaits = Field(default_factory=BuyerWaits)


class Reversal(BaseModel):
    """The buyer was paid and turned the review bad again: when and in which run that was seen first."""

    at: datetime
    run: int
    paid_fen: int


class FollowUp(BaseModel):
    """The one visit after a solved case: wanted, planned, due, taken by one person, over. `questions` are the closed
    ones with their answers, as they stood in the policy when it was planned."""

    wanted_at: datetime
    number: int = 0
    channel: Channel | None = None
    due_at: datetime | None = None
    slot_ends_at: datetime | None = None
    why: str = ""
    why_zh: str = ""
    warnings: list[str] = []
    questions: dict[str, list[str]] = {}
    due: bool = False
    taken_by: str | None = None
    taken_at: datetime | None = None
    attempt: str | None = None
    answers: dict[str, str] = {}
    remark: SealedRef | None = None
    over: bool = False
