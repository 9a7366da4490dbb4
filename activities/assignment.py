"""Who works on a case: chosen under the shop's lock, so that two cases never take one person's last place.

An agent of several shops is counted once more under a lock of their own. Locks are taken in one order, so that nobody
waits in a circle: shops by their codes, then people by their ids, or one of them at a time.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Row, String, Uuid, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from temporalio import activity

from activities.clocks import DeskClock
from activities.policies import Policies
from activities.refusals import refusing
from activities.requests import AssignRequest, ClaimRequest, HandOnRequest
from db.sessions import Sessions, rows
from db.shifts import agents_presences, presences
from db.tables.cases import Assignment
from db.tables.office import Person, PersonRole
from domain.assignment import ASSIGN_AT_LEAST_EVERY, Candidate, Choice, Nobody, choose
from domain.calendar import CalendarDays
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.people import DESK, Role
from domain.review_case.facts import Assigned, Prepared
from domain.shifts import Presence, next_start

MOST_SENIOR = 2


def _holds(shop: str | BindParameter[str], roles: frozenset[Role]) -> ColumnElement[bool]:
    here = (PersonRole.shop == shop) | PersonRole.shop.is_(None)
    return PersonRole.role.in_([str(role) for role in roles]) & here


# Built once: every case asks them.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('assign:' || :shop, 0))")
_LOCK_PERSON = text("SELECT pg_advisory_xact_lock(hashtextextended('assign to:' || :person, 0))")
_HELD = select(func.count()).where(
    Assignment.person == bindparam("person", type_=Uuid), Assignment.released_at.is_(None)
)
_OTHER = aliased(PersonRole)
_ELSEWHERE = select(_OTHER.id).where(
    _OTHER.person == Person.id,
    _OTHER.role == Role.AGENT,
    _OTHER.shop.is_distinct_from(bindparam("shop", type_=String)),
)
_OPEN = (
    select(Assignment.person, func.count().label("open"), func.max(Assignment.at).label("last"))
    .where(Assignment.released_at.is_(None))
    .group_by(Assignment.person)
    .subquery()
)
_AGENTS = (
    select(Person.id, Person.skills, Person.capacity, _OPEN.c.open, _OPEN.c.last, _ELSEWHERE.exists().label("shared"))
    .join(PersonRole, PersonRole.person == Person.id)
    .outerjoin(_OPEN, _OPEN.c.person == Person.id)
    .where(_holds(bindparam("shop"), frozenset({Role.AGENT})), Person.active)
)
_NEW = insert(Assignment.metadata.tables["assignment"])
_KEEP = _NEW.on_conflict_do_update(
    index_elements=["case_number"],
    set_={name: _NEW.excluded[name] for name in ("person", "at", "why", "released_at")},
)


class NotOfThisDesk(Refusal):
    """The person can't work on cases of this shop."""

    code = "NotOfThisDesk"


