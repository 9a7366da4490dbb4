"""Was the review really amended? A verdict over readings of the marketplace, never over anybody's word."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from domain.platforms import AmendMode, Grade

BETWEEN_READINGS = timedelta(minutes=10)
HISTORY_SERVED = timedelta(days=180)
_RANK = {Grade.BAD: 0, Grade.NEUTRAL: 1, Grade.GOOD: 2}


class Reading(BaseModel):
    """One look at the review on the marketplace. `other_row_readable` says that the same look showed another row of
    the shop, so an absent row is absent and not merely unreadable. A None is what the platform did not tell."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    found: bool
    grade: Grade | None = None
    appended: bool = False
    append_negative: bool | None = None
    other_row_readable: bool = False
    text_digest: str | None = None
    replied: bool = False


class Baseline(BaseModel):
    """The review as it was when the case was registered."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    grade: Grade
    appended: bool = False
    text_digest: str | None = None
    review_created_at: datetime | None = None


@dataclass(frozen=True)
class Amended:
    """`evidence` holds the readings that prove it, in order."""

    mode: AmendMode
    evidence: tuple[Reading, ...]


@dataclass(frozen=True)
class NotAmended:
    """The review stands. `improved` is a better grade that falls short of good."""

    why: str
    improved: bool = False


@dataclass(frozen=True)
class Unclear:
    """Look again at `read_again_at`; None means that no further reading can tell and a person must look."""

    read_again_at: datetime | None
    why: str


@dataclass(frozen=True)
class Worse:
    why: str
    evidence: tuple[Reading, ...]


@dataclass(frozen=True)
class Removed:
    """The review is gone, but buyers cannot delete here: the platform took it down."""

    evidence: tuple[Reading, ...]


type Verdict = Amended | NotAmended | Unclear | Worse | Removed


def verdict(baseline: Baseline, readings: Sequence[Reading], modes: Collection[AmendMode], now: datetime) -> Verdict:
    """What the readings show. One reading proves a changed grade or an append; a vanished row takes two, at least ten
    minutes apart and each with another row readable. Readings before the baseline or after `now` are ignored."""
    seen = sorted((one for one in readings if baseline.at <= one.at <= now), key=lambda one: one.at)
    if not seen:
        return Unclear(now, "the review has not been read yet")
    if seen[-1].found:
        return _of_found(baseline, seen[-1], modes, now)
    return _of_vanished(baseline, seen, modes, now)


def _of_found(baseline: Baseline, last: Reading, modes: Collection[AmendMode], now: datetime) -> Verdict:
    if last.grade is None:
        return Unclear(now + BETWEEN_READINGS, "the marketplace sent the review without a grade")
    new_append = last.appended and not baseline.appended
    if new_append and last.append_negative:
        return Worse("the buyer appended another complaint", (last,))
    if _RANK[last.grade] < _RANK[baseline.grade]:
        return Worse(f"the grade went from {baseline.grade} to {last.grade}", (last,))
    if last.grade is Grade.GOOD and baseline.grade is not Grade.GOOD:
        return _of_good_grade(last, modes)
    if new_append and AmendMode.APPEND in modes:
        return _of_append(last)
    improved = _RANK[last.grade] > _RANK[baseline.grade]
    return NotAmended(f"the grade is {last.grade}" if improved else "nothing has changed", improved)


def _of_good_grade(last: Reading, modes: Collection[AmendMode]) -> Verdict:
    for mode in (AmendMode.EDIT_RESULT, AmendMode.SCORE_ONLY):
        if mode in modes:
            return Amended(mode, (last,))
    return Unclear(None, "the grade changed where buyers cannot change it; a person must look")


def _of_append(last: Reading) -> Verdict:
    if last.append_negative is None:
        return Unclear(None, "an append appeared, its meaning is unknown; a person must read it")
    return Amended(AmendMode.APPEND, (last,))


def _of_vanished(baseline: Baseline, seen: Sequence[Reading], modes: Collection[AmendMode], now: datetime) -> Verdict:
    absent = _absent_since_last_found(seen)
    if not absent:
        return Unclear(now + BETWEEN_READINGS, "no other row of the shop could be read, so absence proves nothing")
    first, last = absent[0], absent[-1]
    if baseline.review_created_at and last.at > baseline.review_created_at + HISTORY_SERVED:
        return Unclear(None, "the review is older than what the marketplace serves; a person must look")
    if last.at - first.at < BETWEEN_READINGS:
        return Unclear(max(now, first.at + BETWEEN_READINGS), "the review is gone in one reading; a second must agree")
    if AmendMode.DELETE not in modes:
        return Removed((first, last))
    return Amended(AmendMode.DELETE, (first, last))


def _absent_since_last_found(seen: Sequence[Reading]) -> list[Reading]:
    since = max((index for index, one in enumerate(seen) if one.found), default=-1) + 1
    return [one for one in seen[since:] if one.other_row_readable]
