"""Whatever goes wrong on the way, no channel is told the same twice, and the log says what came."""

import asyncio
import contextlib
import random
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select
from temporalio.testing import ActivityEnvironment

from activities.notice_planning import NoticePlanningActivities, NoticesRequest
from activities.notice_sending import NoticeSendingActivities
from activities.policies import Policies
from db import notice_channels
from db.notice_channels import Address, Owner
from db.tables.cases import Notice
from db.tables.notices import NoticeDelivery, NoticeTold
from domain.notice_channels import ChannelKind
from domain.notice_sending import DeliveryState
from gateways.mail import Mail, PostOffice, Security
from gateways.robots import RobotKind, Robots
from tests.activities.conftest import WayIn
from tests.builders import House

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
PATIENCE = 0.3
FAULTS = ("timeout_before", "timeout_after", "http_500", "system_error", "rate_limit", "nonsense")
METHODS = ("dingtalk.send", "wecom.send", "feishu.send", "smtp.send")
NOTICES = 8


@dataclass
class Desk:
    """Two senders that share one database, as two workers do."""

    house: House
    now: datetime = NOW
    channels: dict[UUID, Address] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts, settings, policies = self.house.parts, self.house.parts.settings, Policies()
        robots = Robots(parts.http, dict.fromkeys(RobotKind, settings.dingtalk_url), seconds=PATIENCE)
        office = PostOffice(settings.smtp_host, settings.smtp_port, settings.smtp_sender, Security.PLAIN)
        self.planning = NoticePlanningActivities(parts.sessions, policies)
        self.senders = [
            NoticeSendingActivities(parts.sessions, policies, robots, Mail(office, seconds=PATIENCE)) for _ in range(2)
        ]

    async def open_channels(self) -> None:
        bob = Owner(person=UUID(self.house.people["bob"]))
        addresses = [Address(kind, secrets.token_hex(16)) for kind in ChannelKind if kind is not ChannelKind.EMAIL]
        addresses.append(Address(ChannelKind.EMAIL, f"bob-{secrets.token_hex(4)}@example.com"))
        for address in addresses:
            if address.kind is not ChannelKind.EMAIL:
                await self.house.sandbox.post("/control/robots", kind=address.kind, token=address.to)
            async with self.house.parts.sessions.begin() as session:
                row = await notice_channels.add_channel(
                    session, self.house.parts.ring, "tests", self.now, bob, address, label=secrets.token_hex(4)
                )
            self.channels[row.id] = address

    async def notice(self, number: int) -> None:
        """Each has a due time of its own, by which its words are known again."""
        row = {
            "id": uuid4(), "shop": self.house.shop, "about": f"tests:{number}", "kind": "payout_stuck", "level": 0,
            "person": UUID(self.house.people["bob"]), "at": self.now, "due_at": NOW + timedelta(minutes=number),
        }  # fmt: skip
        async with self.house.parts.sessions.begin() as session:
            await session.execute(insert(Notice).values(**row))

    async def look(self, *, killed_after: float | None = None) -> None:
        """Both senders at once; one of them may be killed on the way."""
        request = NoticesRequest(now=self.now)
        await ActivityEnvironment().run(self.planning.plan_notices, request)
        first, second = (
            asyncio.create_task(ActivityEnvironment().run(sender.send_notices, request)) for sender in self.senders
        )
        if killed_after is not None:
            await asyncio.sleep(killed_after)
            first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
        await second

    async def arrived(self, channel: UUID) -> Counter[str]:
        """By the due time in each message."""
        address, get = self.channels[channel], self.house.sandbox.get
        if address.kind is ChannelKind.EMAIL:
            found = [mail["subject"] for mail in await get("/control/mail", recipient=address.to)]
        else:
            found = [message["text"] for message in await get("/control/robots/messages", token=address.to)]
        return Counter(text.rpartition("截止 ")[2].rstrip("）\n") for text in found)

    async def log(self) -> list[Any]:
        told = (
            select(NoticeDelivery.channel, NoticeDelivery.state, Notice.due_at)
            .join(NoticeTold, NoticeTold.delivery == NoticeDelivery.id)
            .join(Notice, Notice.id == NoticeTold.notice)
        )
        async with self.house.parts.sessions() as session:
            return list(await session.execute(told))


# What may have come, by what the log says of it.
CAME = {
    DeliveryState.SENT: {1},
    DeliveryState.UNKNOWN: {0, 1},
    DeliveryState.SENDING: {0, 1},
    DeliveryState.QUEUED: {0},
    DeliveryState.FAILED: {0},
}


@pytest.mark.covers(197)
@pytest.mark.parametrize("seed", range(3))
async def test_no_channel_hears_a_thing_twice_and_the_log_is_true(way_in: WayIn, seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk(way_in.house)
    await desk.open_channels()
    for number in range(NOTICES):
        await desk.notice(number)
        for method in METHODS:
            if chance.random() < 0.5:
                await way_in.market.fault(
                    method, chance.choice(FAULTS), seconds=2 * PATIENCE, count=chance.randint(1, 2)
                )
        await desk.look(killed_after=chance.uniform(0, PATIENCE) if chance.random() < 0.3 else None)
        desk.now += timedelta(minutes=chance.choice((1, 4, 12)))
    await way_in.market.delete("/control/faults")
    for _ in range(3):
        desk.now += timedelta(hours=1)
        await desk.look()
    came = {channel: await desk.arrived(channel) for channel in desk.channels}
    log = await desk.log()
    assert not [count for counts in came.values() for count in counts.values() if count > 1]
    for channel, state, due_at in log:
        words = f"{due_at + timedelta(hours=8):%m-%d %H:%M}"
        assert came[channel][words] in CAME[state], (state, words)
    assert len(log) == len({(channel, due_at) for channel, _, due_at in log}) == NOTICES * len(desk.channels)
    assert {state for _, state, _ in log} <= {DeliveryState.SENT, DeliveryState.UNKNOWN, DeliveryState.FAILED}
