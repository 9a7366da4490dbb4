"""The demo: what it says where nothing runs, and what it leaves behind."""

from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from embedded.demo_house import DemoRefused, NotRunning, Web, date_restored, variables_of
from embedded.demo_story import day
from embedded.folder import DataFolder


def test_it_says_what_to_start_where_nothing_runs(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="make up"):
        variables_of(DataFolder(tmp_path))


async def fail_tomorrow(web: Web) -> None:
    async with date_restored(web):
        await web.post("/control/clock", advance_seconds=86_400)
        await web.post("/control/clock", nonsense=True)


async def test_the_sandbox_has_its_date_back_even_after_a_failure(sandbox: str) -> None:
    async with httpx2.AsyncClient(base_url=sandbox, trust_env=False) as client:
        web = Web(client)
        before = (await web.get("/control/clock"))["offset_seconds"]

        with pytest.raises(DemoRefused):
            await fail_tomorrow(web)

        assert (await web.get("/control/clock"))["offset_seconds"] == pytest.approx(before)


def test_days_are_counted_at_the_desks_midnight() -> None:
    opened = datetime(2026, 11, 21, 15, 59, tzinfo=UTC)

    assert day(datetime(2026, 11, 21, 16, 1, tzinfo=UTC), opened) == "day  1  11-22 00:01"
