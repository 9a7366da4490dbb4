"""Approvals: whether anybody could give one, and who is asked for it when."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.clocks import DeskClock
from activities.policies import Policies
from db.sessions import Sessions
from db.shifts import presences
from db.tables.office import Person, PersonRole
from domain.approval_asking import Approver, whose_turn
from domain.escalation import EscalationKind, escalation_due
from domain.people import Role
from domain.review_case.facts import Asked
from domain.shifts import Span, differing_days


class ApprovalClock(BaseModel):
    """The clock of an offer that waits for approval. `missing` are the roles that still count, `told` those that were
    asked, `barred` the accounts of those who may not approve: the maker and whoever has approved. What lies in `pauses`
    does not count."""

    model_config = ConfigDict(frozen=True)

    case: str
    shop: str
    since: datetime
    severity: int
    missing: list[Role]
    told: list[Role]
    barred: list[str]
    now: datetime
    pauses: list[Span] = []


class ApprovalActivities:
    def __init__(self, sessions: Sessions, policies: Policies, clock: DeskClock) -> None:
        self._sessions = sessions
        self._policies = policies
        self._clock = clock

    @activity.defn
    async def ask_approvers(self, request: ApprovalClock) -> Asked:
        """Choose whose turn it is among those who are at work; the next role's turn comes on the desk's clock."""
        async with self._sessions.begin() as session:
            desk, version = await self._policies.desk(session, request.shop)
            days = await self._clock.calendar(session, request.shop, request.now)
            roles = [role for role in request.missing if role not in request.told]
            known = await _approvers(session, request.shop, request.missing)
            barred = await humans_of(session, request.barred)
            turn = whose_turn(roles, known, barred, desk.hours, request.now, days)
            next_at = turn.again_at
            if turn.role is not None and len(roles) > 1:
                differing = differing_days(desk.hours, days)
                due = escalation_due(
                    EscalationKind.APPROVAL_WAITING, request.since, request.severity, len(request.told) + 1, desk.hours,
                    desk, differing, request.pauses,
                )  # fmt: skip
                next_at = max(due, request.now)
            return Asked(
                since=request.since, role=turn.role, people=list(turn.people), passed_over=list(turn.passed_over),
                next_at=next_at, policy=version,
            )  # fmt: skip


async def _approvers(session: AsyncSession, shop: str, roles: Collection[Role]) -> list[Approver]:
    held: defaultdict[UUID, set[Role]] = defaultdict(set)
    humans: dict[UUID, str] = {}
    for row in await session.execute(_holders(shop, roles)):
        held[row.id].add(Role(row.role))
        humans[row.id] = str(row.human)
    known = await presences(session, list(held)) if held else {}
    return [Approver(str(one), humans[one], frozenset(held[one]), known[one]) for one in sorted(held)]


async def who_could_approve(session: AsyncSession, shop: str, roles: Collection[Role]) -> Mapping[Role, set[str]]:
    """The human beings behind those who hold each role in a shop now."""
    able: defaultdict[Role, set[str]] = defaultdict(set)
    for row in await session.execute(_holders(shop, roles)):
        able[Role(row.role)].add(str(row.human))
    return able


def _holders(shop: str, roles: Collection[Role]) -> Select[UUID, UUID, str]:
    human = func.coalesce(Person.human, Person.id).label("human")
    here = (PersonRole.shop == shop) | PersonRole.shop.is_(None)
    found = select(Person.id, human, PersonRole.role).join(PersonRole, PersonRole.person == Person.id)
    return found.where(PersonRole.role.in_([str(role) for role in roles]), here, Person.active)


async def humans_of(session: AsyncSession, people: Collection[str]) -> set[str]:
    """What stands for the human beings behind these accounts."""
    found = select(func.coalesce(Person.human, Person.id)).where(Person.id.in_([UUID(person) for person in people]))
    return {str(human) for human in await session.scalars(found)}
