"""The one writer of case files and their events."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.requests import Projection
from db import chain
from db.approvals import keep_approval
from db.investigations import keep_investigations
from db.places import free_place
from db.sessions import Sessions
from db.tables.cases import Assignment, CaseFile, Notice
from db.tables.record import CaseEvent
from domain.payouts import PayoutStatus
from domain.queue_ranking import rank
from domain.review_case.resting import plan_at
from domain.review_case.standing import facts_of
from domain.review_case.state import ReviewCaseState
from domain.sealed import Event

# Built once, and on the tables themselves: every step of every case is written by these.
_NEWEST = select(CaseEvent.hash).where(CaseEvent.case == bindparam("number")).order_by(CaseEvent.seq.desc()).limit(1)
_WRITTEN = (
    select(CaseFile.version, _NEWEST.scalar_subquery())
    .where(CaseFile.number == bindparam("number"))
    .with_for_update(of=CaseFile)
)
_FILES = CaseFile.metadata.tables[CaseFile.__tablename__]
_CASE_FILE = _FILES.update().where(_FILES.c.number == bindparam("the_case"))


class ProjectionActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def project(self, batch: Projection) -> None:
        """Append the events and bring the case file to the state after them. Repeating it changes nothing: events that
        are there stay, and an older state never overwrites a newer one."""
        async with self._sessions.begin() as session:
            number = batch.state.opening.case
            written, newest = (await session.execute(_WRITTEN, {"number": number})).one()
            fresh = [event for event in batch.events if event.seq > written]
            if not fresh:
                return
            await _append(session, number, fresh, newest or chain.FIRST)
            await _notices(session, batch, fresh)
            await keep_investigations(session, batch.state)
            await keep_approval(session, batch.state, fresh[-1].at)
            database = await session.connection()
            await database.execute(_CASE_FILE, {"the_case": number} | _columns(batch))
            if _plans_nothing(batch.state):
                await free_place(session, number)
            if batch.state.closed_at is not None:
                released = update(Assignment).where(Assignment.case == number, Assignment.released_at.is_(None))
                await session.execute(released.values(released_at=batch.state.closed_at))


def _plans_nothing(case: ReviewCaseState) -> bool:
    """Held, stopped, agreed, ended: what was planned for it no longer takes anybody's time."""
    visit = case.follow_up
    return case.contact is None and plan_at(case) is None and (visit is None or visit.over)


async def _append(session: AsyncSession, number: str, events: list[Event], previous: bytes) -> None:
    """The hash is made here, over canonical JSON, in the transaction that writes the event."""
    rows = []
    for event in events:
        line = event_line(number, event)
        current = chain.link(previous, line)
        rows.append(line | {"previous": previous, "hash": current})
        previous = current
    # With nulls spelled out all rows have one shape, and go in one round trip.
    await session.execute(insert(CaseEvent), rows, execution_options={"render_nulls": True})


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


async def _notices(session: AsyncSession, batch: Projection, events: list[Event]) -> None:
    """An escalation is a row per person told; a per-shop digest schedule sends what is not sent yet."""
    rows = [
        {
            "id": uuid4(),
            "shop": batch.state.opening.shop,
            "case": batch.state.opening.case,
            "case_seq": event.seq,
            "person": UUID(person),
            "kind": str(event.facts["what"]),
            "level": event.facts["level"],
            "at": event.at,
        }
        for event in events
        if event.kind == "escalated"
        for person in event.facts.get("told", [])
    ]
    if rows:
        await session.execute(insert(Notice).on_conflict_do_nothing(), rows)


def _standing(batch: Projection) -> dict[str, object]:
    """Both places in the queue, since a surge of the shop must not have to write every case anew."""
    facts, now = facts_of(batch.state, batch.due_at), batch.events[-1].at
    usual, in_surge = rank(facts, now), rank(facts, now, surge=True)
    return {"waiting": usual.waiting, "place_at": usual.at, "surge_at": in_surge.at}


def _columns(batch: Projection) -> dict[str, object]:
    case = batch.state
    paid = sum(payout.amount_fen for payout in case.payouts if payout.status is PayoutStatus.PAID)
    return {
        "workflow": batch.workflow,
        "run": case.opening.run,
        "stage": case.stage,
        "cause": case.cause or case.suggested_cause,
        "cause_confirmed": case.cause is not None,
        "severity": case.severity,
        "assignee": UUID(case.assignee) if case.assignee else None,
        "due_at": batch.due_at,
        "due_what": batch.due_what,
        **_standing(batch),
        "outcome": case.outcome,
        "closed_at": case.closed_at,
        "paid_fen": paid,
        "version": case.version,
        "person_step": case.person_step,
        "state": case.model_dump(mode="json"),
        "written_at": datetime.now(UTC),
    }
