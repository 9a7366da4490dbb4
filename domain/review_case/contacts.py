"""The contacts of a case as parts of its state: planned, begun, made."""

from datetime import datetime

from pydantic import BaseModel

from domain.contact_terms import CallResult, Channel, TalkOutcome


class ContactWait(BaseModel):
    """The next contact: planned, then due, then taken by one person. `reminder`: the buyer has accepted an offer, so it
    reminds of what was agreed and talks nobody over. `warnings` say what to know before trusting the plan, like a time
    that the buyer named and that can't be kept."""

    number: int
    channel: Channel
    due_at: datetime
    slot_ends_at: datetime
    why: str
    why_zh: str = ""
    warnings: list[str] = []
    reminder: bool = False
    in_surge: bool = False
    due: bool = False
    attempt: str | None = None
    taken_by: str | None = None
    taken_at: datetime | None = None


class Begun(BaseModel):
    """The contact that a person began last and has not logged: at hand, lapsed, or left with its case. `at` is when
    they really began, whatever hold lay between."""

    number: int
    channel: Channel
    attempt: str | None
    by: str
    at: datetime


class Attempt(BaseModel):
    """A contact that happened."""

    number: int
    channel: Channel
    at: datetime
    by: str
    result: CallResult
    talk: TalkOutcome | None = None
    explained: bool = False
    convinced: bool | None = None
    asked_to_amend: bool = False
    inbound: bool = False
