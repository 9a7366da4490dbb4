"""Other systems that listen to the shop of a house, at the sandbox."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from db import webhooks
from db.tables.webhooks import WebhookDelivery, WebhookSubscription
from tests.builders import House
from workflows.webhooks import Webhooks


@dataclass
class Listener:
    world: "Listeners"
    id: UUID
    name: str

    async def heard(self) -> list[dict[str, Any]]:
        """The bodies that it took, the first first, each with the id it came under."""
        found = await self.world.house.sandbox.get(f"/control/hooks/{self.name}")
        return [json.loads(one["body"]) | {"id": one["message_id"]} for one in reversed(found)]

    async def row(self) -> WebhookSubscription:
        async with self.world.house.parts.sessions() as session:
            return await session.get_one(WebhookSubscription, self.id)

    async def deliveries(self) -> list[WebhookDelivery]:
        async with self.world.house.parts.sessions() as session:
            theirs = select(WebhookDelivery).where(WebhookDelivery.subscription == self.id)
            return list(await session.scalars(theirs.order_by(WebhookDelivery.serial)))

    async def states(self) -> list[str]:
        return sorted({delivery.state for delivery in await self.deliveries()})

    async def fault(self, kind: str, **more: Any) -> None:
        await self.world.house.sandbox.fault(f"hook.{self.name}", kind, **more)


@dataclass
class Listeners:
    house: House
    env: WorkflowEnvironment
    runs: int = 0

    async def now(self) -> datetime:
        return await self.env.get_current_time()

    async def listen(self, *kinds: str, knows: bool = True) -> Listener:
        """`knows`: the listener checks signatures with the subscription's secret, otherwise with another one."""
        name = f"hook-{secrets.token_hex(6)}"
        async with self.house.parts.sessions.begin() as session:
            secret, row = await webhooks.add_webhook(
                session, "tests", await self.now(), self.house.shop, label=name,
                url=f"{self.house.sandbox.url}/hooks/{name}", kinds=kinds or ("*",),
            )  # fmt: skip
        known = secret if knows else "whsec_" + "A" * 43 + "="
        await self.house.sandbox.post("/control/hooks", name=name, secret=known)
        return Listener(self, row.id, name)

    async def tick(self) -> int:
        self.runs += 1
        # Else the engine's clock leaps by years while an activity is at work.
        with self.env.auto_time_skipping_disabled():
            sent: int = await self.house.parts.client.execute_workflow(
                Webhooks.run, id=f"webhooks:{self.house.shop}:{self.runs}", task_queue="cases"
            )
        return sent

    async def quiet(self) -> int:
        """Ticks until one sends nothing; how many were sent."""
        sent = 0
        while new := await self.tick():
            sent += new
        return sent
