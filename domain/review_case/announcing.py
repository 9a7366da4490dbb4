"""What somebody has to do by a time is announced to them before: promises to the case's agent, questions of an
investigation to whoever was asked. When it is due they hear of it once more, and then the ladder."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.announcements import Announced, Announcement
from domain.people import TIMER
from domain.review_case import investigations, promises
from domain.review_case.agreement_steps import MakePromise, OpenInvestigation
from domain.review_case.agreements import Investigation, Promise
from domain.review_case.recording import record
from domain.review_case.state import ReviewCaseState
from domain.step import Step


class Subject(StrEnum):
    PROMISE = "promise"
    INVESTIGATION = "investigation"


def subject_of(step: Step) -> Subject | None:
    """What a step asks somebody to do by a time."""
    if isinstance(step, MakePromise):
        return Subject.PROMISE
    return Subject.INVESTIGATION if isinstance(step, OpenInvestigation) else None


def wanted(case: ReviewCaseState, subject: Subject) -> None:
    """The newest of its kind is to be announced."""
    of_kind = case.agreements.promises if subject is Subject.PROMISE else case.agreements.investigations
    of_kind[-1].ahead = Announcement()


def waiting(case: ReviewCaseState) -> Iterator[tuple[str, datetime | None]]:
    """What is still to be announced, as `<subject> <number>`, and when; None: that is still to be reckoned."""
    for subject, one in _open(case):
        if one.ahead is not None and not one.ahead.over and one.reminded_at is None:
            yield f"{subject} {one.number}", one.ahead.at


def _open(case: ReviewCaseState) -> Iterator[tuple[Subject, Promise | Investigation]]:
    yield from ((Subject.PROMISE, one) for one in promises.unbroken(case))
    yield from ((Subject.INVESTIGATION, one) for one in investigations.unanswered(case))


def find(case: ReviewCaseState, what: str) -> tuple[Promise | Investigation, str | None]:
    """What `waiting` named, and the person who has to do it."""
    subject, _, number = what.partition(" ")
    if subject == Subject.PROMISE:
        return case.agreements.promises[int(number) - 1], case.assignee
    asked = case.agreements.investigations[int(number) - 1]
    return asked, asked.to


def reckoned(case: ReviewCaseState, what: str, found: Announced) -> None:
    one, _ = find(case, what)
    one.ahead = Announcement(at=found.at, over=found.at is None)


def announce(case: ReviewCaseState, what: str, now: datetime) -> None:
    """Late by a hold or an outage, it may have fallen due: then that alone is told."""
    one, person = find(case, what)
    if one.ahead is None or one.ahead.over:
        return
    one.ahead = Announcement(at=one.ahead.at, over=True)
    if one.open and now < one.due_at:
        subject, _, number = what.partition(" ")
        kind = f"{subject}_soon"
        facts: dict[str, Any] = {str(subject): int(number), "due_at": one.due_at, "what": kind, "level": 0}
        record(case, TIMER, now, kind, **facts, told=[person] if person else [])
