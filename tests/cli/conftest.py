"""The command line on a database of its own and the shared engine, as a person types it."""

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from cli.app import app
from db.heads import make_head
from db.sealing import KeyRing
from db.sessions import connect, sessions
from embedded.engine import Engine
from settings import Settings
from tests import record_world
from tests.conftest import Database
from tests.record_world import ONE, signer

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
Typed = Callable[..., Result]


def key(sign: bytes) -> str:
    return base64.b64encode(sign * 32).decode()


@pytest.fixture
def environment(database: Database, engine_server: Engine) -> dict[str, str]:
    return {
        "AMENDS_DATABASE_URL": database.app_url,
        "AMENDS_FIELD_KEYS": f"k1:{key(b'k')}",
        "AMENDS_INDEX_KEY": key(b"i"),
        "AMENDS_RECORD_KEY": key(b"s"),
        "AMENDS_TASK_QUEUE": f"cases-{database.name}",
        "TEMPORAL_ADDRESS": engine_server.address,
    }


@pytest.fixture
def typed(environment: dict[str, str]) -> Typed:
    """What comes of a command line; `changes` are settings that differ."""

    def run(*words: str, **changes: str) -> Result:
        return CliRunner().invoke(app, list(words), env=environment | changes, catch_exceptions=False)

    return run


async def _make(database: Database) -> None:
    ring = KeyRing("k1", {"k1": b"k" * 32}, b"i" * 32)
    engine = connect(Settings(database_url=SecretStr(database.app_url)), ring)
    async with sessions(engine).begin() as session:
        await record_world.open_shop(session, NOW)
        await record_world.add_case(session, ring, ONE, NOW)
        await make_head(session, signer(), NOW)
    await engine.dispose()


@pytest.fixture
def record(database: Database) -> None:
    """A shop with one case, under a signed head."""
    asyncio.run(_make(database))
