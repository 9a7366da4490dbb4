"""Shared fixtures: real PostgreSQL, engine and sandbox, each started once, and a database for every test."""

import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from embedded import databases
from embedded.engine import Engine
from embedded.ports import LOOPBACK, free_port
from embedded.postgres import Postgres
from embedded.processes import Child, answers_ok

# The same examples each time, on however slow a machine: what is found must be the change's own. `make test
# ARGS=--hypothesis-profile=search` looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

TEMPLATE = "amends_template"
OUTSIDE_IS_CLOSED = "a test tried to reach {}: tests talk to this machine only"
_clones = count(1)
NOBODY_ELSE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# The guards against deleting are triggers, and those of a replica are not asked.
EMPTY = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', name);
    END LOOP;
    FOR name IN SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgenabled = 'D' LOOP
        EXECUTE format('ALTER TABLE %s ENABLE TRIGGER ALL', name);
    END LOOP;
END $$
"""


@dataclass(frozen=True)
class Database:
    """A database of its own for one test, with every migration applied and no row in it."""

    name: str
    owner_url: str
    app_url: str


def _refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    if isinstance(address, tuple) and address[0] not in (LOOPBACK, "::1", "localhost"):
        raise ConnectionRefusedError(OUTSIDE_IS_CLOSED.format(address))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record", action="store_true", help="write the histories of told stories to tests/histories")
    parser.addoption("--schema-cases", type=int, default=4, help="requests of each kind that a route is tried with")


def pytest_make_parametrize_id(val: object) -> None:
    """Processes that share the tests out must agree on every name, and an archive packed while they are collected
    holds the second in which that was done."""
    if isinstance(val, bytes) and not (val.isascii() and val.decode().isprintable()):
        raise pytest.UsageError(f"{val[:20]!r} names a test: give such bytes a name in ids= or pytest.param(id=)")


def pytest_configure() -> None:
    # An audit hook sees every socket of the interpreter, whichever library opens it, and can't be undone by one.
    sys.addaudithook(_refuse_outside)


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for the servers' data, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="amends-tests-")).resolve()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def cluster(scratch: Path) -> AsyncIterator[Postgres]:
    """A PostgreSQL server with both roles and no password, on a port of its own."""
    postgres = Postgres(scratch / "postgres", free_port(), log=scratch / "postgres.log", throwaway=True)
    await postgres.child.start()
    await databases.make_roles(postgres.conninfo("postgres"))
    yield postgres
    await postgres.child.stop()


@pytest.fixture(scope="session")
async def template(cluster: Postgres, scratch: Path) -> str:
    """The name of a database to which all migrations have been applied once."""
    await databases.make_database(cluster.conninfo("postgres"), TEMPLATE)
    await databases.migrate(cluster.url(TEMPLATE, databases.OWNER), scratch / "migrate.log")
    return TEMPLATE


@pytest.fixture(scope="session")
def emptied() -> list[str]:
    """Databases that earlier tests have left, with no row in them."""
    return []


@pytest.fixture
async def database(cluster: Postgres, template: str, emptied: list[str]) -> AsyncIterator[Database]:
    """A copy of the migrated template, for one test at a time. Emptying it is cheaper than making another."""
    name, admin = f"amends_test_{next(_clones)}", cluster.conninfo("postgres")
    if emptied:
        await _rename(admin, emptied.pop(), name)
    else:
        await databases.make_database(admin, name, template)
    yield Database(name, cluster.url(name, databases.OWNER), cluster.url(name, databases.APP))
    await _empty(cluster.conninfo(name))
    emptied.append(name)


async def _rename(admin: str, name: str, new: str) -> None:
    """A name is used once: the shared engine's queues and ids are made of it."""
    async with await AsyncConnection.connect(admin, autocommit=True) as connection:
        await connection.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(name), Identifier(new)))


async def _empty(conninfo: str) -> None:
    """As the template was: nobody connected, no row, every number from one, every guard on."""
    async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute(NOBODY_ELSE)
        await connection.execute(EMPTY)


@pytest.fixture(scope="session")
async def engine_server(scratch: Path) -> AsyncIterator[Engine]:
    """A development server with skipped time allowed, as the embedded default runs it."""
    engine = Engine(scratch / "engine", free_port(), log=scratch / "engine.log")
    await engine.child.start()
    yield engine
    await engine.child.stop()


@pytest.fixture(scope="session")
async def temporal_client(engine_server: Engine) -> Client:
    """A client of the engine that carries pydantic models."""
    return await Client.connect(engine_server.address, data_converter=pydantic_data_converter)


@pytest.fixture(scope="session")
async def sandbox(scratch: Path) -> AsyncIterator[str]:
    """The base URL of a sandbox in a process of its own; tests share it, so each opens a shop of its own."""
    port = free_port()
    child = Child(
        "The sandbox",
        [
            sys.executable,
            "-m",
            "sandbox",
            "--host",
            LOOPBACK,
            "--port",
            str(port),
            "--data",
            scratch / "sandbox",
            "--smtp-port",
            "0",
            "--smtps-port",
            "0",
        ],
        log=scratch / "sandbox.log",
        environment=os.environ,
        port=port,
        ready=lambda: answers_ok(LOOPBACK, port, "/healthz"),
    )
    await child.start()
    yield f"http://{LOOPBACK}:{port}"
    await child.stop()
