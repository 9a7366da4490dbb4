"""Digests: what the people of a shop must be told, gathered per person and told in their working hours."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.clocks import DeskClock
from activities.complaint_reminders import remind_of_complaints
from activities.gate_reminders import remind_of_gate
from activities.notice_planning import Untold, tell_digests
from activities.policies import Policies
from db.sessions import Sessions
from db.shifts import presences
from db.tables.cases import CaseFile, Digest, Notice
from domain.shifts import is_open

# A person is told of so many things at once; the rest comes with the next digest.
LONGEST = 200


class DigestRequest(BaseModel):
    model_config = ConfigDict(frozen=True)

    shop: str
    now: datetime


class DigestActivities:
    def __init__(self, sessions: Sessions, policies: Policies, clock: DeskClock) -> None:
        self._sessions = sessions
        self._policies = policies
        self._clock = clock

    @activity.defn
    async def gather(self, request: DigestRequest) -> int:
        """One digest for each person who is at work now and has something to hear; how many were made.

        What concerns a closed case is dropped. What concerns a held one waits until it is resumed.
        """
        async with self._sessions.begin() as session:
            await _drop_closed(session, request)
            await remind_of_complaints(session, self._policies, request.shop, request.now)
            await remind_of_gate(session, self._policies, request.shop, request.now)
            people = await _who_waits(session, request.shop)
            at_work = await self._at_work(session, request, people)
            found: defaultdict[UUID, list[Untold]] = defaultdict(list)
            for row in await session.execute(_unsent(request.shop, at_work)):
                found[row.person].append(Untold(row.id, row.kind, row.level))
            told = {person: notices[:LONGEST] for person, notices in found.items()}
            for person, notices in told.items():
                await _send(session, request, person, [notice.id for notice in notices])
            await tell_digests(session, self._policies, request.shop, request.now, told)
            return len(found)

    async def _at_work(self, session: AsyncSession, request: DigestRequest, people: Collection[UUID]) -> list[UUID]:
        if not people:
            return []
        days = await self._clock.calendar(session, request.shop, request.now)
        desk, _ = await self._policies.desk(session, request.shop)
        opened = is_open(desk.hours, request.now, days)
        known = await presences(session, people)
        # Whose shift is not known is told in the desk's hours.
        return [one for one, kept in known.items() if kept.on_shift(request.now, days) and (kept.terms or opened)]


async def _drop_closed(session: AsyncSession, request: DigestRequest) -> None:
    closed = select(CaseFile.number).where(CaseFile.number == Notice.case, CaseFile.closed_at.is_not(None)).exists()
    dropped = update(Notice).where(Notice.shop == request.shop, Notice.sent_at.is_(None), Notice.dropped_at.is_(None))
    await session.execute(dropped.where(closed).values(dropped_at=request.now))


async def _who_waits(session: AsyncSession, shop: str) -> list[UUID]:
    waiting = select(Notice.person).where(Notice.shop == shop, Notice.sent_at.is_(None), Notice.dropped_at.is_(None))
    return list(await session.scalars(waiting.distinct()))


def _unsent(shop: str, people: Collection[UUID]) -> Select[UUID, UUID, str, int]:
    held = CaseFile.state["held"].astext.is_not(None)
    return (
        select(Notice.id, Notice.person, Notice.kind, Notice.level)
        .outerjoin(CaseFile, CaseFile.number == Notice.case)
        .where(Notice.shop == shop, Notice.sent_at.is_(None), Notice.dropped_at.is_(None))
        .where(Notice.person.in_(people), CaseFile.number.is_(None) | ~held)
        .order_by(Notice.at, Notice.id)
        .with_for_update(of=Notice, skip_locked=True)
    )


async def _send(session: AsyncSession, request: DigestRequest, person: UUID, notices: list[UUID]) -> None:
    """In the app: the person's list of notices shows them as sent."""
    digest = uuid4()
    row = {"id": digest, "shop": request.shop, "person": person, "at": request.now, "notices": len(notices)}
    await session.execute(insert(Digest).values(**row))
    sent = update(Notice).where(Notice.id.in_(notices)).values(sent_at=request.now, digest=digest)
    await session.execute(sent)
