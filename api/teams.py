"""Teams: people who look after the same shops, of the house or of another company."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, ShopCode
from api.house import House, TheHouse
from db import office
from db.tables.office import Person
from db.tables.teams import Team, TeamShop
from db.teams import TakenRole
from domain.people import DESK
from workflows.starting import start_handback

router = APIRouter(tags=["office"])


class TeamBody(BaseModel):
    """A team as a whole. People of an outsourced one are agents, leads or warehouse in its shops, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    outsourced: bool = Field(description="of another company")
    shops: Annotated[list[ShopCode], Field(max_length=500)] = []


class MemberBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    team: ShopCode | None = Field(description="null: in no team")


class TeamLine(BaseModel):
    code: str
    name: str
    outsourced: bool
    shops: list[str] = Field(description="those of them that you may see")
    people: list[UUID]


class TakenLine(BaseModel):
    person: UUID
    role: str
    shop: str | None


class Moved(BaseModel):
    """What a change of a team took from its people: roles that lie outside of an outsourced team."""

    taken: list[TakenLine]


@router.get("/teams", responses=documented(403), summary="The teams of my shops")
async def list_teams(house: TheHouse, caller: TheCaller) -> list[TeamLine]:
    visible = caller.shops()
    async with house.reads() as session:
        lines = await _lines(session, visible)
        mine = await session.scalar(select(Person.team).where(Person.id == caller.person))
    return [line for line in lines if visible is None or line.shops or line.code == mine]


@router.put("/teams/{code}", responses=documented(403, 404, 409), summary="Make a team, or change it")
async def put_team(
    house: TheHouse, caller: TheCaller, code: Annotated[str, Path(pattern="^[a-z0-9][a-z0-9-]{0,31}$")], body: TeamBody
) -> Moved:
    """Who loses a role by it is logged out, and their open cases go on to others."""
    async with house.sessions.begin() as session:
        taken = await office.put_team(
            session, str(caller.person), house.now(), code, body.name, body.outsourced, body.shops
        )
    return await _handed_on(house, taken)


@router.put("/people/{person}/team", responses=documented(403, 404, 409), summary="Put a person into a team")
async def set_team(house: TheHouse, caller: TheCaller, person: UUID, body: MemberBody) -> Moved:
    """Roles outside of an outsourced team are taken from them."""
    async with house.sessions.begin() as session:
        taken = await office.set_team(session, str(caller.person), house.now(), person, body.team)
    return await _handed_on(house, taken)


async def _handed_on(house: House, taken: Iterable[TakenRole]) -> Moved:
    left = {(one.person, one.shop) for one in taken if one.role in DESK}
    for person, shop in sorted(left, key=str):
        await start_handback(house.client, str(person), shop, house.settings)
    return Moved(taken=[TakenLine(person=one.person, role=one.role, shop=one.shop) for one in taken])


async def _lines(session: AsyncSession, visible: frozenset[str] | None) -> list[TeamLine]:
    shops = (await session.execute(select(TeamShop.team, TeamShop.shop).order_by(TeamShop.shop))).all()
    people = (await session.execute(select(Person.team, Person.id).order_by(Person.login))).all()
    return [
        TeamLine(
            code=team.code,
            name=team.name,
            outsourced=team.outsourced,
            shops=[one.shop for one in shops if one.team == team.code and (visible is None or one.shop in visible)],
            people=[one.id for one in people if one.team == team.code],
        )
        for team in await session.scalars(select(Team).order_by(Team.code))
    ]
