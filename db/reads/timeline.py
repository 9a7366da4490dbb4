"""A case's record as its reader sees it: every event in order, who did it, and in words what it was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.people import names_of
from db.reads.words import sentence
from db.tables.buyers import SealedText
from db.tables.record import CaseEvent

# Where somebody lives is read only by whoever sends a parcel there, and each look is in the office's record.
WITHHELD = frozenset({"delivery_set"})


class TimelineLine(BaseModel):
    seq: int
    at: datetime
    kind: str
    actor_kind: str
    actor: str = Field(description="name of the person, or empty where nobody acted in person")
    says: str = Field(description="the event in a sentence")
    policy: str | None = Field(description="the policy version that decided, as `kind:version`")
    facts: dict[str, Any]
    texts: dict[str, str | None] = Field(
        default_factory=dict, description="what people wrote, by fact; null where it was erased"
    )
    hash: str = Field(description="SHA-256 of this event and the one before it, hexadecimal")


@dataclass(frozen=True, slots=True)
class Of:
    """Which events are asked for; what is None does not narrow. `actor` is a person's id or a kind of actor, `policy`
    a version as an event names it or its beginning."""

    actor: str | None = None
    kind: str | None = None
    policy: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        wanted = [
            None if self.actor is None else (CaseEvent.actor == self.actor) | (CaseEvent.actor_kind == self.actor),
            None if self.kind is None else CaseEvent.kind == self.kind,
            None if self.policy is None else CaseEvent.policy.startswith(self.policy, autoescape=True),
            None if self.since is None else CaseEvent.at >= self.since,
            None if self.until is None else CaseEvent.at < self.until,
        ]
        return [condition for condition in wanted if condition is not None]


async def timeline(
    session: AsyncSession, case: str, after: int, limit: int, with_texts: bool, of: Of | None = None
) -> list[TimelineLine]:
    """Events with a seq above `after`."""
    found = select(CaseEvent).where(CaseEvent.case == case, CaseEvent.seq > after, *(of or Of()).conditions)
    events = list(await session.scalars(found.order_by(CaseEvent.seq).limit(limit)))
    names = await names_of(session)
    texts = await _texts(session, events) if with_texts else {}
    return [_line(event, names, texts) for event in events]


def _line(event: CaseEvent, names: dict[str, str], texts: dict[str, str | None]) -> TimelineLine:
    sealed = {name: reference for name, value in event.facts.items() if (reference := _reference(value))}
    return TimelineLine(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        actor_kind=event.actor_kind,
        actor=names.get(event.actor, event.actor),
        says=sentence(event.kind, {k: v for k, v in event.facts.items() if k not in sealed}, names),
        policy=event.policy,
        facts=event.facts,
        texts={name: texts[reference] for name, reference in sealed.items() if reference in texts},
        hash=event.hash.hex(),
    )


async def _texts(session: AsyncSession, events: list[CaseEvent]) -> dict[str, str | None]:
    shown = [event for event in events if event.kind not in WITHHELD]
    wanted = {reference for event in shown for value in event.facts.values() if (reference := _reference(value))}
    if not wanted:
        return {}
    found = select(SealedText.id, SealedText.body).where(SealedText.id.in_([UUID(reference) for reference in wanted]))
    return {str(row.id): row.body for row in await session.execute(found)}


def _reference(value: Any) -> str | None:
    """The id of a sealed text, where a fact is a reference to one."""
    sealed = isinstance(value, dict) and value.keys() == {"id", "digest"}
    return str(value["id"]) if sealed else None
