"""`amends people code | logins | logout | link` and `amends teams`: how people come in, and how far."""

from datetime import datetime
from uuid import UUID

import typer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from cli.house import Tools, command, opened
from cli.people import Login, by_login, people
from cli.printing import AsJson, show
from db import office, passwords
from db.identities import link_identity
from db.login_sessions import end_sessions, list_sessions
from db.tables.teams import Team, TeamShop
from db.teams import TakenRole
from domain.people import DESK
from workflows.starting import start_handback

teams = typer.Typer(no_args_is_help=True, help="Teams, of the house and outsourced.")
Code = typer.Argument(help="the team's code")


class LoginLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    how: str
    made_at: datetime
    seen_at: datetime
    ended_at: datetime | None
    why_ended: str | None
    address: str


class TeamLine(BaseModel):
    code: str
    name: str
    outsourced: bool
    shops: list[str]


@people.command()
@command
async def code(login: str = Login) -> None:
    """Take a password away, log the person out, and print a one-time code for `POST /login/code`. A first password is
    come by in the same way."""
    async with opened() as house, house.sessions.begin() as session:
        person = await by_login(session, login)
        plain = await passwords.reset_password(session, house.by, house.now, person.id)
    typer.echo(f"{plain}   (once, within a day)")


@people.command()
@command
async def logins(login: str = Login, as_json: bool = AsJson) -> None:
    """Where a person is and was logged in."""
    async with opened() as house, house.sessions() as session:
        person = await by_login(session, login)
        lines = [LoginLine.model_validate(row) for row in await list_sessions(session, person.id)]
    show(lines, ("how", "address", "made_at", "seen_at", "ended_at", "why_ended"), as_json=as_json)


@people.command()
@command
async def logout(login: str = Login) -> None:
    """End all sessions of a person, at once."""
    async with opened() as house, house.sessions.begin() as session:
        person = await by_login(session, login)
        ended = await end_sessions(session, house.by, house.now, person.id, "ended by an administrator")
    typer.echo(f"{ended} sessions of {login} were ended.")


@people.command()
@command
async def link(login: str = Login, subject: str = typer.Argument(help="who they are at the identity provider")) -> None:
    """Let a person log in by way of the identity provider."""
    async with opened() as house, house.sessions.begin() as session:
        person = await by_login(session, login)
        await link_identity(session, house.by, house.now, person.id, house.settings.oidc_issuer, subject)
    typer.echo(f"{subject} of {house.settings.oidc_issuer} is {login}.")


@people.command("team")
@command
async def join(login: str = Login, team: str = typer.Argument("", help="its code; without it, no team")) -> None:
    """Put a person into a team. Roles outside of an outsourced one are taken from them."""
    async with opened() as house:
        async with house.sessions.begin() as session:
            person = await by_login(session, login)
            taken = await office.set_team(session, house.by, house.now, person.id, team or None)
        await _hand_on(house, taken)
    typer.echo(f"{login} is in {team or 'no team'}; {len(taken)} roles were taken.")


@teams.command("list")
@command
async def list_teams(as_json: bool = AsJson) -> None:
    """The teams with their shops."""
    async with opened() as house, house.sessions() as session:
        shops = (await session.execute(select(TeamShop.team, TeamShop.shop).order_by(TeamShop.shop))).all()
        found = [
            TeamLine(
                code=t.code, name=t.name, outsourced=t.outsourced, shops=[s.shop for s in shops if s.team == t.code]
            )
            for t in await session.scalars(select(Team).order_by(Team.code))
        ]
    show(found, ("code", "name", "outsourced", "shops"), as_json=as_json)


@teams.command()
@command
async def put(
    code: str = Code,
    name: str = typer.Argument(help="as it is shown"),
    shop: list[str] = typer.Option([], help="a shop that it looks after; may be given several times"),
    outsourced: bool = typer.Option(False, "--outsourced", help="of another company"),
) -> None:
    """Make a team, or change it as a whole."""
    async with opened() as house:
        async with house.sessions.begin() as session:
            taken = await office.put_team(session, house.by, house.now, code, name, outsourced, shop)
        await _hand_on(house, taken)
    typer.echo(f"{code} looks after {', '.join(sorted(shop)) or 'no shop'}; {len(taken)} roles were taken.")


async def _hand_on(house: Tools, taken: list[TakenRole]) -> None:
    left = {(one.person, one.shop) for one in taken if one.role in DESK}
    for person, shop in sorted(left, key=str):
        await start_handback(await house.client(), str(person), shop, house.settings)
