"""Who acts: people with roles, and the parties that act without being people."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Role(StrEnum):
    """What a person may do in a shop; one person may hold several."""

    AGENT = "agent"
    LEAD = "lead"
    SUPERVISOR = "supervisor"
    WAREHOUSE = "warehouse"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SERVICE = "service"


DESK = frozenset({Role.AGENT, Role.LEAD, Role.SUPERVISOR})
LEADERS = frozenset({Role.LEAD, Role.SUPERVISOR})


class ActorKind(StrEnum):
    """What stands behind an event."""

    PERSON = "person"
    TIMER = "timer"
    PLATFORM = "platform"
    SYSTEM = "system"


class Actor(BaseModel):
    """Who did something. `person` is the id of a person's row and empty for the other kinds; `roles` are those held in
    the case's shop at that moment; `accounts` are other rows of the same human being. Names stay in the database."""

    model_config = ConfigDict(frozen=True)

    kind: ActorKind = ActorKind.PERSON
    person: str = ""
    roles: frozenset[Role] = frozenset()
    accounts: frozenset[str] = frozenset()

    def holds(self, roles: frozenset[Role]) -> bool:
        return bool(self.roles & roles)

    def is_one_of(self, people: Iterable[str | None]) -> bool:
        """Whether one of these people is the same human being, under whatever account."""
        return any(person == self.person or person in self.accounts for person in people)


TIMER = Actor(kind=ActorKind.TIMER)
PLATFORM = Actor(kind=ActorKind.PLATFORM)
SYSTEM = Actor(kind=ActorKind.SYSTEM)
