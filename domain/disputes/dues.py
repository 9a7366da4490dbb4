"""When a case's quarrels need somebody: its agenda takes these beside its own."""

from collections.abc import Iterator
from datetime import datetime

from domain.disputes.counter_claims import due_at, open_claims
from domain.disputes.questions import unanswered
from domain.disputes.state import Disputed


def claims_due(case: Disputed) -> Iterator[tuple[datetime, str]]:
    """When somebody is reminded of each open counter-claim, and its number. A forum's day knows no hold."""
    yield from ((due_at(one), str(one.number)) for one in open_claims(case))


def questions_due(case: Disputed) -> Iterator[tuple[datetime, str]]:
    """Questions whose time has not run out yet."""
    yield from ((one.due_at, str(one.number)) for one in unanswered(case) if one.reminded_at is None)


def claims_waiting(case: Disputed) -> Iterator[tuple[datetime, str]]:
    """Every open counter-claim, reminded of or not."""
    yield from ((one.due_at, str(one.number)) for one in open_claims(case))


def questions_waiting(case: Disputed) -> Iterator[tuple[datetime, str]]:
    """Every question without an answer, reminded of or not."""
    yield from ((one.due_at, str(one.number)) for one in unanswered(case))
