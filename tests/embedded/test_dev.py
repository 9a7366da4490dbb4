"""`python dev.py`, as `make up` runs it: one house for all of these tests, which the last of them stops."""

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from embedded.databases import REPOSITORY
from embedded.folder import read_variables
from embedded.ports import LOOPBACK
from embedded.processes import answers_ok

COMMAND = [sys.executable, str(REPOSITORY / "dev.py"), "--data"]


@dataclass
class Running:
    """A `dev.py` on its own folder, with what it has printed so far."""

    process: asyncio.subprocess.Process
    data: Path
    printed: str = ""

    async def says(self, words: str) -> str:
        """Waits until it prints a line with these words, and returns the line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            async for raw in self.process.stdout:
                self.printed += raw.decode()
                if words in raw.decode():
                    return raw.decode()
        raise AssertionError(f"it ended without saying {words!r}:\n{self.printed}")

    def pid_of(self, part: str) -> int:
        return int((self.data / "logs" / f"{part}.pid").read_text().split()[0])


async def start(data: Path) -> Running:
    often = os.environ | {"AMENDS_INTAKE_SECONDS": "2"}
    process = await asyncio.create_subprocess_exec(*COMMAND, str(data), env=often, stdout=asyncio.subprocess.PIPE)
    return Running(process, data)


@pytest.fixture(scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    running = await start(tmp_path_factory.mktemp("house") / "data")
    await running.says("Ctrl-C stops everything")
    yield running
    if running.process.returncode is None:
        running.process.kill()
        await running.process.wait()


async def test_it_prints_where_the_api_is_and_the_api_is_ready_there(house: Running) -> None:
    api = read_variables(house.data / "running.env")["DEMO_API"]

    assert f"{api}/docs" in house.printed
    assert await answers_ok(LOOPBACK, int(api.rpartition(":")[2]), "/ready")


async def test_it_prints_a_key_for_everyone_of_the_cast(house: Running) -> None:
    kept = read_variables(house.data / "keys.env")

    assert all(key in house.printed for name, key in kept.items() if name.startswith("DEMO_KEY_"))


async def test_a_second_one_on_the_same_folder_is_refused_and_harms_nothing(house: Running) -> None:
    second = await start(house.data)

    assert f"process {house.process.pid}" in await second.says("runs already on")
    assert await second.process.wait() == 1


def walk_through(running_env: Path) -> str:
    """The commands of README's walked-through case, as a newcomer would type them."""
    told = (REPOSITORY / "README.md").read_text().partition("<!-- WALK-THROUGH")[2].partition("<!-- END")[0]
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", told, re.DOTALL))
    return "set -eu\n" + commands.replace(".amends/running.env", str(running_env))


async def test_the_case_of_the_readme_goes_as_told_and_pays_once(house: Running) -> None:
    script = walk_through(house.data / "running.env")
    async with asyncio.timeout(120):
        walk = await asyncio.create_subprocess_exec("sh", "-c", script, stdout=asyncio.subprocess.PIPE)
        told, _ = await walk.communicate()

    assert walk.returncode == 0
    assert told.count(b'"out_biz_no"') == 1
    assert b'"balance":"9990.00"' in told


@pytest.mark.parametrize("part", ["worker", "api", "sandbox", "engine", "postgres"])
async def test_a_part_that_was_killed_is_started_again(house: Running, part: str) -> None:
    killed = house.pid_of(part)

    os.kill(killed, signal.SIGKILL)

    assert "back after" in await house.says(" is back after ")
    assert house.pid_of(part) != killed


async def test_it_stops_everything_within_ten_seconds(house: Running) -> None:
    pids = [house.pid_of(part) for part in ("worker", "api", "sandbox", "engine", "postgres")]
    began = time.monotonic()

    house.process.terminate()

    assert await house.process.wait() == 0
    assert time.monotonic() - began < 10
    assert not [pid for pid in pids if psutil.pid_exists(pid)]
