"""Logging in and out with a browser, and one's own sessions and password."""

import secrets
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from api import cookies
from api.callers import Caller, TheCaller
from api.doorkeeper import address_of
from api.errors import NotFound, documented
from api.house import House, TheHouse
from db import login_attempts, passwords
from db.audit import lock_office
from db.login_sessions import CameFrom, end_sessions, list_sessions, open_session, session_hash
from db.reads.callers import session_holder
from db.tables.login import LoginSession
from db.tables.office import Person
from domain.entry import EntryKind
from domain.errors import Refusal
from domain.lockout import Count, check_attempts, counted
from domain.passwords import LONGEST, check_password

router = APIRouter(tags=["account"])
Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST * 2)]
Login = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=64)]
CODE, PASSWORD = "code", "password"


class LoginRefused(Refusal):
    """Login and password, or login and code, do not belong together; which of them is wrong is not told."""

    code = "LoginRefused"


class NoSession(Refusal):
    """This needs somebody who has logged in, not a key."""

    code = "NoSession"


class LoginBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Login
    password: Password


class CodeBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    login: Login
    code: Annotated[SecretStr, Field(max_length=60)] = Field(description="the one-time code, with or without hyphens")
    new_password: Password


class PasswordBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: Password = Field(description="the present one")
    new_password: Password


class LoggedIn(BaseModel):
    person: UUID
    login: str
    name: str
    expires_at: datetime = Field(description="when the session ends in any case")
    idle_minutes: int = Field(description="after how many minutes without a request it ends")


class SessionLine(BaseModel):
    id: UUID
    how: str = Field(description="`password`, `code` or `oidc`")
    made_at: datetime
    seen_at: datetime = Field(description="its last request, to the minute")
    expires_at: datetime
    ended_at: datetime | None
    why_ended: str | None
    address: str
    agent: str
    current: bool = Field(description="the session that asks")


class WaysIn(BaseModel):
    password: bool = True
    oidc: str | None = Field(description="name of the identity provider at `GET /login/oidc`; null where there is none")


class Ended(BaseModel):
    ended: int = Field(description="how many sessions")


@router.get("/login", summary="How one can log in")
async def ways_in(house: TheHouse) -> WaysIn:
    return WaysIn(oidc=house.settings.oidc_name if house.provider else None)


@router.post("/login", responses=documented(403, 409, 429), summary="Log in with a password")
async def log_in(house: TheHouse, request: Request, response: Response, body: LoginBody) -> LoggedIn:
    """Sets the session's cookie. After five failures from one address a login is locked there for a quarter of an hour;
    from a device that has logged in before it opens all the same."""
    await begin(house, request)
    async with house.reads() as session:
        found = await passwords.password_of(session, body.login)
    person, hash = found or (None, None)
    subjects = await _count_attempt(house, request, body.login, person)
    word = body.password.get_secret_value()
    if not await house.doorkeeper.fits(hash, word) or person is None or hash is None:
        raise LoginRefused("Login and password do not belong together. Try again, or ask for a one-time code.")
    anew = await house.doorkeeper.hashed(word) if passwords.outdated(hash) else None
    async with house.sessions.begin() as session:
        await lock_office(session)
        again = await passwords.password_of(session, body.login)
        if again is None or again[1] != hash:
            raise LoginRefused("The password was changed meanwhile; log in with the new one.")
        if anew is not None:
            await passwords.keep_hash(session, person.id, anew, house.now())
        await login_attempts.forget_attempts(session, subjects, house.now())
        return await let_in(house, session, request, response, person, PASSWORD)


@router.post("/login/code", responses=documented(403, 409, 429), summary="Choose a password with a one-time code")
async def use_code(house: TheHouse, request: Request, response: Response, body: CodeBody) -> LoggedIn:
    """An administrator gives the code; it is good once, within a day, however often the login was locked. Logs in."""
    await begin(house, request)
    word = body.new_password.get_secret_value()
    check_password(word, body.login, "")
    hash = await house.doorkeeper.hashed(word)
    async with house.sessions.begin() as session:
        await lock_office(session)
        person = await passwords.take_code(session, body.login, body.code.get_secret_value(), house.now())
        if person is None:
            raise LoginRefused("Login and code do not belong together, or the code was used or is too old.")
        check_password(word, person.login, person.name)
        await passwords.set_password(session, str(person.id), house.now(), person.id, hash)
        return await let_in(house, session, request, response, person, CODE)


@router.post("/logout", responses=documented(403, 409), status_code=204, summary="End this session")
async def log_out(house: TheHouse, caller: TheCaller, response: Response) -> None:
    mine = _session_of(caller)
    async with house.sessions.begin() as session:
        await end_sessions(session, str(caller.person), house.now(), caller.person, "logged out", only=mine)
    cookies.drop(response, house.settings, cookies.SESSION)


