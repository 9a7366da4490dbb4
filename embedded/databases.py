"""The two roles and the databases of a fresh cluster: `amends_owner` owns and migrates, `amends_app` runs."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composed, Identifier, Literal

from embedded.faults import CannotStart
from embedded.processes import ChildDied, run_once

OWNER = "amends_owner"
APP = "amends_app"
REPOSITORY = Path(__file__).resolve().parent.parent


class MigrationFailed(CannotStart):
    """The tables could not be brought to this version; the message carries the end of the log."""


async def make_roles(conninfo: str, passwords: dict[str, str] | None = None) -> None:
    """Makes both roles, or gives those that exist their password again. `conninfo` is the administrator's."""
    async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
        for role in (OWNER, APP):
            found = await connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,))
            verb = SQL("ALTER") if found.rowcount else SQL("CREATE")
            await connection.execute(_role_statement(verb, role, (passwords or {}).get(role, "")))


def _role_statement(verb: SQL, role: str, password: str) -> Composed:
    secret = SQL(" PASSWORD {}").format(Literal(password)) if password else Composed([])
    return SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(verb, Identifier(role)) + secret


async def make_database(conninfo: str, name: str, template: str = "template1") -> None:
    """Makes a database of the owner's, closed to everyone but the two roles, unless it exists."""
    async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
        found = await connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        if found.rowcount:
            return
        database = Identifier(name)
        await connection.execute(
            SQL("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY FILE_COPY").format(
                database, Identifier(OWNER), Identifier(template)
            )
        )
        await connection.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        await connection.execute(SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, Identifier(APP)))


async def drop_database(conninfo: str, name: str) -> None:
    """Drops a database, ending whoever is still connected to it."""
    async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


async def migrate(owner_url: str, log: Path) -> None:
    """Brings the database to the newest migration. Raises MigrationFailed."""
    await alembic(owner_url, log, "upgrade", "head")


async def compare_with_models(owner_url: str, log: Path) -> None:
    """Raises MigrationFailed where the models say something that no migration does."""
    await alembic(owner_url, log, "check")


async def prepare(environment: Mapping[str, str], log: Path) -> None:
    """Waits for the database, migrates it and opens the demo shop. Raises MigrationFailed."""
    await _run([sys.executable, "-m", "embedded.prepare"], environment, log)


async def alembic(owner_url: str, log: Path, *words: str) -> None:
    """Runs one command of Alembic in a child process, as the role that owns the tables."""
    # Its settings stand in pyproject.toml; naming the file makes it work from any folder.
    program = [sys.executable, "-m", "alembic", "-c", str(REPOSITORY / "pyproject.toml")]
    await _run([*program, *words], os.environ | {"AMENDS_DATABASE_OWNER_URL": owner_url}, log)


async def _run(command: list[str], environment: Mapping[str, str], log: Path) -> None:
    try:
        await run_once("The migration", command, environment, log, folder=REPOSITORY)
    except ChildDied as error:
        raise MigrationFailed(_what_to_do(str(error))) from error


def _what_to_do(story: str) -> str:
    if "Can't locate revision" in story:
        # What the tool says about it is a page of its own code.
        return (
            "The database was migrated by a newer version of Amends; nothing was changed. "
            "Check that version out again, or begin on another folder with --data."
        )
    return story
