"""How often a login may fail before it is locked for a while, counted so that nobody can be kept out by others.

Three counts, each for its own time: failures of one login from one address, failures of one login from a device that
has logged in with it before, and failures of one login from everywhere else together. A stranger who fails on purpose
fills the first and the third; who comes from a device of theirs is asked only for the second, and a one-time code from
an administrator is asked for none.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refusal


class Count(StrEnum):
    """What failures are counted for."""

    PLACE = "place"
    DEVICE = "device"
    LOGIN = "login"


@dataclass(frozen=True, slots=True)
class Limit:
    failures: int
    within: timedelta


LIMITS = {
    Count.PLACE: Limit(5, timedelta(minutes=15)),
    Count.DEVICE: Limit(10, timedelta(minutes=15)),
    Count.LOGIN: Limit(50, timedelta(hours=1)),
}


class LoginLocked(Refusal):
    """Too many attempts on this login have failed; `facts["retry_after"]` says after how many seconds it opens."""

    code = "LoginLocked"


def counted(known_device: bool) -> tuple[Count, ...]:
    """What an attempt is counted for."""
    return (Count.DEVICE,) if known_device else (Count.PLACE, Count.LOGIN)


def check_attempts(count: Count, attempts: int, since: datetime, now: datetime) -> None:
    """`attempts` includes this one. Raises LoginLocked."""
    limit = LIMITS[count]
    if attempts <= limit.failures:
        return
    seconds = max(1, int((since + limit.within - now).total_seconds()))
    raise LoginLocked(
        "Too many attempts with this login have failed. Wait, use a device on which you have logged in before, or ask "
        "an administrator for a one-time code.",
        retry_after=seconds,
    )
