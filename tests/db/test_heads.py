"""Signed heads: what one has covered can't be cut, changed or reckoned anew without showing."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import ActivityEnvironment

from activities.heads import HeadActivities, HeadMade, HeadRequest
from db import chain
from db.heads import is_sound
from db.sealing import KeyRing
from db.sessions import Sessions
from db.tables.office import OfficeEvent
from db.tables.record import RecordHead, RecordTip
from tests import record_world
from tests.record_world import ONE, TWO, signer

DAY = timedelta(days=1)


@pytest.fixture
async def record(open_session: Sessions, ring: KeyRing, now: datetime) -> Sessions:
    async with open_session.begin() as session:
        await record_world.open_shop(session, now)
        for number in (ONE, TWO):
            await record_world.add_case(session, ring, number, now)
    return open_session


async def seal(sessions: Sessions, now: datetime) -> HeadMade:
    return await ActivityEnvironment().run(HeadActivities(sessions, signer()).seal_record, HeadRequest(now=now))


async def heads(sessions: Sessions) -> list[RecordHead]:
    async with sessions() as session:
        return list(await session.scalars(select(RecordHead).order_by(RecordHead.number)))


@pytest.mark.covers(202)
async def test_a_head_covers_every_chain_and_follows_from_the_one_before(record: Sessions, now: datetime) -> None:
    assert (await seal(record, now)).leaves == 3
    assert (await seal(record, now + DAY)).number == 2
    first, second = await heads(record)
    assert is_sound(first, chain.FIRST)
    assert is_sound(second, first.hash)


async def test_only_what_has_grown_comes_under_the_next_head(record: Sessions, now: datetime) -> None:
    await seal(record, now)
    async with record.begin() as session:
        await record_world.add_events(session, TWO, [{"more": True}], now)
    await seal(record, now + DAY)
    async with record() as session:
        covered = select(RecordTip.chain, RecordTip.seq).where(RecordTip.head == 2)
        assert [tuple(row) for row in await session.execute(covered)] == [(f"case:{TWO}", 4)]


async def test_a_day_has_one_head(record: Sessions, now: datetime) -> None:
    await seal(record, now)
    assert (await seal(record, now + timedelta(hours=2))).number is None


async def test_a_clock_that_went_back_signs_nothing(record: Sessions, now: datetime) -> None:
    await seal(record, now)
    assert (await seal(record, now - DAY)).number is None
    assert len(await heads(record)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM case_event WHERE case_number = 'A26-00000-0000W' AND seq = 3",
        "UPDATE case_event SET hash = sha256('x') WHERE case_number = 'A26-00000-0000W' AND seq = 3",
    ],
)
async def test_the_next_head_finds_what_was_lost(
    record: Sessions, now: datetime, owner: AsyncEngine, statement: str
) -> None:
    await seal(record, now)
    await record_world.spoil(owner, "case_event", statement)
    assert (await seal(record, now + DAY)).lost == [f"case:{ONE}"]
    async with record() as session:
        broken = select(func.count()).where(OfficeEvent.kind == "record.broken")
        assert await session.scalar(broken) == 1


async def test_a_wholly_recomputed_chain_is_lost_too(record: Sessions, now: datetime, owner: AsyncEngine) -> None:
    await seal(record, now)
    await record_world.reckon_anew(owner, ONE)
    assert (await seal(record, now + DAY)).lost == [f"case:{ONE}"]


async def test_a_head_signed_by_another_key_is_not_sound(record: Sessions, now: datetime) -> None:
    await seal(record, now)
    [head] = await heads(record)
    head.signature = signer(b"m").sign("record head", head.hash)
    assert not is_sound(head, chain.FIRST)


TABLES = ("case_event", "office_event", "ledger_entry", "policy", "history_archive", "record_head", "record_tip")
COLUMN = "SELECT column_name FROM information_schema.columns WHERE table_name = '{}' AND is_identity = 'NO' LIMIT 1"


async def refusal(sessions: Sessions | AsyncEngine, statement: str) -> str:
    with pytest.raises(DBAPIError) as refused:
        async with sessions.begin() as session:
            await session.execute(text(statement))
    return str(refused.value)


@pytest.mark.covers(202)
@pytest.mark.parametrize("change", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
async def test_no_table_of_the_record_can_be_changed_by_the_app_or_the_owner(
    open_session: Sessions, owner: AsyncEngine, change: str
) -> None:
    for table in TABLES:
        async with open_session() as session:
            column = await session.scalar(text(COLUMN.format(table)))
        statement = change.format(table, column)
        assert "permission denied" in await refusal(open_session, statement)
        assert "append-only" in await refusal(owner, statement)
