"""The way in on real parts: a shop at the sandbox, a database of its own, the activities called one by one."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.clocks import DeskClock
from activities.intake import IntakeActivities
from activities.intake_batches import Batch, Consumed, ConsumeRequest, FetchRequest, IntakeItem, Position, SettleRequest
from activities.marketplace_clients import Marketplaces
from activities.opening import OpeningActivities
from activities.policies import Policies
from activities.requests import OpenRequest
from db.tables.cases import CaseFile
from db.tables.office import Shop
from domain.review_case.state import Opening
from gateways.wire import trusted
from tests.builders import House, Sandbox, house_at, open_wallets, settings_for
from tests.conftest import Database
from workflows.starting import case_workflow_id

Spoil = Callable[[dict[str, Any]], dict[str, Any]]


def spoiling_the_last_review(**changes: Any) -> Spoil:
    def spoil(body: dict[str, Any]) -> dict[str, Any]:
        rows = body.get("traderates_get_response", {}).get("trade_rates", {}).get("trade_rate", [])
        if rows:
            rows[-1] |= changes
        return body

    return spoil


class Garbling(httpx2.AsyncHTTPTransport):
    """Passes everything on to the sandbox, and spoils its answers."""

    def __init__(self, spoil: Spoil) -> None:
        super().__init__()
        self._spoil = spoil

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await super().handle_async_request(request)
        body = json.loads(await answer.aread())
        return httpx2.Response(answer.status_code, json=self._spoil(body))


def intake_of(house: House, http: httpx2.AsyncClient) -> IntakeActivities:
    parts, policies = house.parts, Policies()
    marketplaces = Marketplaces(parts.settings, parts.sessions, http, policies)
    return IntakeActivities(parts.sessions, marketplaces, parts.ring, policies)


@dataclass
class WayIn:
    """The intake of one shop, a hand at its marketplace, and what the workflow around it would do."""

    house: House
    intake: IntakeActivities

    @property
    def market(self) -> Sandbox:
        return self.house.sandbox

    async def consume(self) -> Consumed:
        request = ConsumeRequest(shop=self.house.shop, now=datetime.now(UTC))
        return await ActivityEnvironment().run(self.intake.consume_pushes, request)

    def request(self, **more: Any) -> FetchRequest:
        return FetchRequest(shop=self.house.shop, now=datetime.now(UTC), **more)

    async def fetch(self, position: Position | None = None, **more: Any) -> Batch:
        return await ActivityEnvironment().run(self.intake.fetch, self.request(position=position, **more))

    async def settle(self, batch: Batch, consumed: Consumed | None = None) -> None:
        again = consumed.again if consumed else []
        request = SettleRequest(
            shop=self.house.shop, now=datetime.now(UTC), acted=batch.acted, again=again, seen=batch.seen,
            read_until=batch.read_until,
        )  # fmt: skip
        await ActivityEnvironment().run(self.intake.settle, request)

    async def whole_list(self) -> list[IntakeItem]:
        """The items of every batch until the list is done."""
        batch = await self.fetch()
        items = list(batch.items)
        while batch.position is not None:
            batch = await self.fetch(batch.position)
            items += batch.items
        return items

    async def bulk(self, count: int, **more: Any) -> list[str]:
        """Bad reviews, each a second before the other; answers their oids."""
        now = datetime.now(UTC) - timedelta(minutes=30)
        reviews = [
            {"text": f"坏评 {n}", "created": (now - timedelta(seconds=n)).isoformat()} | more for n in range(count)
        ]
        made = await self.market.post("/buyer/bulk_reviews", shop=self.house.seller, reviews=reviews)
        return [str(oid) for oid in made["oids"]]

    async def open_case(self, opening: Opening | None) -> str:
        """What the started case does first; answers its number."""
        assert opening is not None
        policies = Policies()
        activities = OpeningActivities(self.house.parts.sessions, policies, DeskClock(policies))
        request = OpenRequest(opening=opening, workflow=case_workflow_id(opening), now=datetime.now(UTC))
        return (await ActivityEnvironment().run(activities.open_case, request)).number

    async def close_case(self, number: str, outcome: str, amended_by: str | None = None) -> None:
        state = {"amendment": {"mode": amended_by} if amended_by else None}
        values = {"stage": "closed", "outcome": outcome, "closed_at": datetime.now(UTC), "state": state}
        async with self.house.parts.sessions.begin() as session:
            await session.execute(update(CaseFile).where(CaseFile.number == number).values(**values))

    async def change_shop(self, **changes: Any) -> None:
        async with self.house.parts.sessions.begin() as session:
            await session.execute(
                update(Shop).where(Shop.code == self.house.shop).values(version=Shop.version + 1, **changes)
            )

    @contextlib.asynccontextmanager
    async def garbling(self, spoil: Spoil) -> AsyncIterator[IntakeActivities]:
        """The intake of a marketplace whose answers are spoilt."""
        async with httpx2.AsyncClient(transport=Garbling(spoil)) as http:
            yield intake_of(self.house, http)

    async def rows(self, table: Any) -> list[Any]:
        async with self.house.parts.sessions() as session:
            return list(await session.scalars(select(table)))


@pytest.fixture
async def way_in(database: Database, sandbox: str, temporal_client: Client) -> AsyncIterator[WayIn]:
    async with httpx2.AsyncClient(verify=trusted(), trust_env=False) as http:
        market = Sandbox(sandbox, http)
        settings = settings_for(database.app_url, sandbox, await open_wallets(market))
        async with house_at(settings, market, temporal_client) as house:
            yield WayIn(house, intake_of(house, house.parts.http))
        await market.delete("/control/faults")