@router.post("/me/password", responses=documented(403, 409, 429), status_code=204, summary="Change my password")
async def change_password(
    house: TheHouse, caller: TheCaller, request: Request, response: Response, body: PasswordBody
) -> None:
    """Every other session of mine ends, and this one gets a new id."""
    await house.doorkeeper.let_try(address_of(request))
    async with house.reads() as session:
        found = await passwords.password_of(session, caller.login)
        subject = login_attempts.subject_of(caller.login, "change")
        attempts, since = await login_attempts.count_attempt(session, Count.DEVICE, subject, house.now())
    check_attempts(Count.DEVICE, attempts, since, house.now())
    if not await house.doorkeeper.fits(found[1] if found else None, body.password.get_secret_value()):
        raise LoginRefused("This is not your present password. Ask an administrator for a one-time code.")
    word = body.new_password.get_secret_value()
    check_password(word, caller.login, caller.name)
    hash = await house.doorkeeper.hashed(word)
    async with house.sessions.begin() as session:
        await login_attempts.forget_attempts(session, {Count.DEVICE: subject}, house.now())
        await passwords.set_password(session, str(caller.person), house.now(), caller.person, hash)
        if caller.entry is EntryKind.SESSION:
            person = await session.get_one(Person, caller.person)
            await let_in(house, session, request, response, person, PASSWORD)


@router.get("/me/sessions", responses=documented(403), summary="Where I am logged in")
async def my_sessions(house: TheHouse, caller: TheCaller) -> list[SessionLine]:
    """The newest first, ended ones too."""
    async with house.reads() as session:
        return [line_of(row, caller.entry_id) for row in await list_sessions(session, caller.person)]


@router.delete("/me/sessions", responses=documented(403), summary="End all my sessions")
async def end_my_sessions(
    house: TheHouse,
    caller: TheCaller,
    but_this: Annotated[bool, Query(description="leave the one that asks")] = False,
) -> Ended:
    this = caller.entry_id if but_this and caller.entry is EntryKind.SESSION else None
    async with house.sessions.begin() as session:
        by = str(caller.person)
        return Ended(ended=await end_sessions(session, by, house.now(), caller.person, "ended by its owner", but=this))


@router.delete("/me/sessions/{id}", responses=documented(403, 404), status_code=204, summary="End one session of mine")
async def end_my_session(house: TheHouse, caller: TheCaller, id: UUID) -> None:
    """One that has ended already is not missed."""
    async with house.sessions.begin() as session:
        row = await session.get(LoginSession, id)
        if row is None or row.person != caller.person:
            raise NotFound("You have no such session; GET /me/sessions lists them.")
        await end_sessions(session, str(caller.person), house.now(), caller.person, "ended by its owner", only=id)


async def begin(house: House, request: Request) -> None:
    """Before anything is looked at. Raises LoginNeedsTls, CrossSite or TooManyAttempts."""
    cookies.is_secure(house.settings)
    cookies.check_same_site(request, house.settings, strictly=False)
    await house.doorkeeper.let_try(address_of(request))


async def let_in(
    house: House, session: AsyncSession, request: Request, response: Response, person: Person, how: str
) -> LoggedIn:
    """A session with a new id; the one that this browser had ends."""
    now, settings = house.now(), house.settings
    await _end_former(house, session, request)
    came = CameFrom(how, address_of(request), request.headers.get("user-agent", ""))
    plain, row = await open_session(session, now, person.id, came, settings.session_lasts)
    device = cookies.read(request, settings, cookies.DEVICE)
    if device is None or not await login_attempts.is_known_device(session, person.id, device):
        device = secrets.token_urlsafe(32)
    await login_attempts.remember_device(session, person.id, device, now)
    cookies.put(response, settings, cookies.SESSION, plain)
    cookies.put(response, settings, cookies.DEVICE, device, cookies.DEVICE_SECONDS)
    return LoggedIn(
        person=person.id,
        login=person.login,
        name=person.name,
        expires_at=row.expires_at,
        idle_minutes=settings.session_idle_minutes,
    )


async def _end_former(house: House, session: AsyncSession, request: Request) -> None:
    former = cookies.read(request, house.settings, cookies.SESSION)
    if former is None:
        return
    holder = await session_holder(session, session_hash(former), house.settings.session_idle)
    if holder is not None:
        by = str(holder.person)
        await end_sessions(session, by, house.now(), holder.person, "logged in anew", only=holder.entry_id)


async def _count_attempt(house: House, request: Request, login: str, person: Person | None) -> dict[Count, bytes]:
    """Counted before the password is looked at, each count for itself. Raises LoginLocked."""
    request.state.subject = str(person.id) if person else "unknown login"
    device = cookies.read(request, house.settings, cookies.DEVICE)
    async with house.reads() as session:
        known = bool(person and device and await login_attempts.is_known_device(session, person.id, device))
        what = {Count.PLACE: address_of(request), Count.DEVICE: device or "", Count.LOGIN: ""}
        subjects = {count: login_attempts.subject_of(login, what[count]) for count in counted(known)}
        found = [
            (count, *await login_attempts.count_attempt(session, count, subject, house.now()))
            for count, subject in subjects.items()
        ]
    for count, attempts, since in found:
        check_attempts(count, attempts, since, house.now())
    return subjects


def _session_of(caller: Caller) -> UUID:
    """Raises NoSession."""
    if caller.entry is not EntryKind.SESSION or caller.entry_id is None:
        raise NoSession("You came with a key, which has no session to end; revoke the key instead.")
    return caller.entry_id


def line_of(row: LoginSession, current: UUID | None) -> SessionLine:
    fields = ("id", "how", "made_at", "seen_at", "expires_at", "ended_at", "why_ended", "address", "agent")
    return SessionLine(**{name: getattr(row, name) for name in fields}, current=row.id == current)
