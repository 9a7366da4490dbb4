"""Our payouts against a wallet's statement of one day: every difference by its name."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum

from domain.errors import Refusal

# Wallets count their days so; it has no summer time.
CHINA = timezone(timedelta(hours=8))
# Ours: a payment this close to midnight may stand in the statement of either day, so the later one decides.
MIDNIGHT_GRACE = timedelta(minutes=10)
_KEY = re.compile(r"[0-9A-Z]{4}[0-9]{20}")


class DifferenceKind(StrEnum):
    """`ours_missing`: the wallet paid what we do not count as paid. `theirs_missing`: we count as paid what the
    statement does not have."""

    OURS_MISSING = "ours_missing"
    THEIRS_MISSING = "theirs_missing"
    AMOUNT_DIFFERS = "amount_differs"
    PAID_TWICE = "paid_twice"
    CAME_BACK = "came_back"
    UNKNOWN_LINE = "unknown_line"


class DifferenceSettled(Refusal):
    """Somebody has settled this difference already."""

    code = "DifferenceSettled"


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of the statement: fen that left, negative where they came in."""

    row: int
    number: str
    fen: int


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject` is the money key, or the line where there is none."""

    kind: DifferenceKind
    subject: str
    ours_fen: int | None = None
    theirs_fen: int | None = None
    row: int | None = None


def is_ours(number: str, installation: str) -> bool:
    """Whether a merchant's number is a money key of this installation."""
    return _KEY.fullmatch(number) is not None and number.startswith(installation)


def compare(moved: Sequence[Moved], paid: Mapping[str, int], expected: Collection[str]) -> list[Difference]:
    """`moved` are the lines under our keys; `paid` is what we count as paid, of those keys and of the expected ones;
    `expected` are the keys that must stand in a statement by now."""
    left = [line for line in moved if line.fen > 0]
    times = Counter(line.number for line in left)
    found = [_about(line, paid.get(line.number)) for line in left]
    differences = [one for one in found if one is not None]
    differences += [
        Difference(DifferenceKind.PAID_TWICE, number, paid.get(number), sum(a.fen for a in left if a.number == number))
        for number, count in times.items()
        if count > 1
    ]
    differences += [
        Difference(DifferenceKind.CAME_BACK, line.number, paid.get(line.number), line.fen, line.row)
        for line in moved
        if line.fen < 0
    ]
    missing = [key for key in expected if key not in times]
    return differences + [Difference(DifferenceKind.THEIRS_MISSING, key, paid[key]) for key in sorted(missing)]


def _about(line: Moved, ours: int | None) -> Difference | None:
    if ours is None:
        return Difference(DifferenceKind.OURS_MISSING, line.number, None, line.fen, line.row)
    if ours != line.fen:
        return Difference(DifferenceKind.AMOUNT_DIFFERS, line.number, ours, line.fen, line.row)
    return None


def day_before(now: datetime) -> date:
    """The last whole day of the wallets."""
    return now.astimezone(CHINA).date() - timedelta(days=1)


def due_span(day: date) -> tuple[datetime, datetime]:
    """Payments in this span must stand in the statements up to this day's."""
    begins = datetime.combine(day, time.min, CHINA)
    return begins - MIDNIGHT_GRACE, begins + timedelta(days=1) - MIDNIGHT_GRACE
