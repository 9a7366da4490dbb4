"""What the engine recorded of a closed case outlives the engine's retention."""

import gzip
import hashlib
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Replayer

from activities.archive import GONE, ArchiveActivities, ForgetRequest
from db.buyers import BuyerFacts
from db.refunds import Application, RefundFacts, keep_refund
from db.tables.cases import CaseFile
from db.tables.couriers import CourierClaim
from db.tables.record import HistoryArchive
from db.tables.refunds import Shipment
from domain.courier_claims import claim_id
from tests.conftest import Database
from tests.workflows.live import Live, living
from workflows.archive import Archive, ArchiveOrder
from workflows.payout import Payout
from workflows.review_case import ReviewCase
from workflows.schedules import ARCHIVE, ensure_archive


@pytest.fixture
async def live(temporal_client: Client, database: Database, sandbox: str) -> AsyncIterator[Live]:
    async with living(temporal_client, database, sandbox) as house:
        yield house


async def opened(live: Live) -> CaseFile:
    await live.house.review(result="neutral")
    await live.run()
    [file] = await live.registered(1)
    return file


async def archive(live: Live) -> ArchiveOrder:
    return await live.client.execute_workflow(
        Archive.run,
        ArchiveOrder(),
        id=f"archive:{secrets.token_hex(6)}",
        task_queue=live.house.parts.settings.task_queue,
    )


async def ended(live: Live, workflow: str) -> None:
    """The case's workflow has returned, not only written that it closed."""
    await live.client.get_workflow_handle(workflow).result()


async def kept(live: Live) -> list[HistoryArchive]:
    async with live.house.parts.sessions() as session:
        return list(await session.scalars(select(HistoryArchive).order_by(HistoryArchive.workflow)))


@pytest.mark.covers(202)
async def test_a_closed_case_is_archived_so_that_its_history_still_replays(live: Live) -> None:
    file = await opened(live)
    await live.close(file)
    await ended(live, file.workflow)
    assert (await archive(live)).histories == 1
    [row] = await kept(live)
    plain = gzip.decompress(row.body)
    history = WorkflowHistory.from_json(row.workflow, plain.decode())
    replayer = Replayer(workflows=[ReviewCase, Payout], data_converter=pydantic_data_converter)
    assert (row.case, row.sha256) == (file.number, hashlib.sha256(plain).digest())
    assert (await replayer.replay_workflow(history)).replay_failure is None


async def claimed(live: Live, file: CaseFile) -> str:
    """A claim at a courier that was settled long ago, so that the engine knows its workflow no more; its key."""
    house, now = live.house, datetime.now(UTC)
    facts = RefundFacts(
        shop=house.shop, platform=house.platform, external_id="1", order_external_id="2", applied_at=now, source="api",
        application=Application(kind="return", amount_fen=100, status="SUCCESS", courier="圆通", waybill="YT1234567"),
        buyer=BuyerFacts(platform=house.platform, platform_id="chen"),
    )  # fmt: skip
    async with house.parts.sessions.begin() as session:
        await keep_refund(session, house.parts.ring, facts, now)
        shipment = (await session.scalars(select(Shipment))).one()
        row = CourierClaim(
            key="TEST-1-C1", case=file.number, shop=house.shop, shipment=shipment.id, kind="loss", claimed_fen=100,
            evidence=[], status="refused", until=now, answer_due_at=now, ask_hours=24, made_at=now,
            made_by=UUID(house.people["alice"]), settled_at=now,
        )  # fmt: skip
        session.add(row)
        return row.key


async def test_what_became_of_a_cases_courier_claims_is_archived_with_it(live: Live) -> None:
    file = await opened(live)
    key = await claimed(live, file)
    await live.close(file)
    await ended(live, file.workflow)
    await archive(live)
    rows = {row.workflow: row.engine_run for row in await kept(live)}
    assert set(rows) == {file.workflow, claim_id(key)}
    assert rows[claim_id(key)] == GONE


async def test_every_run_of_the_continue_as_new_chain_is_archived(live: Live) -> None:
    file = await opened(live)
    handle = live.client.get_workflow_handle(file.workflow)
    first = (await handle.describe()).run_id
    await handle.signal("refresh")
    await live.eventually(lambda: run_of(live, file.workflow), lambda run: run != first)
    await live.close(file)
    await ended(live, file.workflow)
    assert (await archive(live)).histories == 2
    assert first in {row.engine_run for row in await kept(live)}


async def run_of(live: Live, workflow: str) -> str | None:
    return (await live.client.get_workflow_handle(workflow).describe()).run_id


async def test_archiving_again_changes_nothing(live: Live) -> None:
    file = await opened(live)
    await live.close(file)
    await ended(live, file.workflow)
    await archive(live)
    before = await kept(live)
    assert (await archive(live)).histories == 0
    assert [row.archived_at for row in await kept(live)] == [row.archived_at for row in before]


async def test_an_open_case_is_not_archived(live: Live) -> None:
    await opened(live)
    assert (await archive(live)).histories == 0


async def test_a_history_that_the_engine_has_forgotten_is_marked_as_gone_once(live: Live) -> None:
    file = await opened(live)
    async with live.house.parts.sessions.begin() as session:
        forgotten = CaseFile(
            number="A26-00000-00000", kind="review", workflow=f"review:sandbox:{live.house.shop}:forgotten", run=1,
            shop=file.shop, platform=file.platform, external_id="forgotten", source_row=file.source_row, stage="closed",
            grade="bad", severity=1, due_at=file.due_at, due_what="", review_created_at=file.review_created_at,
            opened_at=file.opened_at, outcome="refused", closed_at=datetime.now(UTC), version=1, person_step=0,
            state={}, written_at=file.written_at,
        )  # fmt: skip
        session.add(forgotten)
    assert [(await archive(live)).gone, (await archive(live)).gone] == [1, 0]
    assert [row.engine_run for row in await kept(live)] == [GONE]


async def test_routine_runs_of_yesterday_are_forgotten_and_todays_are_kept(live: Live) -> None:
    await live.run()
    forgetting = ArchiveActivities(live.house.parts.sessions, live.client)
    now = datetime.now(UTC)
    ours = f"WorkflowType = 'Intake' AND TaskQueue = '{live.house.parts.settings.task_queue}'"
    await live.eventually(lambda: count(live, ours), lambda runs: runs == 1)
    await ActivityEnvironment().run(forgetting.forget_routine, ForgetRequest(now=now))
    kept_today = await count(live, ours)
    await ActivityEnvironment().run(forgetting.forget_routine, ForgetRequest(now=now + timedelta(days=2)))
    assert kept_today == 1
    assert await live.eventually(lambda: count(live, ours), lambda runs: runs == 0) == 0


async def count(live: Live, query: str) -> int:
    return (await live.client.count_workflows(query)).count


async def test_the_closer_has_a_schedule_of_its_own(live: Live) -> None:
    await ensure_archive(live.client, live.house.parts.settings)
    await ensure_archive(live.client, live.house.parts.settings)
    handle = live.client.get_schedule_handle(ARCHIVE)
    description = await handle.describe()
    await handle.delete()
    assert description.schedule.spec.intervals[0].every.total_seconds() == 600
