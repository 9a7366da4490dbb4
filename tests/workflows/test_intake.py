"""The intake on a real engine: each review one case, whatever comes twice, late, garbled or not at all."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from temporalio.client import Client, WorkflowExecutionStatus

from activities.intake import PUSHES_A_BATCH
from db.tables.cases import CaseKey
from db.tables.inbox import Inbox
from db.tables.office import Shop
from tests.conftest import Database
from tests.workflows.live import Live, living
from workflows.review_case import ReviewCase
from workflows.schedules import ensure_all, ensure_intake, intake_id, remove_intake
from workflows.starting import case_workflow_id, start_review_case


@pytest.fixture
async def live(temporal_client: Client, database: Database, sandbox: str) -> AsyncIterator[Live]:
    async with living(temporal_client, database, sandbox) as house:
        yield house


@pytest.mark.covers(1, 2, 3)
async def test_each_review_becomes_exactly_one_case(live: Live) -> None:
    oids = {(await live.house.review(result=result)).oid for result in ("bad", "neutral", "bad")}
    report = await live.run()
    files = await live.registered(3)
    assert report.started == 3
    assert {file.external_id for file in files} == oids


async def test_a_second_run_starts_nothing_twice(live: Live) -> None:
    await live.house.review()
    await live.run()
    report = await live.run()
    await live.registered(1)
    assert report.started == 0
    assert await live.count(CaseKey) == 1


async def test_more_than_one_batch_is_taken_in_one_go(live: Live) -> None:
    await live.run()
    reviews = [{"text": f"坏 {n}"} for n in range(PUSHES_A_BATCH + 1)]
    await live.house.sandbox.post("/buyer/bulk_reviews", shop=live.house.seller, reviews=reviews, push=True)
    report = await live.run()
    assert (report.started, report.batches) == (PUSHES_A_BATCH + 1, 2)


async def test_a_push_brings_a_change_to_its_open_case(live: Live) -> None:
    await live.run()
    reviewed = await live.house.review()
    await live.run()
    [file] = await live.registered(1)
    await live.house.sandbox.post(f"/buyer/reviews/{reviewed.oid}/amend")
    report = await live.run()
    handle = live.client.get_workflow_handle(file.workflow)
    state = await live.eventually(lambda: handle.query(ReviewCase.view), lambda case: bool(case.readings))
    assert report.told == 1
    assert state.readings[-1].grade == "good"


async def test_a_case_that_the_api_started_is_not_started_again(live: Live) -> None:
    opening = await live.house.opening(await live.house.review())
    first = await start_review_case(live.client, opening, live.house.parts.settings)
    second = await start_review_case(live.client, opening, live.house.parts.settings)
    report = await live.run()
    assert (first, second) == (True, False)
    assert report.started == 0


async def test_api_and_intake_give_a_case_the_same_place_in_the_engine(live: Live) -> None:
    by_api = await live.house.opening(await live.house.review())
    await start_review_case(live.client, by_api, live.house.parts.settings)
    by_intake = await live.house.review()
    await live.run()
    told = [
        await live.client.get_workflow_handle(id).describe()
        for id in (case_workflow_id(by_api), case_workflow_id(by_api).replace(by_api.external_id, by_intake.oid))
    ]
    assert told[0].task_queue == told[1].task_queue
    places = {(one.raw_info.priority.priority_key, one.raw_info.priority.fairness_key) for one in told}
    assert places == {(3, live.house.shop)}
    assert {one.status for one in told} == {WorkflowExecutionStatus.RUNNING}


async def test_a_case_outlives_the_intake_that_started_it(live: Live) -> None:
    reviewed = await live.house.review()
    await live.run()
    handle = live.client.get_workflow_handle(f"review:sandbox:{live.house.shop}:{reviewed.oid}")
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_closed_case_whose_review_got_worse_comes_alive_as_its_next_run(live: Live) -> None:
    reviewed = await live.house.review(result="neutral")
    await live.run()
    [file] = await live.registered(1)
    await live.close(file)
    await live.house.sandbox.post(f"/control/reviews/{reviewed.oid}", result="bad", push=False)
    report = await live.run()
    [again] = await live.eventually(live.files, lambda files: files[0].run == 2)
    assert report.reopened == 1
    assert (again.number, again.workflow) == (file.number, f"{file.workflow}:2")
    assert (again.closed_at, again.state["identity"]["grade"]) == (None, "bad")


async def test_a_marketplace_that_is_down_ends_the_run_quietly(live: Live) -> None:
    await live.house.sandbox.fault("taobao.*", "http_500", count=20)
    report = await live.run()
    assert report.trouble is not None
    assert report.trouble.startswith("Transient")


async def test_nonsense_instead_of_pushes_still_lets_the_list_be_read(live: Live) -> None:
    await live.house.review()
    await live.house.sandbox.fault("taobao.tmc.messages.consume", "nonsense", count=20)
    report = await live.run()
    assert report.started == 1
    assert report.trouble is not None
    assert report.trouble.startswith("Nonsense")


async def test_a_revoked_session_is_told_in_the_result(live: Live) -> None:
    credentials = '{"app_key": "1", "app_secret": "x", "session": "gone"}'
    async with live.house.parts.sessions.begin() as session:
        await session.execute(update(Shop).values(credentials=credentials, version=Shop.version + 1))
    report = await live.run()
    assert report.trouble is not None
    assert "let the seller authorise it again" in report.trouble


async def test_an_unknown_shop_is_told_in_the_result(live: Live) -> None:
    assert (await live.run("nowhere")).trouble == "NotFound: There is no shop 'nowhere'; GET /shops lists them."


async def test_acted_pushes_are_confirmed_and_come_no_more(live: Live) -> None:
    await live.run()
    await live.house.review()
    await live.run()
    report = await live.run()
    async with live.house.parts.sessions() as session:
        open_ones = await session.scalar(select(func.count()).where(Inbox.confirmed_at.is_(None)))
    assert (report.pushes, open_ones) == (0, 0)


async def test_a_shop_that_is_added_while_it_runs_is_read_at_once(live: Live) -> None:
    await live.house.review()
    async with live.house.parts.sessions() as session:
        shop = await session.get_one(Shop, live.house.shop)
    await ensure_intake(live.client, shop, live.house.parts.settings)
    try:
        assert len(await live.registered(1)) == 1
    finally:
        await remove_intake(live.client, live.house.shop)


async def test_a_schedule_that_an_operator_paused_stays_paused(live: Live) -> None:
    handle = live.client.get_schedule_handle(intake_id(live.house.shop))
    await ensure_intake(live.client, live.house.shop, live.house.parts.settings)
    await handle.pause(note="the marketplace is being moved")
    later = live.house.parts.settings.model_copy(update={"intake_seconds": 300})
    await ensure_all(live.client, [live.house.shop], later)
    schedule = (await handle.describe()).schedule
    await remove_intake(live.client, live.house.shop)
    assert schedule.state.paused
    assert schedule.spec.intervals[0].every == timedelta(minutes=5)


async def test_a_shop_whose_intake_is_switched_off_loses_its_schedule(live: Live) -> None:
    async with live.house.parts.sessions() as session:
        shop = await session.get_one(Shop, live.house.shop)
    await ensure_intake(live.client, shop, live.house.parts.settings)
    shop.intake = False
    await ensure_intake(live.client, shop, live.house.parts.settings)

    async def schedules() -> list[str]:
        return [one.id async for one in await live.client.list_schedules()]

    await live.eventually(schedules, lambda found: intake_id(shop.code) not in found)
