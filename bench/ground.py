"""The ground that benchmarks stand on: a whole house on a temporary folder, as `make up` starts it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx2
from pydantic import SecretStr
from sqlalchemy import select
from temporalio.client import Client

from db import office
from db.sealing import KeyRing
from db.sessions import Sessions, connect, key_ring, sessions
from db.tables.office import Person
from embedded.demo_cast import SHOP
from embedded.folder import DataFolder
from embedded.house import House
from embedded.ports import USUAL, Port, free_port
from settings import Settings
from workflows.payloads import as_json

BY = "bench"
AWAY_DAYS = 4
MANY_CASES = 1_000_000
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Ground:
    """A running house and what a benchmark needs beside it: its database, its engine, its people by login."""

    house: House
    settings: Settings
    ring: KeyRing
    sessions: Sessions
    client: Client
    people: Mapping[str, UUID]

    def key(self, login: str) -> str:
        return self.house.keys[f"DEMO_KEY_{login.upper()}"]

    def web(self, login: str, connections: int = 40) -> httpx2.AsyncClient:
        """The api as one of the demo shop's people."""
        return httpx2.AsyncClient(
            base_url=self.house.url("api"),
            headers={"Authorization": f"Bearer {self.key(login)}"},
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            timeout=60,
            trust_env=False,
        )


@asynccontextmanager
async def ground(environment: Mapping[str, str] | None = None) -> AsyncIterator[Ground]:
    """Starts everything on free ports and a folder that is gone at the end. Intake and archive are turned off: what a
    benchmark measures is what it does itself."""
    root = Path(tempfile.mkdtemp(prefix="amends-bench-"))
    folder = DataFolder(root)
    try:
        with folder.held():
            house = House(folder, {part: Port(part, free_port()) for part in USUAL}, print)
            house.environment |= dict(environment or {})
            try:
                await house.start()
                async with _beside(house) as found:
                    await _turn_off_schedules(found)
                    await _take_any_number(found)
                    yield found
            finally:
                await house.stop()
    finally:
        shutil.rmtree(root, ignore_errors=True)


@asynccontextmanager
async def _beside(house: House) -> AsyncIterator[Ground]:
    settings = Settings(
        database_url=SecretStr(house.environment["AMENDS_DATABASE_URL"]),
        field_keys=SecretStr(house.environment["AMENDS_FIELD_KEYS"]),
        index_key=SecretStr(house.environment["AMENDS_INDEX_KEY"]),
    )
    ring = key_ring(settings)
    engine = connect(settings, ring)
    client = await Client.connect(house.engine.address, data_converter=as_json)
    try:
        opened = sessions(engine)
        async with opened() as session:
            people = {person.login: person.id for person in await session.scalars(select(Person))}
        yield Ground(house, settings, ring, opened, client, people)
    finally:
        await engine.dispose()


async def _turn_off_schedules(found: Ground) -> None:
    async with found.web("root") as web:
        (await web.patch(f"/shops/{SHOP}", json={"intake": False})).raise_for_status()
    for schedule in ("archive", "notices", "webhooks"):
        await found.client.get_schedule_handle(schedule).pause(note="a benchmark runs")


async def _take_any_number(found: Ground) -> None:
    """Nobody is ever full, so that every case is assigned at once."""
    async with found.sessions.begin() as session:
        for login in ("alice", "ann"):
            await office.set_person(session, BY, datetime.now(UTC), found.people[login], {"capacity": MANY_CASES})


async def rest_for_days(found: Ground, days: int = AWAY_DAYS) -> None:
    """Nobody works and no buyer may be called for some days: nothing of what is opened now is due before.

    Both are policies of the shop, as any shop may set them for its holidays.
    """
    today = datetime.now(CHINA).date()
    dates = [(today + timedelta(days=ahead)).isoformat() for ahead in range(-1, days)]

    def quiet(contact: dict[str, Any]) -> None:
        contact["calendar"]["quiet"]["dates"] = dates

    def closed(desk: dict[str, Any]) -> None:
        desk["hours"]["dates"] = {date: [] for date in dates}

    for kind, change in (("contact", quiet), ("desk", closed)):
        async with found.sessions.begin() as session:
            document = (await office.policy_in_force(session, kind, SHOP)).document.model_dump(mode="json")
            change(document)
            await office.put_policy(session, kind, SHOP, document, BY, "a benchmark runs", datetime.now(UTC))


async def settle(seconds: float = 1.0) -> None:
    """Lets what was begun in the background end before the next thing is measured."""
    await asyncio.sleep(seconds)
