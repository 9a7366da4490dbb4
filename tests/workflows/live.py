"""A house on the real engine, whose time can't be skipped, with its workers."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import func, select
from temporalio.client import Client

from db.tables.cases import CaseFile
from domain.review_case import steps
from domain.review_case.outcomes import Outcome
from domain.review_case.state import ReviewCaseState
from gateways.wire import trusted
from tests.builders import House, Sandbox, Story, house_at, open_wallets, settings_for
from tests.conftest import Database
from worker import running
from workflows.intake import Intake, IntakeOrder, IntakeReport

SOON = 240


async def wait(span: timedelta) -> None:
    await asyncio.sleep(span.total_seconds())


async def clock() -> datetime:
    return datetime.now(UTC)


@dataclass
class Live:
    """A house on the real engine, with its workers, and its intake run by hand."""

    house: House

    @property
    def client(self) -> Client:
        return self.house.parts.client

    async def run(self, shop: str | None = None) -> IntakeReport:
        return await self.client.execute_workflow(
            Intake.run,
            IntakeOrder(shop=shop or self.house.shop),
            id=f"intake:{secrets.token_hex(6)}",
            task_queue=self.house.parts.settings.task_queue,
        )

    async def files(self) -> list[CaseFile]:
        async with self.house.parts.sessions() as session:
            return list(await session.scalars(select(CaseFile).order_by(CaseFile.serial)))

    async def count(self, table: Any) -> int:
        async with self.house.parts.sessions() as session:
            return await session.scalar(select(func.count()).select_from(table)) or 0

    async def registered(self, cases: int) -> list[CaseFile]:
        return await self.eventually(self.files, lambda files: sum(file.version > 0 for file in files) == cases)

    async def close(self, file: CaseFile) -> None:
        """Bob ends the case as refused, and it is written."""
        opening = ReviewCaseState.model_validate(file.state).opening
        story = Story(self.house, opening, pass_time=wait, clock=clock)
        why = await self.house.text("the buyer wants no contact")
        await story.step("bob", steps.Close(outcome=Outcome.REFUSED, why=why))
        await self.eventually(self.files, lambda files: all(one.closed_at for one in files))

    async def eventually[T](self, ask: Callable[[], Awaitable[T]], so: Callable[[T], bool]) -> T:
        async with asyncio.timeout(SOON):
            while not so(answer := await ask()):  # noqa: ASYNC110 - what is waited for is in other processes
                await asyncio.sleep(0.05)
        return answer


@contextlib.asynccontextmanager
async def living(client: Client, database: Database, sandbox: str) -> AsyncIterator[Live]:
    async with httpx2.AsyncClient(verify=trusted(), trust_env=False) as http:
        market = Sandbox(sandbox, http)
        settings = settings_for(database.app_url, sandbox, await open_wallets(market))
        # What an earlier test has left on the engine waits on a queue that nobody works on.
        settings = settings.model_copy(update={"task_queue": f"cases-{secrets.token_hex(4)}", "intake_seconds": 1})
        async with house_at(settings, market, client) as house, running(house.parts):
            yield Live(house)
        await market.delete("/control/faults")
