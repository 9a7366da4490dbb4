"""The api in this process, on a database of its own and the shared engine, with a cast that holds every role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from temporalio.client import Client

from api.app import create_app
from api.house import House
from db import office
from db.sealing import KeyRing
from db.sessions import connect
from domain.people import Role
from embedded import databases
from embedded.postgres import Postgres
from settings import Settings
from tests.conftest import Database
from tests.snapshots import Snapshot, lay, taken

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
SHOP, OTHER = "demo", "other"


@dataclass(frozen=True)
class Staff:
    """A person of the cast: id and key."""

    id: UUID
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
async def house(database: Database, temporal_client: Client) -> AsyncIterator[House]:
    async with _house_on(database.app_url, database.name, temporal_client) as house:
        yield house


@asynccontextmanager
async def _house_on(url: str, name: str, client: Client) -> AsyncIterator[House]:
    ring = KeyRing("k1", {"k1": b"k" * 32}, b"i" * 32)
    settings = Settings(database_url=SecretStr(url), task_queue=f"cases-{name}")
    engine = connect(settings, ring)
    yield replace(House.at(settings, ring, engine, client), now=lambda: NOW)
    await engine.dispose()


async def _shop(house: House, code: str) -> None:
    cut_off = NOW - timedelta(days=30)
    shop: dict[str, Any] = {
        "code": code,
        "name": code.title(),
        "platform": "sandbox",
        "jurisdiction": "none",
        "cut_off_at": cut_off,
    }
    async with house.sessions.begin() as session:
        await office.add_shop(session, "tests", NOW, **shop)


async def person(house: House, login: str, role: Role, shop: str | None) -> Staff:
    async with house.sessions.begin() as session:
        row = await office.add_person(session, "tests", NOW, login=login, name=login.title())
        await office.grant(session, "tests", NOW, row.id, role, shop)
        key, _ = await office.issue_key(session, "tests", NOW, row.id, "tests")
    return Staff(row.id, key)


@dataclass(frozen=True)
class Company:
    """The cast, and all that its making leaves in a database."""

    members: dict[str, Staff]
    rows: Snapshot


@pytest.fixture(scope="session")
async def company(cluster: Postgres, template: str, temporal_client: Client) -> Company:
    """Made once for all tests of a process: what engages a dozen people takes longer than most of them."""
    name, admin = "amends_company", cluster.conninfo("postgres")
    await databases.make_database(admin, name, template)
    async with _house_on(cluster.url(name, databases.APP), name, temporal_client) as house:
        members = await _engaged(house)
    return Company(members, await taken(cluster.conninfo(name)))


@pytest.fixture
async def cast(house: House, company: Company, cluster: Postgres, database: Database) -> dict[str, Staff]:
    """One person per role in the shop `demo`, by the role's name; `root` administers the whole house, and `stranger`
    is an agent of the shop `other`."""
    await lay(cluster.conninfo(database.name), company.rows)
    return dict(company.members)


async def _engaged(house: House) -> dict[str, Staff]:
    await _shop(house, SHOP)
    await _shop(house, OTHER)
    members = {str(role): await person(house, f"{role}-1", role, SHOP) for role in Role}
    members["root"] = await person(house, "root", Role.ADMIN, None)
    members["stranger"] = await person(house, "stranger", Role.AGENT, OTHER)
    return members


@pytest.fixture(scope="session")
def routes() -> FastAPI:
    """Made once: its first request puts every route together, which takes longer than most tests."""
    return create_app(Settings())


@pytest.fixture
def app(routes: FastAPI, house: House) -> FastAPI:
    routes.state.house = house
    return routes


@pytest.fixture
async def web(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without a key."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://amends") as client:
        yield client


@pytest.fixture
def review(now: datetime) -> dict[str, Any]:
    """The body of a bad review as `POST /reviews` takes it; its order is new to the engine that all tests share."""
    return {
        "shop": SHOP,
        "order_id": uuid4().hex,
        "rating": "bad",
        "text": "壶盖是坏的 😡",
        "created_at": (now - timedelta(hours=2)).isoformat(),
        "buyer": {"id": "chen-1", "name": "陈先生", "phone": "13800138000"},
        "item_title": "水壶",
        "paid_fen": 9900,
    }
