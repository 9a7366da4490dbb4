"""What the seller writes to an application on its marketplace, as part of a refund case's state."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from domain.sealed import SealedRef


class MessageStatus(StrEnum):
    WAITING = "waiting"
    WRITTEN = "written"  # seen on the marketplace
    BY_HAND = "by_hand"  # no machine can write there; a person copies it into the workbench
    REFUSED = "refused"  # by the marketplace, or by the house's own look at words


class Message(BaseModel):
    """`photo` is a kept picture: the marketplace takes no words without one."""

    number: int
    words: SealedRef
    photo: str
    by: str
    at: datetime
    status: MessageStatus = MessageStatus.WAITING
    again_at: datetime | None = None
    tries: int = 0
    trouble: str | None = None
