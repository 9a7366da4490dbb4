"""Escalation: when the next one on the ladder hears of it, and who that is; and when somebody hears before."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.clocks import DeskClock
from activities.policies import Policies
from activities.requests import AnnouncementRequest, ClockRequest
from db.leaves import is_here
from db.sessions import Sessions
from db.shifts import presences
from db.tables.office import Person, PersonRole
from domain.announcements import Announced, announce_at
from domain.escalation import Escalation, EscalationKind
from domain.people import Role
from domain.review_case.facts import Reckoned, Told
from domain.shifts import Presence


class EscalationActivities:
    def __init__(self, sessions: Sessions, policies: Policies, clock: DeskClock) -> None:
        self._sessions = sessions
        self._policies = policies
        self._clock = clock

    @activity.defn
    async def reckon(self, request: ClockRequest) -> Reckoned:
        async with self._sessions.begin() as session:
            due, version = await self._due(session, request)
            return Reckoned(kind=request.kind, since=request.since, due_at=due, policy=version)

    async def _due(self, session: AsyncSession, request: ClockRequest) -> tuple[datetime | None, str]:
        shop, kind, since, severity = request.shop, request.kind, request.since, request.severity
        if kind is EscalationKind.APPROVAL_WAITING:  # climbs the offer's own ladder
            return await self._clock.level(session, shop, kind, since, severity, len(request.told), request.pauses)
        found, version = await self._clock.next(session, shop, kind, since, severity, request.told, request.pauses)
        return found.at if found else None, version

    @activity.defn
    async def escalate(self, request: ClockRequest) -> Told:
        """Name the role whose turn it is and those who hold it; the agent's turn is the case's own agent's."""
        async with self._sessions.begin() as session:
            step, version = await self._clock.next(
                session, request.shop, request.kind, request.since, request.severity, request.told, request.pauses
            )
            role = step.target if step else Role.SUPERVISOR
            following, _ = await self._clock.next(
                session, request.shop, request.kind, request.since, request.severity, [*request.told, role],
                request.pauses,
            )  # fmt: skip
            people = await self._holders(session, request, role)
            next_at = await self._next_at(session, request, following) if following else None
            return Told(kind=request.kind, role=role, people=people, next_at=next_at, policy=version)

    async def _next_at(self, session: AsyncSession, request: ClockRequest, following: Escalation) -> datetime:
        """Where this one hears of it late, they still have their time before the next one does."""
        earliest = await self._clock.a_step_later(session, request.shop, request.kind, request.now)
        return max(following.at, earliest)

    @activity.defn
    async def reckon_announcement(self, request: AnnouncementRequest) -> Announced:
        """When this person is to hear of it before it is due: within their shift, else within the desk's hours."""
        async with self._sessions.begin() as session:
            desk, version = await self._policies.desk(session, request.shop)
            days = await self._clock.calendar(session, request.shop, request.asked_at)
            person = UUID(request.person) if request.person else None
            known = (await presences(session, [person])).get(person) if person else None
            work = (known or Presence()).working(desk.hours, request.asked_at, request.due_at, days)
            at = announce_at(request.asked_at, request.due_at, desk.announce_minutes, work)
            return Announced(at=at, policy=version)

    async def _holders(self, session: AsyncSession, request: ClockRequest, role: Role) -> list[str]:
        if role is Role.AGENT and request.assignee is not None and not request.roles:
            return [request.assignee]
        wanted = request.roles if role is Role.AGENT and request.roles else [role]
        return (await holders_of(session, request.shop, wanted, request.now)).heard_by


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds a role in a shop now, in a steady order."""

    here: list[str]
    away: list[str]

    @property
    def heard_by(self) -> list[str]:
        """Those who are here. A thing is told once, so where nobody is it waits for those who are away."""
        return self.here or self.away


async def holders_of(session: AsyncSession, shop: str, roles: Collection[Role], now: datetime) -> Holders:
    holders = (
        select(Person.id, is_here(now).label("here"))
        .join(PersonRole, PersonRole.person == Person.id)
        .where(PersonRole.role.in_(roles), (PersonRole.shop == shop) | PersonRole.shop.is_(None))
        .where(Person.active)
        .order_by(Person.id)
    )
    found = {str(row.id): bool(row.here) for row in await session.execute(holders)}
    return Holders([one for one, here in found.items() if here], [one for one, here in found.items() if not here])
