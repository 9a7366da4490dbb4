"""One running house for the tests of this folder; tests/embedded/test_stopping.py, the last of them, stops it."""

from collections.abc import AsyncIterator

import pytest

from tests.embedded.running import Running, alone


@pytest.fixture(scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    with alone():
        running = await Running.start(tmp_path_factory.mktemp("house") / "data")
        await running.says("Ctrl-C stops everything")
    yield running
    if running.process.returncode is None:
        running.process.kill()
        await running.process.wait()
