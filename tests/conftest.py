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
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from embedded import databases
from embedded.engine import Engine
from embedded.ports import LOOPBACK, free_port
from embedded.postgres import Postgres
from embedded.processes import Child, answers_ok

TEMPLATE = "amends_template"
OUTSIDE_IS_CLOSED = "a test tried to reach {}: tests talk to this machine only"
_clones = count(1)


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


@pytest.fixture
async def database(cluster: Postgres, template: str) -> AsyncIterator[Database]:
    """A copy of the migrated template, dropped after the test."""
    name, admin = f"amends_test_{next(_clones)}", cluster.conninfo("postgres")
    await databases.make_database(admin, name, template)
    yield Database(name, cluster.url(name, databases.OWNER), cluster.url(name, databases.APP))
    await databases.drop_database(admin, name)


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
        [sys.executable, "-m", "sandbox", "--host", LOOPBACK, "--port", str(port), "--data", scratch / "sandbox"],
        log=scratch / "sandbox.log",
        environment=os.environ,
        ready=lambda: answers_ok(LOOPBACK, port, "/healthz"),
    )
    await child.start()
    yield f"http://{LOOPBACK}:{port}"
    await child.stop()
