"""The staff of a house and its channels at the sandbox: what is told, and what came of it."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from temporalio.testing import WorkflowEnvironment

from db import notice_channels
from db.notice_channels import Address, Owner
from db.tables.cases import CaseFile, Notice
from db.tables.notices import NoticeChannel, NoticeDelivery
from domain.notice_channels import ChannelKind
from domain.notice_preferences import Preferences
from domain.policies.notices import Urgency
from tests.builders import House
from workflows.notices import Notices

BY = "tests"


@dataclass
class Staff:
    """Tells the people of one house things; `env`'s time stands still unless it is moved."""

    house: House
    env: WorkflowEnvironment
    runs: int = 0

    async def now(self) -> datetime:
        return await self.env.get_current_time()

    def person(self, name: str) -> UUID:
        return UUID(self.house.people[name])

    async def robot(
        self, kind: ChannelKind, *, shop: bool = False, who: str = "bob", least: str = "urgent"
    ) -> "Channel":
        token, secret = secrets.token_hex(16), None if kind is ChannelKind.WECOM else secrets.token_hex(16)
        await self.house.sandbox.post("/control/robots", kind=kind, token=token, secret=secret)
        owner = Owner(shop=self.house.shop) if shop else Owner(person=self.person(who))
        return await self._channel(owner, Address(kind, token, secret), least)

    async def mail(self, who: str = "bob", address: str = "") -> "Channel":
        address = address or f"{who}-{secrets.token_hex(4)}@example.com"
        return await self._channel(Owner(person=self.person(who)), Address(ChannelKind.EMAIL, address), "urgent")

    async def _channel(self, owner: Owner, address: Address, least: str) -> "Channel":
        async with self.house.parts.sessions.begin() as session:
            row = await notice_channels.add_channel(
                session, self.house.parts.ring, BY, await self.now(), owner, address,
                label=secrets.token_hex(4), least=Urgency(least),
            )  # fmt: skip
        return Channel(self, row.id, address)

    async def wants(self, who: str, **preferences: Any) -> None:
        wanted = Preferences.model_validate(preferences)
        async with self.house.parts.sessions.begin() as session:
            await notice_channels.set_preferences(session, BY, await self.now(), self.person(who), wanted)

    async def notice(self, *who: str, kind: str = "payout_stuck", level: int = 0, case: str | None = None) -> None:
        """One event of which these people are told."""
        seq, about = (secrets.randbelow(10**9), None) if case else (None, f"tests:{uuid4()}")
        rows = [
            {
                "id": uuid4(), "shop": self.house.shop, "case": case, "case_seq": seq, "about": about,
                "person": self.person(name), "kind": kind, "level": level, "at": await self.now(),
            }
            for name in who
        ]  # fmt: skip
        async with self.house.parts.sessions.begin() as session:
            await session.execute(insert(Notice), rows)

    async def tick(self) -> int:
        self.runs += 1
        # Else the engine's clock leaps by years while an activity is at work.
        with self.env.auto_time_skipping_disabled():
            taken: int = await self.house.parts.client.execute_workflow(
                Notices.run, id=f"notices:{self.house.shop}:{self.runs}", task_queue="cases"
            )
        return taken

    async def deliveries(self) -> list[NoticeDelivery]:
        async with self.house.parts.sessions() as session:
            found = select(NoticeDelivery).order_by(NoticeDelivery.queued_at, NoticeDelivery.id)
            return list(await session.scalars(found))

    async def states(self) -> list[str]:
        return sorted(delivery.state for delivery in await self.deliveries())

    async def notices(self) -> list[Notice]:
        async with self.house.parts.sessions() as session:
            return list(await session.scalars(select(Notice).order_by(Notice.at, Notice.id)))

    async def case_file(self) -> CaseFile:
        async with self.house.parts.sessions() as session:
            return (await session.scalars(select(CaseFile))).one()


@dataclass
class Channel:
    staff: Staff
    id: UUID
    address: Address

    async def arrived(self) -> list[str]:
        """What came there in words, the first first."""
        get = self.staff.house.sandbox.get
        if self.address.kind is ChannelKind.EMAIL:
            mails = await get("/control/mail", recipient=self.address.to)
            return [mail["subject"] for mail in reversed(mails)]
        messages = await get("/control/robots/messages", kind=self.address.kind, token=self.address.to)
        return [message["text"] for message in reversed(messages)]

    async def row(self) -> NoticeChannel:
        async with self.staff.house.parts.sessions() as session:
            return await session.get_one(NoticeChannel, self.id)
