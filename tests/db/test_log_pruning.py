"""Old logs of sending go, and nothing else does."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select

from db.audit import broken_at
from db.door import note_refused
from db.log_pruning import KEPT, prune_logins, prune_logs
from db.login_attempts import count_attempt, remember_device, subject_of
from db.login_sessions import CameFrom
from db.login_sessions import open_session as open_login
from db.notice_channels import Address, Owner, add_channel
from db.office import add_person, add_shop
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.cases import Notice
from db.tables.login import DoorRefusal, KnownDevice, LoginSession
from db.tables.notices import NoticeDelivery, NoticeTold
from db.tables.webhooks import WebhookDelivery
from db.webhooks import add_webhook
from domain.lockout import Count
from domain.notice_channels import ChannelKind

NOW = datetime(2026, 11, 29, 4, tzinfo=UTC)
OLD, NEW = NOW - KEPT - timedelta(days=1), NOW - timedelta(days=1)


async def test_what_ended_long_ago_goes_and_what_waits_or_is_young_stays(open_session: Sessions, ring: KeyRing) -> None:
    async with open_session.begin() as session:
        shop = {"code": "demo", "name": "Demo", "platform": "sandbox", "jurisdiction": "none", "cut_off_at": NOW}
        await add_shop(session, "tests", NOW, **shop)  # type: ignore[arg-type]
        person = await add_person(session, "tests", NOW, login="bob", name="Bob")
        address = Address(ChannelKind.EMAIL, "bob@example.com")
        channel = await add_channel(session, ring, "tests", NOW, Owner(person=person.id), address, label="mail")
        _, hook = await add_webhook(session, "tests", NOW, "demo", label="x", url="https://a.example/", kinds=["*"])
        for ended in (OLD, NEW, None):
            state: dict[str, Any] = {"state": "sent" if ended else "queued", "queued_at": OLD, "tries": 1}
            state |= {"ended_at": ended, "next_try_at": None if ended else OLD}
            delivery, notice = uuid4(), uuid4()
            told = {"channel": channel.id, "delivery": delivery, "notice": notice}
            about = {"id": notice, "shop": "demo", "about": str(notice), "person": person.id, "kind": "x", "level": 0}
            await session.execute(insert(Notice).values(**about, at=OLD))
            values = {"id": delivery, "channel": channel.id, "what": "notice", "urgent": False} | state
            await session.execute(insert(NoticeDelivery).values(**values))
            await session.execute(insert(NoticeTold).values(**told))
            sent = {"id": uuid4(), "subscription": hook.id, "type": "ping", "at": OLD} | state
            await session.execute(insert(WebhookDelivery).values(**sent))
    async with open_session.begin() as session:
        gone = [await prune_logs(session, NOW) for _ in range(2)]
    async with open_session() as session:
        tables = (NoticeDelivery, NoticeTold, WebhookDelivery, Notice)
        left = [await session.scalar(select(func.count()).select_from(table)) for table in tables]
    assert (gone, left) == ([2, 0], [2, 2, 2, 3])


async def test_logins_of_last_year_go_and_todays_stay(open_session: Sessions) -> None:
    async with open_session.begin() as session:
        person = await add_person(session, "tests", NOW, login="bob", name="Bob")
        for at in (OLD - timedelta(days=200), NEW):
            await open_login(session, at, person.id, CameFrom("password", "10.0.0.1"), timedelta(hours=12))
            await remember_device(session, person.id, f"device of {at}", at)
            await note_refused(session, "KeyRevoked", "key", "10.0.0.1", at)
            await count_attempt(session, Count.PLACE, subject_of(f"bob {at}"), at)
        await prune_logins(session, NOW)
        tables = (LoginSession, KnownDevice, DoorRefusal)
        left = [await session.scalar(select(func.count()).select_from(table)) for table in tables]
        assert left == [1, 1, 1]
        assert await broken_at(session) is None
