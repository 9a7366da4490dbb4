"""Keys with which people and programs call the api, and what else lets a person in, as administrators see to it."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import TheCaller
from api.errors import BadInput, documented
from api.fields import Line, Moment, ShopCode
from api.house import House, TheHouse
from api.login import Ended, NoSession, SessionLine, line_of
from api.rights import RIGHTS
from api.second_person import Confirmation, agreed
from db import office, passwords
from db.door import list_refused
from db.login_sessions import end_sessions, list_sessions
from db.reads.people import KeyLine, key_line
from db.second_person import AccountChange
from db.staff import person_of
from db.tables.office import ApiKey
from domain.entry import EntryKind, Scope
from domain.people import Role

router = APIRouter(tags=["account"])
A_WEEK = 168


class KeyBody(BaseModel):
    """Roles, shops and routes that are left out are all that the person has, now and later."""

    model_config = ConfigDict(extra="forbid")

    label: Line = Field(description="what it is for, so that it can be told from others")
    expires_at: Moment | None = None
    roles: Annotated[list[Role], Field(min_length=1, max_length=20)] | None = None
    shops: Annotated[list[ShopCode], Field(min_length=1, max_length=500)] | None = None
    routes: Annotated[list[Line], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="operation ids of this document, like `open_case`"
    )


class RotateBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    old_hours: Annotated[int, Field(ge=0, le=A_WEEK)] = Field(
        default=24, description="for how long the old key is good beside the new one"
    )


class OwnRotateBody(BaseModel):
    """The old key stays good for an hour at least, so that a program whose answer was lost can ask once more."""

    model_config = ConfigDict(extra="forbid")

    old_hours: Annotated[int, Field(ge=1, le=A_WEEK)] = Field(
        default=24, description="for how long the old key is good beside the new one"
    )


class NewKey(BaseModel):
    """The only time that the key is shown."""

    id: UUID
    key: str
    expires_at: datetime | None


class NewCode(BaseModel):
    """The only time that the code is shown; hand it over in person."""

    code: str
    expires_at: datetime


class RefusedAtTheDoor(BaseModel):
    kind: str = Field(description="like `KeyRevoked` or `LoginLocked`")
    subject: str = Field(description="id of a key, a session or a person, where it is known")
    address: str
    times: int = Field(description="within this hour")
    first_at: datetime
    last_at: datetime


@router.post("/people/{person}/keys", responses=documented(403, 404), status_code=201, summary="Issue a key")
async def issue_key(
    house: TheHouse, caller: TheCaller, person: UUID, body: KeyBody, confirmation: Confirmation = None
) -> NewKey:
    """The answer is the only place where the key stands in plain."""
    unknown = sorted(set(body.routes or ()) - set(RIGHTS))
    if unknown:
        raise BadInput(f"There is no route {unknown[0]!r}; take operation ids of /openapi.json.", field="routes")
    scope = Scope.of(body.roles, body.shops, body.routes)
    async with house.sessions.begin() as session:
        if person != caller.person:
            await agreed(house, session, caller, AccountChange.ISSUE_KEY, person, confirmation)
        plain, row = await office.issue_key(
            session, str(caller.person), house.now(), person, body.label, body.expires_at, scope=scope
        )
    return _new(plain, row)


@router.get("/people/{person}/keys", responses=documented(403, 404), summary="The keys of a person")
async def list_keys(house: TheHouse, caller: TheCaller, person: UUID) -> list[KeyLine]:
    """The newest first, never in plain."""
    async with house.reads() as session:
        await person_of(session, person)
        return [key_line(row) for row in await office.keys_of(session, person)]


@router.post(
    "/people/{person}/keys/{key}/rotate",
    responses=documented(403, 404),
    status_code=201,
    summary="Put a new key in a key's place",
)
async def rotate_key(
    house: TheHouse, caller: TheCaller, person: UUID, key: UUID, body: RotateBody, confirmation: Confirmation = None
) -> NewKey:
    """Of the same scope and length of life; both are good for `old_hours`."""
    async with house.sessions.begin() as session:
        if person != caller.person:
            await agreed(house, session, caller, AccountChange.ISSUE_KEY, person, confirmation)
        return await _rotate(house, session, caller.person, person, key, body.old_hours)


@router.post(
    "/me/key/rotate", responses=documented(403, 409), status_code=201, summary="Put a new key in this one's place"
)
async def rotate_my_key(house: TheHouse, caller: TheCaller, body: OwnRotateBody) -> NewKey:
    """For programs that change the key that they come with by themselves."""
    if caller.entry is not EntryKind.KEY or caller.entry_id is None:
        raise NoSession("You did not come with a key; an administrator rotates others.")
    async with house.sessions.begin() as session:
        return await _rotate(house, session, caller.person, caller.person, caller.entry_id, body.old_hours)


@router.delete("/people/{person}/keys/{key}", responses=documented(403, 404), status_code=204, summary="Revoke a key")
async def revoke_key(house: TheHouse, caller: TheCaller, person: UUID, key: UUID) -> None:
    async with house.sessions.begin() as session:
        await office.revoke_key(session, str(caller.person), house.now(), person, key)


@router.get("/people/{person}/sessions", responses=documented(403, 404), summary="Where a person is logged in")
async def list_sessions_of(house: TheHouse, caller: TheCaller, person: UUID) -> list[SessionLine]:
    async with house.reads() as session:
        await person_of(session, person)
        return [line_of(row, caller.entry_id) for row in await list_sessions(session, person)]


@router.delete("/people/{person}/sessions", responses=documented(403, 404), summary="Log a person out everywhere")
async def end_sessions_of(house: TheHouse, caller: TheCaller, person: UUID) -> Ended:
    """At once: no request that begins afterwards is answered with one of them."""
    async with house.sessions.begin() as session:
        await person_of(session, person)
        ended = await end_sessions(session, str(caller.person), house.now(), person, "ended by an administrator")
    return Ended(ended=ended)


@router.post(
    "/people/{person}/password-reset", responses=documented(403, 404), summary="Take a password away and give a code"
)
async def reset_password(
    house: TheHouse, caller: TheCaller, person: UUID, confirmation: Confirmation = None
) -> NewCode:
    """The person is logged out everywhere and chooses another password with the code, at `POST /login/code`. This is
    also how a new person comes to their first password."""
    async with house.sessions.begin() as session:
        await person_of(session, person)
        await agreed(house, session, caller, AccountChange.RESET_PASSWORD, person, confirmation)
        code = await passwords.reset_password(session, str(caller.person), house.now(), person)
    return NewCode(code=code, expires_at=house.now() + passwords.CODE_LASTS)


@router.get("/office/refusals", responses=documented(403), summary="What was refused at the door, the latest first")
async def list_door_refusals(house: TheHouse, caller: TheCaller, since: Moment | None = None) -> list[RefusedAtTheDoor]:
    """Revoked and foreign keys, ended sessions, locked logins, forged pushes: one line an hour for each."""
    async with house.reads() as session:
        rows = await list_refused(session, since or house.now() - timedelta(days=7), 1000)
        fields = ("kind", "subject", "address", "times", "first_at", "last_at")
        return [RefusedAtTheDoor(**{name: getattr(row, name) for name in fields}) for row in rows]


async def _rotate(house: House, session: AsyncSession, by: UUID, person: UUID, key: UUID, old_hours: int) -> NewKey:
    until = house.now() + timedelta(hours=old_hours)
    return _new(*await office.rotate_key(session, str(by), house.now(), person, key, until))


def _new(plain: str, row: ApiKey) -> NewKey:
    return NewKey(id=row.id, key=plain, expires_at=row.expires_at)
