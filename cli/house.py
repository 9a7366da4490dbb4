"""What a command works with, and how its refusals reach the person who typed it."""

import asyncio
import contextlib
import functools
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import typer
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from db.sealing import KeyRing
from db.sessions import Sessions, connect, key_ring, sessions
from db.signatures import Signer
from domain.errors import Refusal
from settings import Settings
from workflows import connection


@dataclass(frozen=True)
class Tools:
    """The house as its server's shell has it. `by` stands in the office's record beside whatever is changed."""

    settings: Settings
    ring: KeyRing
    engine: AsyncEngine
    sessions: Sessions
    by: str

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def signer(self) -> Signer | None:
        """Raises KeysUnusable."""
        return Signer.parse(self.settings.record_key.get_secret_value())

    async def client(self) -> Client:
        """Raises RuntimeError where the engine can't be reached."""
        return await connection.connect(self.settings, identity="amends-cli")


def by_whom() -> str:
    return f"cli:{getpass.getuser()}"


@contextlib.asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncIterator[Tools]:
    """Raises KeysUnusable."""
    settings = settings or Settings()
    ring = key_ring(settings)
    engine = connect(settings, ring)
    try:
        yield Tools(settings, ring, engine, sessions(engine), by_whom())
    finally:
        await engine.dispose()


def command[**P](work: Callable[P, Awaitable[int | None]]) -> Callable[P, None]:
    """Runs an async command. What it returns is its exit status; a refusal is said in one line, with status 1."""

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            status = asyncio.run(_awaited(work(*args, **kwargs)))
        except Refusal as refusal:
            fail(refusal.message)
        except (OperationalError, InterfaceError):
            fail("The database can't be reached: check AMENDS_DATABASE_URL, and that PostgreSQL runs.")
        except DBAPIError as error:
            # The text of a database error carries the row's values, so only its kind is said.
            fail(f"The database refused it ({type(error.orig).__name__}); `amends doctor` looks at the database.")
        except (RPCError, RuntimeError) as error:
            fail(f"The engine can't be reached: check TEMPORAL_ADDRESS. ({error})")
        if status:
            raise typer.Exit(status)

    return run


async def _awaited(work: Awaitable[int | None]) -> int | None:
    return await work


def fail(message: str) -> None:
    typer.secho(message, fg=typer.colors.RED, err=True)
    raise typer.Exit(1)
