"""The public reply, as a part of the case's state."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from domain.sealed import SealedRef


class ReplyStatus(StrEnum):
    WANTED = "wanted"
    PREPARED = "prepared"
    CONFIRMED = "confirmed"
    POSTED = "posted"
    SKIPPED = "skipped"
    IMPOSSIBLE = "impossible"


class Reply(BaseModel):
    """The public reply under the review; given at most once. `early` says that it came before its time, so that
    trying goes on after it."""

    status: ReplyStatus
    wanted_at: datetime
    why: str
    text: SealedRef | None = None
    confirmed_by: str | None = None
    by_hand: bool = False
    again_at: datetime | None = None
    early: bool = False
