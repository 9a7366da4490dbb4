"""Where the people of a team may hold roles."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.office import Person
from db.tables.teams import Team, TeamShop
from domain.teams import TeamReach


async def reach_of_team(session: AsyncSession, code: str) -> TeamReach | None:
    team = await session.get(Team, code, populate_existing=True)
    if team is None:
        return None
    shops = await session.scalars(select(TeamShop.shop).where(TeamShop.team == code))
    return TeamReach(code, team.outsourced, frozenset(shops))


async def reach_of(session: AsyncSession, person: Person) -> TeamReach | None:
    """None for somebody of no team."""
    return await reach_of_team(session, person.team) if person.team else None
