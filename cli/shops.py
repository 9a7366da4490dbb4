"""`amends shops` and `amends policies`."""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from cli.house import command, opened
from cli.printing import AsJson, show
from db import office
from db.policy_rows import KINDS, model_of, newest_version
from db.reads.office import list_shops
from domain.errors import PolicyUnreadable
from domain.platforms import Platform
from domain.policies.documents import read_document
from workflows.schedules import ensure_digests, ensure_intake

shops = typer.Typer(no_args_is_help=True, help="Shops.")
policies = typer.Typer(no_args_is_help=True, help="Policies, each a whole document in versions.")

OfShop = typer.Option(None, "--shop", help="a shop's code; without it, the house's own")
Kind = typer.Argument(help=f"one of {', '.join(KINDS)}")


@shops.command("list")
@command
async def list_all(as_json: bool = AsJson) -> None:
    """Which shops there are."""
    async with opened() as house, house.sessions() as session:
        found = await list_shops(session, None)
    show(found, ("code", "name", "platform", "jurisdiction", "gate_mode", "intake", "cut_off_at"), as_json=as_json)


@shops.command("open")
@command
async def open_shop(
    code: str = typer.Argument(help="our own short name for it"),
    name: str = typer.Argument(),
    platform: Platform = typer.Argument(),
    cut_off: datetime = typer.Option(None, help="older reviews open no case; UTC; without it, now"),
    jurisdiction: str = typer.Option("CN"),
    seller: str = typer.Option("", help="the marketplace's name of the seller; without it, the shop's name"),
    zone: str = typer.Option("Asia/Shanghai"),
    credentials: Path | None = typer.Option(None, exists=True, dir_okay=False, help="a JSON file for the gateway"),
) -> None:
    """Open a shop with its money gate shut until resolution; its reviews are asked for from now on."""
    async with opened() as house:
        client = await house.client()
        async with house.sessions.begin() as session:
            shop = await office.add_shop(
                session, house.by, house.now, code=code, name=name, platform=platform, jurisdiction=jurisdiction,
                seller_nick=seller or name, zone=zone, cut_off_at=cut_off.replace(tzinfo=UTC) if cut_off else house.now,
                credentials=credentials.read_text() if credentials else None,
            )  # fmt: skip
        await ensure_intake(client, shop, house.settings)
        await ensure_digests(client, [shop.code], house.settings)
    typer.echo(f"{code} is open.")


@shops.command()
@command
async def change(
    code: str = typer.Argument(),
    name: str | None = typer.Option(None),
    seller: str | None = typer.Option(None),
    zone: str | None = typer.Option(None),
    intake: bool | None = typer.Option(None, help="whether its reviews are asked for"),
    credentials: Path | None = typer.Option(None, exists=True, dir_okay=False, help="a JSON file for the gateway"),
) -> None:
    """Change a shop; what is left out stays."""
    given: dict[str, Any] = {"name": name, "seller_nick": seller, "zone": zone, "intake": intake}
    given["credentials"] = credentials.read_text() if credentials else None
    changes = {field: value for field, value in given.items() if value is not None}
    async with opened() as house:
        client = await house.client()
        async with house.sessions.begin() as session:
            shop = await office.set_shop(session, house.by, house.now, code, changes)
        await ensure_intake(client, shop, house.settings)
    typer.echo(f"{code} is at version {shop.version}.")


@policies.command("list")
@command
async def list_policies(shop: str | None = OfShop) -> None:
    """Which version of each kind is in force."""
    async with opened() as house, house.sessions() as session:
        for kind in KINDS:
            found = await office.policy_in_force(session, kind, shop)
            whose = f"{found.shop or 'house'} version {found.version}" if found.version else "as shipped"
            typer.echo(f"{kind:<14} {whose}{f', {found.why}' if found.why else ''}")


@policies.command("show")
@command
async def show_policy(kind: str = Kind, shop: str | None = OfShop) -> None:
    """The document in force, as JSON; beside it, not in it, the version that `put` asks for."""
    async with opened() as house, house.sessions() as session:
        found = await office.policy_in_force(session, kind, shop)
        newest = await newest_version(session, kind, shop)
    typer.echo(f"{kind} of {shop or 'the house'}: to save a change, put it with --on {newest}", err=True)
    typer.echo(found.document.model_dump_json(indent=1, by_alias=True))


@policies.command()
@command
async def check(kind: str = Kind, file: Path = typer.Argument(exists=True, dir_okay=False)) -> None:
    """Say whether a TOML or JSON file could be put; it names every field that is wrong."""
    read_document(model_of(kind), _document(file))
    typer.echo("It can be put.")


@policies.command("put")
@command
async def put_policy(
    kind: str = Kind,
    file: Path = typer.Argument(exists=True, dir_okay=False, help="TOML or JSON"),
    why: str = typer.Option(..., help="it stands beside the version"),
    on: int = typer.Option(..., min=0, help="the version that you have changed, as `show` tells it"),
    shop: str | None = OfShop,
) -> None:
    """Save a whole document as the next version; decisions from now on use it. Of two people who have changed the same
    version the second is refused."""
    document = _document(file)
    async with opened() as house, house.sessions.begin() as session:
        if shop is not None:
            await office.shop_of(session, shop)
        version = await office.put_policy(session, kind, shop, document, house.by, why, house.now, expected=on)
    typer.echo(f"{kind} of {shop or 'the house'} is at version {version}.")


def _document(file: Path) -> dict[str, Any]:
    """Raises PolicyUnreadable."""
    try:
        text = file.read_text(encoding="utf-8")
        read: dict[str, Any] = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except ValueError as wrong:
        raise PolicyUnreadable(f"{file} can't be read: {wrong}. Correct the line.", fields=[]) from None
    return read
