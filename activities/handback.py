"""The work of somebody who is away, as the office knows it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.assignment import lock_shops
from activities.requests import AwayRequest, Handed
from db.leaves import is_here
from db.sessions import Sessions
from db.tables.cases import Assignment, CaseFile
from db.tables.office import Person, PersonRole, Shop
from domain.people import DESK

PAGE = 100


class HandbackActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def open_work(self, request: AwayRequest) -> list[Handed]:
        """The oldest open cases that this person can't work on now, a page of them; none once they are back."""
        async with self._sessions.begin() as session:
            shops = await _shops(session, request)
            # Whoever is being chosen at this moment for a case is chosen before the cases are looked up.
            await lock_shops(session, shops)
            left = [shop for shop in shops if shop not in await _where_working(session, request, shops)]
            found = (
                select(CaseFile.number, CaseFile.workflow, CaseFile.shop, CaseFile.severity, CaseFile.cause)
                .join(Assignment, Assignment.case == CaseFile.number)
                .where(Assignment.person == UUID(request.person), Assignment.released_at.is_(None))
                .where(Assignment.shop.in_(left))
                .order_by(CaseFile.opened_at, CaseFile.number)
                .limit(PAGE)
            )
            rows = await session.execute(found)
            return [
                Handed(case=r.number, workflow=r.workflow, shop=r.shop, severity=r.severity, cause=r.cause)
                for r in rows
            ]


async def _shops(session: AsyncSession, request: AwayRequest) -> list[str]:
    if request.shop is not None:
        return [request.shop]
    return list(await session.scalars(select(Shop.code).order_by(Shop.code)))


async def _where_working(session: AsyncSession, request: AwayRequest, shops: list[str]) -> frozenset[str]:
    """The shops in which the person is of the desk, unless away or gone."""
    found = (
        select(PersonRole.shop)
        .join(Person, Person.id == PersonRole.person)
        .where(PersonRole.person == UUID(request.person), PersonRole.role.in_([str(role) for role in DESK]))
        .where(Person.active, is_here(request.now))
    )
    held = set(await session.scalars(found))
    return frozenset(shops if None in held else [shop for shop in shops if shop in held])
