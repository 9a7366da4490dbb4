"""A record of two cases under a signed head, and exports of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.heads import make_head
from db.sealing import KeyRing
from db.sessions import Sessions, connect, sessions
from record.documents import Scope
from record.export import Wish, export
from record.findings import Report
from record.verify import Trust, verify
from settings import Settings
from tests import record_world
from tests.conftest import Database
from tests.record_world import ONE, TWO, signer

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
Checked = Callable[..., Awaitable[Report]]


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing("k1", {"k1": b"k" * 32}, b"i" * 32)


@pytest.fixture
async def record(database: Database, ring: KeyRing) -> AsyncIterator[Sessions]:
    """Sessions of a database with two cases of three events, and a head of two days later over them."""
    engine = connect(Settings(database_url=SecretStr(database.app_url)), ring)
    made = sessions(engine)
    async with made.begin() as session:
        await record_world.open_shop(session, NOW)
        for number in (ONE, TWO):
            await record_world.add_case(session, ring, number, NOW)
        await make_head(session, signer(), NOW + timedelta(days=2))
    yield made
    await engine.dispose()


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(database.owner_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def exported(record: Sessions, tmp_path: Path) -> Callable[..., Awaitable[Path]]:
    """Exports case ONE, or what `scope` says."""

    async def make(scope: Scope | None = None, **more: Any) -> Path:
        path = tmp_path / "export.zip"
        by = more.pop("signer", signer())
        wish = Wish(scope or Scope(case=ONE), "ada", "tests", NOW + timedelta(days=3), **more)
        async with record() as session:
            await export(session, wish, by, path)
        return path

    return make


@pytest.fixture
def checked(exported: Callable[..., Awaitable[Path]]) -> Checked:
    """Exports, and checks the export against the installation's own key."""

    async def check(**more: Any) -> Report:
        trust = more.pop("trust", Trust(frozenset({signer().public})))
        return await verify(await exported(**more), None, trust)

    return check
