"""Running houses for the tests of this folder, in whichever order they come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.embedded.running import Running, alone


@asynccontextmanager
async def running_at(data: Path) -> AsyncIterator[Running]:
    async with alone():
        running = await Running.start(data)
        await running.says("Ctrl-C stops everything")
    try:
        yield running
    finally:
        if running.process.returncode is None:
            running.process.kill()
            await running.process.wait()


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One that many tests share: every part of it is still running after each of them."""
    async with running_at(tmp_path_factory.mktemp("house") / "data") as running:
        yield running


@pytest.fixture
async def fresh_house(tmp_path: Path) -> AsyncIterator[Running]:
    """One that nobody has used, and that may be left in pieces."""
    async with running_at(tmp_path / "data") as running:
        yield running
