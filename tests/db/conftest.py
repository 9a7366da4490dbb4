"""A session of the app's role on a database of its own, and rows that most tests of the database need."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.sealing import KeyRing
from db.sessions import Sessions, connect, sessions
from settings import Settings
from tests.conftest import Database

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing("k1", {"k1": b"k" * 32}, b"i" * 32)


@pytest.fixture
async def open_session(database: Database, ring: KeyRing) -> AsyncIterator[Sessions]:
    """Makes sessions of the app's role."""
    engine = connect(Settings(database_url=SecretStr(database.app_url)), ring)
    yield sessions(engine)
    await engine.dispose()


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[AsyncEngine]:
    """The owner's connections: whoever has them can change anything."""
    engine = create_async_engine(database.owner_url)
    yield engine
    await engine.dispose()
