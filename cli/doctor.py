"""`amends doctor`: what is wrong with the house, and what mends it."""

from collections.abc import AsyncIterator, Callable

import typer
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from cli.diagnosis import Diagnosis, State, bad, good
from cli.house import Tools, command, opened
from cli.look_at_database import look_at_database
from cli.look_at_engine import look_at_engine
from cli.look_at_logins import look_at_logins
from cli.look_at_notices import look_at_notices
from cli.look_outside import look_outside
from db.sessions import key_ring
from db.signatures import Signer
from domain.errors import Refusal
from settings import Settings
from workflows.codec import parse_codec

COLOURS = {State.GOOD: typer.colors.GREEN, State.ODD: typer.colors.YELLOW, State.BAD: typer.colors.RED}
AWAY = {
    "database": "check AMENDS_DATABASE_URL, and that PostgreSQL runs",
    "engine": "check TEMPORAL_ADDRESS, and that the engine runs",
    "notices": "the database comes first",
    "logins": "the database comes first",
    "outside": "the database comes first",
}


@command
async def doctor() -> int:
    """Look at keys, database, engine, outside parties and clocks, and say what to mend."""
    found = [diagnosis async for diagnosis in examined(Settings(), tell)]
    sick = sum(diagnosis.state is State.BAD for diagnosis in found)
    typer.echo("All is well." if not sick else f"{sick} things are to be mended.")
    return int(sick > 0)


async def examined(settings: Settings, tell: Callable[[Diagnosis], None]) -> AsyncIterator[Diagnosis]:
    """Every part on its own: one that is away keeps nobody from looking at the others."""
    for diagnosis in _settings(settings):
        tell(diagnosis)
        yield diagnosis
        if diagnosis.state is State.BAD:
            return
    async with opened(settings) as house:
        looks = {
            "database": look_at_database,
            "engine": look_at_engine,
            "notices": look_at_notices,
            "logins": look_at_logins,
            "outside": look_outside,
        }
        for part, look in looks.items():
            async for diagnosis in _looked(part, look, house):
                tell(diagnosis)
                yield diagnosis


def tell(diagnosis: Diagnosis) -> None:
    typer.secho(f"{diagnosis.state:<5}", fg=COLOURS[diagnosis.state], nl=False)
    typer.echo(f"{diagnosis.part}: {diagnosis.what}" + (f". To mend: {diagnosis.remedy}" if diagnosis.remedy else ""))


def _settings(settings: Settings) -> list[Diagnosis]:
    try:
        ring = key_ring(settings)
        Signer.parse(settings.record_key.get_secret_value())
        parse_codec(settings.payload_keys.get_secret_value())
    except Refusal as refusal:
        return [bad("keys", refusal.message, "correct the setting; a key that was lost must come from its backup")]
    return [good("keys", f"can be read; {ring.current} seals, {len(ring.keys)} open")]


async def _looked(
    part: str, look: Callable[[Tools], AsyncIterator[Diagnosis]], house: Tools
) -> AsyncIterator[Diagnosis]:
    try:
        async for diagnosis in look(house):
            yield diagnosis
    except (SQLAlchemyError, RPCError, RuntimeError, OSError) as error:
        yield bad(part, f"can't be looked at ({type(error).__name__})", AWAY[part])
