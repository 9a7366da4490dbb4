"""Writing a case's record: every change of its state is an event, numbered and waiting to be projected."""

from datetime import datetime
from typing import Any, Protocol

from domain.people import SYSTEM, Actor, ActorKind
from domain.sealed import Event


class Recorded(Protocol):
    """The state of a case of any kind, as far as its record goes. `version` is the seq of its last event,
    `person_step` that of the last event that a person caused."""

    version: int
    person_step: int
    touched_at: datetime | None
    unwritten: list[Event]


def record(case: Recorded, actor: Actor, now: datetime, kind: str, *, policy: str | None = None, **facts: Any) -> None:
    """Append an event. Facts that are None are left out; what they hold must be ids, amounts, times and codes."""
    case.version += 1
    if actor.kind is ActorKind.PERSON:
        case.person_step = case.version
        case.touched_at = now
    case.unwritten.append(
        Event(
            seq=case.version,
            at=now,
            kind=kind,
            actor_kind=actor.kind,
            actor=actor.person,
            policy=policy,
            facts={name: plain(value) for name, value in facts.items() if value is not None},
        )
    )


def plain(value: Any) -> Any:
    """A fact as canonical JSON can hold it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


def notice_put_off(case: Recorded, until: datetime, now: datetime) -> None:
    """The final notice to the buyer waits for a permitted hour: lists show that, and not a moment that has passed."""
    record(case, SYSTEM, now, "notice_put_off", until=until)
