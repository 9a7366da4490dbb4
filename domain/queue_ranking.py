"""What the queue shows first.

What a person is needed for now comes before what waits for its hour. Within the first, cases stand by a moment, their
place: the earlier, the sooner. Since every part of it is a moment or a length of time, two cases never change their
order by time passing alone, so a place is reckoned when the case changes and lists read it from an index:

    place = since when somebody is needed
            less up to 8 h for its severity,
            less up to 4 h for its age at that moment (in full after 30 days),
            plus up to 4 h for calls that reached nobody, and hours more or less for how the last talk ended,
            plus 2 h for a review that the shop's score does not hear of;
    and at the latest 12 h before its first deadline, as if it had been due then.

In a surge there are more cases than hands, so the place is by value and age alone: the moment of the review, an hour
earlier for every ten yuan of the order, up to a week, and nothing for a review that does not count; the deadline's rule
holds there too. What waits stands by when it is due. A question that was put to a person (an investigation) stands in
their queue at the moment at which it was asked, or 12 h before its answer is due if that is earlier. Equal places are
told apart by the case's number. The weights are ours; docs/decisions/0007-the-queues-ranking.md says why.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.contact_terms import CallResult, TalkOutcome

MONTH = timedelta(days=30)
DEADLINE_LEAD = timedelta(hours=12)
AGE_COUNTS = timedelta(hours=4)
SEVERITY_COUNTS = {1: timedelta(0), 2: timedelta(hours=1), 3: timedelta(hours=4), 4: timedelta(hours=8)}
# Requirement 10: hopeless cases leave the hours to the others, and are not dropped.
MISS_COUNTS = timedelta(minutes=20)
MISSES_COUNTED = 12
TALK_COUNTS = {
    TalkOutcome.AGREED_AMEND: timedelta(hours=-3),
    TalkOutcome.AGREED_LATER: timedelta(hours=-3),
    TalkOutcome.WANTS_REFUND: timedelta(hours=-2),
    TalkOutcome.WANTS_EXCHANGE: timedelta(hours=-2),
    TalkOutcome.WANTS_REDELIVERY: timedelta(hours=-2),
    TalkOutcome.UNDECIDED: timedelta(hours=-1),
    TalkOutcome.REFUSED_POLITELY: timedelta(hours=4),
    TalkOutcome.ABUSIVE: timedelta(hours=6),
}
# Requirement 91: amending it changes nothing for the shop's score. The buyer still waits for an answer.
UNCOUNTED = timedelta(hours=2)
FEN_AN_HOUR = 1_000
LONGEST_FOR_VALUE = timedelta(days=7)

MISSED = frozenset({CallResult.NO_ANSWER, CallResult.BUSY, CallResult.DECLINED, CallResult.SHORT_HANGUP})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What ranking knows of a case. `due_at` is since or from when a person is needed; None: nobody is, and the case
    looks after itself until `next_at`. `value_fen` is what the order cost. `counts`: the shop's score hears of it."""

    number: str
    due_at: datetime | None
    next_at: datetime
    severity: int
    created_at: datetime
    misses: int = 0
    talk: TalkOutcome | None = None
    deadlines: Collection[datetime] = ()
    value_fen: int = 0
    counts: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Compares as the queue is ordered."""

    waiting: bool
    at: datetime
    number: str


def rank(facts: CaseFacts, now: datetime, *, surge: bool = False) -> Rank:
    """The place of a case in the queue; the smallest comes first."""
    if facts.due_at is None or facts.due_at > now:
        return Rank(True, facts.due_at or facts.next_at, facts.number)
    at = _by_value(facts) if surge else _by_need(facts, facts.due_at)
    return Rank(False, at, facts.number)


def _by_need(facts: CaseFacts, due_at: datetime) -> datetime:
    age = min(max(due_at - facts.created_at, timedelta()), MONTH)
    chance = min(facts.misses, MISSES_COUNTED) * MISS_COUNTS
    if facts.talk is not None:
        chance += TALK_COUNTS.get(facts.talk, timedelta())
    if not facts.counts:
        chance += UNCOUNTED
    at = due_at - SEVERITY_COUNTS[facts.severity] - AGE_COUNTS * (age / MONTH) + chance
    return min([at, *(deadline - DEADLINE_LEAD for deadline in facts.deadlines)])


def _by_value(facts: CaseFacts) -> datetime:
    value = facts.value_fen if facts.counts else 0
    at = facts.created_at - min(timedelta(hours=value / FEN_AN_HOUR), LONGEST_FOR_VALUE)
    # A case whose deadline is near stands among the oldest there can be.
    return min([at, *(deadline - DEADLINE_LEAD - MONTH for deadline in facts.deadlines)])
