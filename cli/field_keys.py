"""`amends keys usage` and `amends keys reseal`: rotating the keys that seal what identifies a buyer."""

import typer

from cli.house import command, opened
from cli.people import keys as keys
from db import resealing
from db.audit import record


@keys.command()
@command
async def usage() -> None:
    """How many values each field key seals. One that seals none may leave AMENDS_FIELD_KEYS."""
    async with opened() as house, house.sessions() as session:
        found = await resealing.usage(session)
    for name in sorted(set(found) | set(house.ring.keys)):
        known = "seals new values" if name == house.ring.current else "opens old ones"
        typer.echo(f"{name}: {found[name]} values; {known if name in house.ring.keys else 'is missing'}")


@keys.command()
@command
async def reseal() -> None:
    """Seal with the first key of AMENDS_FIELD_KEYS whatever an older one has sealed; the house goes on meanwhile."""
    total = 0
    async with opened() as house:
        async for table, many in resealing.reseal(house.sessions, house.ring):
            total += many
            typer.echo(f"{table}: {many}")
        async with house.sessions.begin() as session:
            facts = {"key": house.ring.current, "values": total}
            await record(session, house.by, house.now, "fields.resealed", "field keys", facts)
    typer.echo(f"{total} values are under {house.ring.current} now.")
