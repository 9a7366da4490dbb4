"""What a case of any kind keeps of its quarrels: facts and references, with defaults, so that older payloads load."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import BaseModel, Field

from domain.case_clocks import Clocked
from domain.people import Role
from domain.sealed import SealedRef


class Risk(StrEnum):
    """What a buyer wants that the marketplace's own ways do not cover (S003)."""

    OFF_PLATFORM_TALK = "off_platform_talk"
    OTHER_PAYMENT_ROUTE = "other_payment_route"


# The signals of the causes policy whose patterns show each risk in a buyer's words.
SHOWN_BY: Mapping[str, Risk] = {
    "moves_talk_off_platform": Risk.OFF_PLATFORM_TALK,
    "wants_payment_off_platform": Risk.OTHER_PAYMENT_ROUTE,
}


class Paper(BaseModel):
    """A file of the case's vault and the SHA-256 of its bytes."""

    file: str
    digest: str


class RiskFlag(BaseModel):
    """A risk with its evidence: the words, files, or both. `suggested`: found in a message, so that a person says
    whether it `stands`. `declined`: the buyer was told that only the marketplace's own ways are gone."""

    number: int
    risk: Risk
    words: SealedRef | None = None
    papers: list[Paper] = Field(default_factory=list)
    suggested: bool = False
    declined: bool = False
    by: str
    at: datetime
    stands: bool | None = None
    judged_by: str | None = None
    judged_at: datetime | None = None

    @property
    def waiting(self) -> bool:
        return self.suggested and self.stands is None

    @property
    def raised(self) -> bool:
        return self.stands if self.stands is not None else not self.suggested


class Forum(StrEnum):
    """Where the shop seeks its right (S003: the marketplace first, then the police, then the court)."""

    RIGHTS_CENTRE = "rights_centre"
    POLICE = "police"
    COURT = "court"


class Result(StrEnum):
    WON = "won"
    PARTLY_WON = "partly_won"
    LOST = "lost"
    SETTLED = "settled"
    NOT_TAKEN = "not_taken"
    WITHDRAWN = "withdrawn"


class CounterClaim(BaseModel):
    """What the shop asks of a forum. `due_at` is when something is to be done next; `reminded_at` that it fell due."""

    number: int
    forum: Forum
    what: SealedRef
    papers: list[Paper] = Field(default_factory=list)
    reference: str | None = None
    by: str
    at: datetime
    due_at: datetime
    reminded_at: datetime | None = None
    result: Result | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.result is None


class Question(BaseModel):
    """What no rule covers, put to a supervisor until a time. `rule` are the words that hold for everybody from then on;
    None: the answer was for this case alone."""

    number: int
    what: SealedRef
    by: str
    at: datetime
    due_at: datetime
    reminded_at: datetime | None = None
    answer: SealedRef | None = None
    rule: SealedRef | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None

    @property
    def open(self) -> bool:
        return self.answered_at is None


class Disputes(BaseModel):
    flags: list[RiskFlag] = Field(default_factory=list)
    claims: list[CounterClaim] = Field(default_factory=list)
    questions: list[Question] = Field(default_factory=list)


class Disputed(Clocked, Protocol):
    """The state of a case of any kind, as far as its quarrels go."""

    disputes: Disputes
    assignee: str | None


class Found(Protocol):
    """What an activity found out before such a step: the digests of the files that it names."""

    @property
    def digests(self) -> dict[str, str]: ...


QUESTION_NEEDS = Role.SUPERVISOR
