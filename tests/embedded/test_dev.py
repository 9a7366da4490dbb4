"""`python dev.py`, as `make up` runs it."""

import asyncio
import re
from pathlib import Path

import pytest

from embedded.databases import REPOSITORY
from embedded.folder import read_variables
from embedded.ports import LOOPBACK
from embedded.processes import answers_ok
from tests.embedded.running import PARTS, Running


async def test_it_prints_where_the_api_is_and_the_api_is_ready_there(house: Running) -> None:
    api = house.variables["DEMO_API"]

    assert f"{api}/docs" in house.printed
    assert await answers_ok(LOOPBACK, int(api.rpartition(":")[2]), "/ready")


async def test_it_prints_a_key_for_everyone_of_the_cast(house: Running) -> None:
    kept = read_variables(house.data / "keys.env")

    assert all(key in house.printed for name, key in kept.items() if name.startswith("DEMO_KEY_"))


async def test_a_second_one_on_the_same_folder_is_refused_and_harms_nothing(house: Running) -> None:
    second = await Running.start(house.data)

    assert f"process {house.process.pid}" in await second.says("runs already on")
    assert await second.process.wait() == 1


def walk_through(running_env: Path) -> str:
    """The commands of README's walked-through case, as a newcomer would type them."""
    told = (REPOSITORY / "README.md").read_text().partition("<!-- WALK-THROUGH")[2].partition("<!-- END")[0]
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", told, re.DOTALL))
    return "set -eu\n" + commands.replace(".amends/running.env", str(running_env))


async def test_the_case_of_the_readme_goes_as_told_and_pays_once(fresh_house: Running) -> None:
    script = walk_through(fresh_house.data / "running.env")
    async with asyncio.timeout(120):
        walk = await asyncio.create_subprocess_exec("sh", "-c", script, stdout=asyncio.subprocess.PIPE)
        told, _ = await walk.communicate()

    assert walk.returncode == 0
    assert told.count(b'"out_biz_no"') == 1
    assert b'"balance":"9990.00"' in told


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_was_killed_is_started_again(house: Running, part: str) -> None:
    killed = house.pid_of(part)

    await house.kill(part)

    assert house.pid_of(part) != killed
