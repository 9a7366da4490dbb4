"""The record of a case of any kind as the database keeps it: chained events, and notices to whoever must hear."""

from datetime import UTC
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.webhook_outbox import somebody_listens
from db import chain
from db.sessions import rows
from db.tables.cases import CaseFile, Notice
from db.tables.record import CaseEvent
from domain.sealed import Event

# Events that name people who are to be told.
TELLING = frozenset(
    {
        "escalated",
        "deadline_warned",
        "decided",
        "question_answered",
        "promise_soon",
        "promise_due",
        "investigation_opened",
        "investigation_soon",
        "investigation_due",
    }
)
_EVENTS = insert(CaseEvent.metadata.tables["case_event"])
_NEWEST = select(CaseEvent.hash).where(CaseEvent.case == bindparam("number")).order_by(CaseEvent.seq.desc()).limit(1)
_WRITTEN = (
    select(CaseFile.version, _NEWEST.scalar_subquery(), somebody_listens())
    .where(CaseFile.number == bindparam("number"))
    .with_for_update(of=CaseFile)
)


class Locked(NamedTuple):
    """The seq of the last event that is written, its hash, and whether another system listens to the shop."""

    written: int
    newest: bytes
    listened: bool


async def lock_record(session: AsyncSession, number: str) -> Locked:
    """How far the record is, with the case's file locked."""
    written, newest, listened = (await rows(session, _WRITTEN, {"number": number})).one()
    return Locked(written, newest or chain.FIRST, listened)


async def append_events(session: AsyncSession, number: str, events: list[Event], previous: bytes) -> None:
    """The hash is made here, over canonical JSON, in the transaction that writes the event."""
    links = []
    for event in events:
        line = event_line(number, event)
        current = chain.link(previous, line)
        links.append({"case_number": line.pop("case"), **line, "previous": previous, "hash": current})
        previous = current
    await rows(session, _EVENTS, links)


def event_line(number: str, event: Event) -> dict[str, object]:
    """What an event's hash covers: every column but the hashes themselves."""
    return {
        "case": number,
        "seq": event.seq,
        "at": event.at.astimezone(UTC),
        "kind": event.kind,
        "actor_kind": event.actor_kind,
        "actor": event.actor,
        "policy": event.policy,
        "facts": event.facts,
    }


async def keep_notices(session: AsyncSession, shop: str, number: str, events: list[Event]) -> None:
    """An escalation, a warning or an answer is a row per person told; a per-shop digest schedule sends what is not sent
    yet."""
    told = [
        {
            "id": uuid4(),
            "shop": shop,
            "case": number,
            "case_seq": event.seq,
            "person": UUID(person),
            "kind": str(event.facts["what"]),
            "level": event.facts["level"],
            "at": event.at,
        }
        for event in events
        if event.kind in TELLING
        for person in event.facts.get("told", [])
    ]
    if told:
        await session.execute(insert(Notice).on_conflict_do_nothing(), told)
