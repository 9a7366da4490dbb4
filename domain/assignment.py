"""Who takes a case: skill, shift and capacity first, then the least loaded, then whoever has waited longest."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field

from domain.case_clocks import Clock
from domain.escalation import EscalationKind

ASSIGN_AGAIN = timedelta(minutes=15)
ASSIGN_AT_LEAST_EVERY = timedelta(hours=4)
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Candidate:
    """`capacity` is how many open cases the person takes, over all shops; `seniority` counts up from 0. `shared`: other
    shops give them cases as well."""

    person: str
    skills: frozenset[str]
    on_shift: bool
    open_cases: int
    capacity: int
    last_assigned_at: datetime | None = None
    seniority: int = 0
    shared: bool = False


@dataclass(frozen=True)
class Choice:
    person: str
    reason: str


@dataclass(frozen=True)
class Nobody:
    """The first condition that no candidate met, for the lead who has to change it."""

    reason: str


class Assigned(BaseModel):
    """What a case is told: who was chosen under the shop's lock, or that nobody could be and it is tried later. With
    the desk policy that decided, and the contact policy where hours did. `next_shift_at` is when the next agent begins,
    if that is soon."""

    model_config = ConfigDict(frozen=True)

    person: str | None
    why: str
    off_shift: bool = False
    policy: str = ""
    hours_policy: str = ""
    next_shift_at: datetime | None = None
    clocks: dict[EscalationKind, datetime] = Field(default_factory=dict)


class Free(Protocol):
    """A case of any kind that is nobody's."""

    edition: int
    opened_at: datetime
    assign_again_at: datetime | None
    clocks: dict[EscalationKind, Clock]


def search_again(case: Free, found: Assigned, now: datetime) -> None:
    """Nobody could take the case: when it asks again, by how long it has been free and when the next shift begins."""
    if case.edition < 1:
        case.assign_again_at = now + patience(now - case.opened_at)
        return
    free_since = case.clocks.setdefault(EscalationKind.UNASSIGNED, Clock(since=now)).since
    again, begins = now + patience(now - free_since), found.next_shift_at
    case.assign_again_at = min(again, begins) if begins is not None and begins > now else again


def patience(waited: timedelta) -> timedelta:
    """Ours: asked again after a quarter of an hour, then ever less often. A flood of cases that no desk can take must
    not become a flood of questions; whoever has time claims one."""
    return min(max(ASSIGN_AGAIN, waited), ASSIGN_AT_LEAST_EVERY)


def choose(
    candidates: Sequence[Candidate], needed_skills: Collection[str] = (), seniority_needed: int = 0
) -> Choice | Nobody:
    """The fair choice; the same candidates in any order give the same answer."""
    needed = set(needed_skills)
    tests: tuple[tuple[str, Callable[[Candidate], bool]], ...] = (
        ("nobody is on shift", lambda one: one.on_shift),
        (f"nobody on shift has the skills {', '.join(sorted(needed))}", lambda one: needed <= one.skills),
        (f"nobody with the skills has seniority {seniority_needed}", lambda one: one.seniority >= seniority_needed),
        ("everybody suitable is at capacity", lambda one: one.open_cases < one.capacity),
    )
    left = list(candidates)
    for why_not, test in tests:
        left = [one for one in left if test(one)]
        if not left:
            return Nobody(why_not)
    best = min(left, key=_order)
    return Choice(best.person, f"{best.open_cases} of {best.capacity} cases, the lightest load of {len(left)} suitable")


def _order(one: Candidate) -> tuple[Fraction, datetime, str]:
    return Fraction(one.open_cases, one.capacity), one.last_assigned_at or _NEVER, one.person
