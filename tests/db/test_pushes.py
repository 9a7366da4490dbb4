"""Old pushes: what is forgotten of them, and what is kept to tell a repetition from news."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.testing import ActivityEnvironment

from activities.retention import RetentionActivities, RetentionRequest
from db import office
from db.pushes import forget_pushes
from db.sessions import Sessions
from db.tables.inbox import Inbox


async def keep(
    session: AsyncSession, message: str, now: datetime, days: float, *, acted: bool, confirmed: bool
) -> None:
    came = now - timedelta(days=days)
    row = {"source": "sandbox", "message": message, "shop": "demo", "topic": "t", "facts": {"oid": "1"}}
    moments = {"received_at": came, "acted_at": came if acted else None, "confirmed_at": came if confirmed else None}
    await session.execute(insert(Inbox).values(**row, **moments))


async def some_pushes(open_session: Sessions, now: datetime) -> None:
    async with open_session.begin() as session:
        await office.add_shop(
            session, "tests", now, code="demo", name="Demo", platform="sandbox", jurisdiction="none", cut_off_at=now
        )
        await keep(session, "confirmed, a month old", now, 30.1, acted=True, confirmed=True)
        await keep(session, "confirmed, younger", now, 29.9, acted=True, confirmed=True)
        await keep(session, "never confirmed, may come again", now, 89.9, acted=True, confirmed=False)
        await keep(session, "never confirmed, very old", now, 90.1, acted=True, confirmed=False)
        await keep(session, "not acted on", now, 400, acted=False, confirmed=False)


async def left(open_session: Sessions) -> set[str]:
    async with open_session() as session:
        return set(await session.scalars(select(Inbox.message)))


KEPT = {"confirmed, younger", "never confirmed, may come again", "not acted on"}


async def test_confirmed_pushes_go_after_a_month_and_what_may_come_again_after_three(
    open_session: Sessions, now: datetime
) -> None:
    await some_pushes(open_session, now)
    async with open_session.begin() as session:
        assert [await forget_pushes(session, "demo", now, 1) for _ in range(3)] == [1, 1, 0]
    assert await left(open_session) == KEPT


async def test_the_schedule_that_forgets_buyers_forgets_pushes_too(open_session: Sessions, now: datetime) -> None:
    await some_pushes(open_session, now)
    forgetting = RetentionActivities(open_session, None)
    done = await ActivityEnvironment().run(forgetting.forget_due, RetentionRequest(now=now))

    assert (done.shop, done.pushes, done.more) == ("demo", 2, False)
    assert await left(open_session) == KEPT
