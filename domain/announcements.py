"""When somebody hears of a thing before it falls due (R197): in their own working hours, with time left to do it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from domain.shifts import Span


class Announcement(BaseModel):
    """Of one thing to one person. `at` is None until it was reckoned; `over`: it was told, or there is no need to."""

    at: datetime | None = None
    over: bool = False


class Announced(BaseModel):
    """When to tell of it; None: only once it is due, since whoever has to do it has just heard."""

    model_config = ConfigDict(frozen=True)

    at: datetime | None
    policy: str = ""


def announce_at(asked_at: datetime, due_at: datetime, minutes: int, work: Iterable[Span]) -> datetime | None:
    """The moment at which `minutes` of work are left before it is due; where less lies between, the beginning of the
    first stretch. None where that is no later than it was asked. `work` is cut to that time, in order."""
    left, at = timedelta(minutes=minutes), due_at
    if not minutes:
        return None
    for opens, closes in reversed(list(work)):
        if left <= closes - opens:
            at = closes - left
            break
        left -= closes - opens
        at = opens
    return at if asked_at < at < due_at else None