class ClaimedByAnother(Refusal):
    """Two people claimed at once; the other was first."""

    code = "ClaimedByAnother"


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of a shop at a moment."""

    known: Mapping[UUID, Presence]
    now: datetime
    days: CalendarDays

    @property
    def there(self) -> frozenset[UUID]:
        """Those who are at work."""
        return frozenset(person for person, presence in self.known.items() if presence.on_shift(self.now, self.days))

    @property
    def next_shift_at(self) -> datetime | None:
        return next_start(self.known.values(), self.now, ASSIGN_AT_LEAST_EVERY, self.days)


class AssignmentActivities:
    def __init__(self, sessions: Sessions, policies: Policies, clock: DeskClock) -> None:
        self._sessions = sessions
        self._policies = policies
        self._clock = clock

    @activity.defn
    async def assign(self, request: AssignRequest) -> Assigned:
        """Choose fairly within skill, seniority and capacity, or say why nobody can take it now."""
        async with self._sessions.begin() as session:
            agents = await self._agents(session, request.shop, request.now)
            await lock_shops(session, {request.shop})
            known = await session.get(Assignment, request.case)
            if known is not None and known.released_at is None:
                if str(known.person) != request.taken_from:
                    return await self._assigned(session, request, str(known.person), known.why)
                known.released_at = request.now
                await session.flush()
            chosen = await self._choose(session, request.shop, request.severity, agents.there, request.cause)
            if not isinstance(chosen, Choice):
                _, version = await self._policies.desk(session, request.shop)
                return Assigned(person=None, why=chosen.reason, policy=version, next_shift_at=agents.next_shift_at)
            await keep_assignment(session, request.case, request.shop, chosen.person, chosen.reason, request.now)
            return await self._assigned(session, request, chosen.person, chosen.reason)

    async def _choose(
        self, session: AsyncSession, shop: str, severity: int, there: Set[UUID], cause: str | None = None
    ) -> Choice | Nobody:
        return await self._with_room(session, shop, severity, await _candidates(session, shop, there), cause)

    async def choose_among(
        self,
        session: AsyncSession,
        shop: str,
        severity: int,
        fitting: Collection[str],
        cause: str | None = None,
    ) -> Choice | Nobody:
        """Of these people, whose hours fit what is to be done, whether or not they are at work at this moment."""
        candidates = await _candidates(session, shop, {UUID(person) for person in fitting})
        found = [one for one in candidates if one.on_shift]
        if not found:
            return Nobody("no other agent's shift fits the buyer's hours")
        return await self._with_room(session, shop, severity, found, cause)

    async def _with_room(
        self, session: AsyncSession, shop: str, severity: int, candidates: Sequence[Candidate], cause: str | None
    ) -> Choice | Nobody:
        """The fairest choice that still has room when no other shop can give them a case."""
        left = {one.person: one for one in candidates}
        while True:
            chosen = await self._fairest(session, shop, severity, list(left.values()), cause)
            if not isinstance(chosen, Choice) or not left[chosen.person].shared:
                return chosen
            counted = left[chosen.person] = await _counted_alone(session, left[chosen.person])
            if counted.open_cases < counted.capacity:
                return chosen

    async def _fairest(
        self,
        session: AsyncSession,
        shop: str,
        severity: int,
        candidates: Sequence[Candidate],
        cause: str | None = None,
    ) -> Choice | Nobody:
        """A case rather goes to somebody less skilled or less senior now than to nobody; skill is given up last."""
        desk, _ = await self._policies.desk(session, shop)
        skills, seniority = desk.skills_for(cause), desk.seniority_for_severity.get(severity, 0)
        chosen: Choice | Nobody = Nobody("nobody is on shift")
        for needed, senior in dict.fromkeys([(skills, seniority), (skills, 0), ((), seniority), ((), 0)]):
            chosen = choose(candidates, needed, senior)
            if isinstance(chosen, Choice):
                return chosen
        return chosen

    @activity.defn
    async def hand_on(self, request: HandOnRequest) -> None:
        """Give cases of somebody who is away to others, in the order given; what nobody can take is free. A case that
        somebody else has by now stays theirs, so that repeating it changes nothing."""
        async with self._sessions.begin() as session:
            shops = {handed.shop for handed in request.cases}
            there = {shop: (await self._agents(session, shop, request.now)).there for shop in sorted(shops)}
            await lock_shops(session, shops)
            for person in sorted(set[UUID]().union(*there.values())):
                await rows(session, _LOCK_PERSON, {"person": str(person)})
            for handed in request.cases:
                known = await session.get(Assignment, handed.case)
                if known is None or known.released_at is not None or str(known.person) != request.person:
                    continue
                known.released_at = request.now
                await session.flush()
                chosen = await self._choose(session, handed.shop, handed.severity, there[handed.shop], handed.cause)
                if isinstance(chosen, Choice):
                    await keep_assignment(session, handed.case, handed.shop, chosen.person, chosen.reason, request.now)
                    await session.refresh(known)

    async def _assigned(self, session: AsyncSession, request: AssignRequest, person: str, why: str) -> Assigned:
        kinds = (EscalationKind.NOT_CONTACTED,)
        clocks = await self._clock.first_dues(session, request.shop, kinds, request.severity, request.now)
        off_shift = await self._off_shift(session, request.shop, person, request.contact_due_at, request.now)
        _, version = await self._policies.desk(session, request.shop)
        return Assigned(person=person, why=why, clocks=clocks, off_shift=off_shift, policy=version)

    async def _agents(self, session: AsyncSession, shop: str, now: datetime) -> Agents:
        """Looked up before the shop is locked, with the policies: what cases wait for one after the other has to be
        short."""
        days = await self._clock.calendar(session, shop, now)
        return Agents(await agents_presences(session, shop), now, days)

    @activity.defn
    async def claim(self, request: ClaimRequest) -> Prepared:
        """Write down that a person takes the case. Raises NotOfThisDesk, ClaimedByAnother (non-retryable)."""
        step = request.step
        with refusing():
            async with self._sessions.begin() as session:
                await lock_shops(session, {step.shop})
                if not await _of_desk(session, step.shop, request.to):
                    raise NotOfThisDesk("That person is not of this shop's desk or not active; choose somebody who is.")
                known = await session.get(Assignment, step.case)
                taken = known is not None and known.released_at is None and str(known.person) != request.to
                if taken and not request.taking_over:
                    raise ClaimedByAnother("Somebody else has just taken this case; take the next one.")
                await keep_assignment(session, step.case, step.shop, request.to, "by a person", step.now)
                off_shift = await self._off_shift(session, step.shop, request.to, request.contact_due_at, step.now)
                return Prepared(off_shift=off_shift)

    async def _off_shift(
        self, session: AsyncSession, shop: str, person: str, due_at: datetime | None, now: datetime
    ) -> bool:
        """Whether the planned contact falls outside the shift of its new agent, so that it must be planned anew."""
        if due_at is None:
            return False
        days = await self._clock.calendar(session, shop, now)
        return not (await presences(session, [UUID(person)]))[UUID(person)].on_shift(due_at, days)


async def lock_shops(session: AsyncSession, shops: Collection[str]) -> None:
    """Serialises the assignments of these shops until the transaction ends, and nothing else."""
    for shop in sorted(shops):
        await rows(session, _LOCK, {"shop": shop})


async def _counted_alone(session: AsyncSession, one: Candidate) -> Candidate:
    """With their cases as they are once nobody else can give them any until the transaction ends. Where they turn out
    to have no room, others need not wait for that: whoever waits for one person must not hold another."""
    trying = await (await session.connection()).begin_nested()
    await rows(session, _LOCK_PERSON, {"person": one.person})
    held = (await rows(session, _HELD, {"person": UUID(one.person)})).scalar_one()
    await (trying.commit() if held < one.capacity else trying.rollback())
    return replace(one, open_cases=held)


async def holder_of(session: AsyncSession, case: str) -> str | None:
    """Who has the case, as the assignments say."""
    held = select(Assignment.person).where(Assignment.case == case, Assignment.released_at.is_(None))
    person = await session.scalar(held)
    return str(person) if person else None


async def keep_assignment(session: AsyncSession, case: str, shop: str, person: str, why: str, now: datetime) -> None:
    held = {"case_number": case, "person": UUID(person), "shop": shop, "at": now, "why": why, "released_at": None}
    await rows(session, _KEEP, held)


async def _of_desk(session: AsyncSession, shop: str, person: str) -> bool:
    try:
        wanted = UUID(person)
    except ValueError:
        return False
    found = select(Person.id).join(PersonRole, PersonRole.person == Person.id).where(_holds(shop, DESK), Person.active)
    return await session.scalar(found.where(Person.id == wanted).limit(1)) is not None


async def _candidates(session: AsyncSession, shop: str, there: Set[UUID]) -> list[Candidate]:
    """The shop's agents with their open cases over all shops; leads take cases by hand only."""
    agents = {row.id: row for row in await rows(session, _AGENTS, {"shop": shop})}
    return [_candidate(agent, agent.id in there) for agent in agents.values()]


def _candidate(agent: Row[Any], on_shift: bool) -> Candidate:
    seniority = max((int(skill[-1]) for skill in agent.skills if skill in _SENIORITIES), default=0)
    return Candidate(
        person=str(agent.id),
        skills=frozenset(agent.skills),
        on_shift=on_shift,
        open_cases=agent.open or 0,
        capacity=agent.capacity,
        last_assigned_at=agent.last,
        seniority=seniority,
        shared=agent.shared,
    )


_SENIORITIES = {f"senior-{level}" for level in range(1, MOST_SENIOR + 1)}
