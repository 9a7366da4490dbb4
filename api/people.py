"""People of the staff and their roles."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.callers import Caller, TheCaller
from api.errors import NotAllowed, documented
from api.fields import Line, Moment, ShopCode
from api.house import House, TheHouse
from api.second_person import Confirmation, agreed
from db import office
from db.reads.people import PersonLine, RoleLine
from db.reads.people import list_people as read_people
from db.second_person import POWERFUL, AccountChange
from domain.people import DESK, Role
from workflows.starting import start_handback

router = APIRouter(tags=["office"])
Capacity = Annotated[int, Field(ge=0, le=1000)]
Skills = Annotated[list[Line], Field(max_length=50)]


class PersonBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: Line
    skills: Skills = []
    capacity: Capacity = 20


class PersonChange(BaseModel):
    """Fields that are left out stay as they are; `away_until` null means back, `same_as` null that this is nobody's
    second account."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = None
    skills: Skills | None = None
    capacity: Capacity | None = None
    away_until: Moment | None = None
    active: bool | None = None
    same_as: UUID | None = Field(default=None, description="another account of the same human being")


class RoleBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role
    shop: ShopCode | None = Field(default=None, description="empty: in every shop")


class Me(BaseModel):
    person: UUID
    login: str
    name: str
    roles: list[RoleLine]


@router.get("/me", responses=documented(), summary="Who I am and what I may do where")
async def me(caller: TheCaller) -> Me:
    lines = [RoleLine(role=role, shop=shop) for shop, roles in caller.roles.items() for role in sorted(roles)]
    return Me(person=caller.person, login=caller.login, name=caller.name, roles=lines)


@router.get("/people", responses=documented(403), summary="The people of my shops")
async def list_people(
    house: TheHouse, caller: TheCaller, shop: Annotated[str | None, Query(max_length=32)] = None
) -> list[PersonLine]:
    """Keys are listed for administrators of the whole house, never in their plain form."""
    visible = caller.shops()
    if shop is not None:
        visible = frozenset({shop}) if visible is None or shop in visible else frozenset()
    async with house.reads() as session:
        return await read_people(session, visible, with_keys=Role.ADMIN in caller.everywhere)


@router.post("/people", responses=documented(403, 409), status_code=201, summary="Add a person")
async def add_person(house: TheHouse, caller: TheCaller, body: PersonBody) -> PersonLine:
    async with house.sessions.begin() as session:
        person = await office.add_person(session, str(caller.person), house.now(), **body.model_dump())
    return await _shown(house, person.id)


@router.patch("/people/{person}", responses=documented(403, 404, 409), summary="Change a person")
async def change_person(house: TheHouse, caller: TheCaller, person: UUID, body: PersonChange) -> PersonLine:
    """A person who is not active can do nothing, whatever keys they hold. The open cases of who is away or not active
    go on to others."""
    given = body.model_dump(exclude_unset=True, exclude={"same_as"})
    changes = {name: value for name, value in given.items() if value is not None or name == "away_until"}
    async with house.sessions.begin() as session:
        changed = await office.set_person(session, str(caller.person), house.now(), person, changes)
        if "same_as" in body.model_fields_set:
            await office.link_accounts(session, str(caller.person), house.now(), person, body.same_as)
        gone = not changed.active or (changed.away_until is not None and changed.away_until > house.now())
    if gone:
        await start_handback(house.client, str(person), None, house.settings)
    return await _shown(house, person)


@router.post("/people/{person}/roles", responses=documented(403, 404), summary="Give a role")
async def grant_role(
    house: TheHouse, caller: TheCaller, person: UUID, body: RoleBody, confirmation: Confirmation = None
) -> PersonLine:
    _may_give(caller, body.role, body.shop)
    async with house.sessions.begin() as session:
        if body.role in POWERFUL:
            await agreed(house, session, caller, AccountChange.GRANT_ROLE, person, confirmation)
        await office.grant(session, str(caller.person), house.now(), person, body.role, body.shop)
    return await _shown(house, person)


@router.delete("/people/{person}/roles", responses=documented(403, 404, 409), summary="Take a role away")
async def revoke_role(
    house: TheHouse,
    caller: TheCaller,
    person: UUID,
    role: Role,
    shop: Annotated[str | None, Query(max_length=32, description="empty: the one for every shop")] = None,
) -> PersonLine:
    _may_give(caller, role, shop)
    async with house.sessions.begin() as session:
        await office.person_of(session, person)
        await office.revoke(session, str(caller.person), house.now(), person, role, shop)
    if role in DESK:
        await start_handback(house.client, str(person), shop, house.settings)
    return await _shown(house, person)


def _may_give(caller: Caller, role: Role, shop: str | None) -> None:
    """An administrator of one shop gives roles there; administrators are made by those of the whole house."""
    if shop is None or role is Role.ADMIN:
        if Role.ADMIN not in caller.everywhere:
            raise NotAllowed("Only an administrator of every shop may give or take this role.")
    else:
        caller.enter(shop)


async def _shown(house: House, person: UUID) -> PersonLine:
    async with house.reads() as session:
        return (await read_people(session, None, with_keys=True, only=person))[0]
