"""`amends people` and `amends keys`."""

from datetime import timedelta
from uuid import UUID

import typer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.rights import RIGHTS
from cli.house import command, fail, opened
from cli.printing import AsJson, show
from db import office
from db.audit import NotThere
from db.reads.people import key_line, list_people
from db.tables.office import ApiKey, Person
from domain.entry import Scope
from domain.people import DESK, Role
from workflows.starting import start_handback

people = typer.Typer(no_args_is_help=True, help="The staff and their roles.")
keys = typer.Typer(no_args_is_help=True, help="Keys with which people and programs call the API.")

Login = typer.Argument(help="their login")
OfShop = typer.Option(None, "--shop", help="a shop's code; without it, every shop")


@people.command("list")
@command
async def list_all(shop: str | None = OfShop, as_json: bool = AsJson) -> None:
    """Who there is, with which roles."""
    async with opened() as house, house.sessions() as session:
        found = await list_people(session, frozenset({shop}) if shop else None, with_keys=False)
    show(found, ("login", "name", "roles", "capacity", "away_until", "active"), as_json=as_json)


@people.command()
@command
async def add(
    login: str = Login,
    name: str = typer.Argument(help="as it is shown"),
    role: list[Role] = typer.Option([], help="a role to begin with; may be given several times"),
    shop: str | None = OfShop,
    capacity: int = typer.Option(20, help="open cases at most"),
    skill: list[str] = typer.Option([], help="may be given several times"),
) -> None:
    """Add a person; `amends keys issue` lets them in."""
    async with opened() as house, house.sessions.begin() as session:
        person = await office.add_person(
            session, house.by, house.now, login=login, name=name, skills=skill, capacity=capacity
        )
        for one in role:
            await office.grant(session, house.by, house.now, person.id, one, shop)
    typer.echo(f"{login} was added.")


@people.command()
@command
async def grant(login: str = Login, role: Role = typer.Argument(), shop: str | None = OfShop) -> None:
    """Give a role."""
    async with opened() as house, house.sessions.begin() as session:
        person = await by_login(session, login)
        await office.grant(session, house.by, house.now, person.id, role, shop)
    typer.echo(f"{login} is {role} in {shop or 'every shop'}.")


@people.command()
@command
async def revoke(login: str = Login, role: Role = typer.Argument(), shop: str | None = OfShop) -> None:
    """Take a role away. The open cases of whoever leaves the desk go on to others."""
    async with opened() as house:
        async with house.sessions.begin() as session:
            person = await by_login(session, login)
            await office.revoke(session, house.by, house.now, person.id, role, shop)
        if role in DESK:
            await start_handback(await house.client(), str(person.id), shop, house.settings)
    typer.echo(f"{login} is no {role} in {shop or 'every shop'} any more.")


@people.command()
@command
async def deactivate(login: str = Login) -> None:
    """Let a person do nothing any more, whatever keys they hold. Their open cases go on to others."""
    async with opened() as house:
        async with house.sessions.begin() as session:
            person = await by_login(session, login)
            await office.set_person(session, house.by, house.now, person.id, {"active": False})
        await start_handback(await house.client(), str(person.id), None, house.settings)
    typer.echo(f"{login} can do nothing any more.")


@keys.command("list")
@command
async def list_keys(login: str = Login, as_json: bool = AsJson) -> None:
    """The keys of a person; none is ever shown in plain again."""
    async with opened() as house, house.sessions() as session:
        person = await by_login(session, login)
        found = [key_line(row) for row in await office.keys_of(session, person.id)]
    columns = ("id", "label", "made_at", "expires_at", "revoked_at", "last_used_at", "roles", "shops", "routes")
    show(found, columns, as_json=as_json)


@keys.command()
@command
async def issue(
    login: str = Login,
    label: str = typer.Argument(help="what it is for"),
    days: int = typer.Option(0, help="for how long it is good; 0 is for ever"),
    role: list[Role] = typer.Option([], help="for this role of theirs only; may be given several times"),
    shop: list[str] = typer.Option([], help="for this shop only; may be given several times"),
    route: list[str] = typer.Option([], help="for this operation of /openapi.json only; may be given several times"),
) -> None:
    """Make a key and print it, this once."""
    if unknown := sorted(set(route) - set(RIGHTS)):
        fail(f"There is no operation {unknown[0]!r}; /openapi.json lists them.")
    async with opened() as house, house.sessions.begin() as session:
        person = await by_login(session, login)
        until = house.now + timedelta(days=days) if days else None
        scope = Scope.of(role or None, shop or None, route or None)
        plain, _ = await office.issue_key(session, house.by, house.now, person.id, label, until, scope=scope)
    typer.echo(plain)


@keys.command()
@command
async def rotate(
    key: UUID = typer.Argument(help="its id, as `amends keys list` shows it"),
    hours: int = typer.Option(24, help="for how long the old one is good beside the new one"),
) -> None:
    """Print a new key of the same scope in this one's place."""
    async with opened() as house, house.sessions.begin() as session:
        row = await _key(session, key)
        until = house.now + timedelta(hours=hours)
        plain, _ = await office.rotate_key(session, house.by, house.now, row.person, key, until)
    typer.echo(plain)


@keys.command("revoke")
@command
async def revoke_key(key: UUID = typer.Argument(help="its id, as `amends keys list` shows it")) -> None:
    """Make a key good for nothing, at once."""
    async with opened() as house, house.sessions.begin() as session:
        row = await _key(session, key)
        await office.revoke_key(session, house.by, house.now, row.person, key)
    typer.echo(f"{key} opens nothing any more.")


async def _key(session: AsyncSession, key: UUID) -> ApiKey:
    """Raises NotThere."""
    row = await session.get(ApiKey, key)
    if row is None:
        raise NotThere(f"There is no key {key}; `amends keys list LOGIN` lists them.")
    return row


async def by_login(session: AsyncSession, login: str) -> Person:
    """Raises NotThere."""
    person = await session.scalar(select(Person).where(Person.login == login))
    if person is None:
        raise NotThere(f"There is nobody with the login {login!r}; `amends people list` lists everybody.")
    return person
