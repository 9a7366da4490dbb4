"""Escalation: when the next one on the ladder hears of it, and who that is."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.clocks import DeskClock
from activities.requests import ClockRequest
from db.sessions import Sessions
from db.tables.office import Person, PersonRole
from domain.people import Role
from domain.review_case.facts import Reckoned, Told


class EscalationActivities:
    def __init__(self, sessions: Sessions, clock: DeskClock) -> None:
        self._sessions = sessions
        self._clock = clock

    @activity.defn
    async def reckon(self, request: ClockRequest) -> Reckoned:
        async with self._sessions.begin() as session:
            escalation, version = await self._clock.next(
                session, request.shop, request.kind, request.since, request.severity, request.told
            )
            due = escalation.at if escalation else None
            return Reckoned(kind=request.kind, since=request.since, due_at=due, policy=version)

    @activity.defn
    async def escalate(self, request: ClockRequest) -> Told:
        """Name the role whose turn it is and those who hold it; the agent's turn is the case's own agent's."""
        async with self._sessions.begin() as session:
            step, version = await self._clock.next(
                session, request.shop, request.kind, request.since, request.severity, request.told
            )
            role = step.target if step else Role.SUPERVISOR
            following, _ = await self._clock.next(
                session, request.shop, request.kind, request.since, request.severity, [*request.told, role]
            )
            people = await self._holders(session, request, role)
            # Late by an outage, two levels may be due at once; the next one still gets its own minute.
            next_at = max(following.at, request.now) if following else None
            return Told(kind=request.kind, role=role, people=people, next_at=next_at, policy=version)

    async def _holders(self, session: AsyncSession, request: ClockRequest, role: Role) -> list[str]:
        if role is Role.AGENT and request.assignee is not None and not request.roles:
            return [request.assignee]
        wanted = request.roles if role is Role.AGENT and request.roles else [role]
        return await holders_of(session, request.shop, wanted, request.now)


async def holders_of(session: AsyncSession, shop: str, roles: Collection[Role], now: datetime) -> list[str]:
    """Whoever holds one of these roles in the shop and is not away."""
    holders = (
        select(Person.id)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(PersonRole.role.in_(roles), (PersonRole.shop == shop) | PersonRole.shop.is_(None))
        .where(Person.active, (Person.away_until.is_(None)) | (Person.away_until <= now))
        .order_by(Person.id)
    )
    return [str(person) for person in dict.fromkeys(await session.scalars(holders))]
