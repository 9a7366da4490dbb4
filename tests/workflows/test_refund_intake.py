"""The intake of refunds on a real engine: each application one case, whatever comes twice, late or changed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from temporalio.client import Client

from db.tables.cases import CaseFile, CaseKey
from db.tables.inbox import Inbox
from domain.policies.refund_rules import RefundStatus
from domain.refund_case import steps
from domain.refund_case.agenda import next_due
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.state import RefundCaseState
from tests.conftest import Database
from tests.workflows.conftest import Keep
from tests.workflows.live import Live, living
from tests.workflows.refund_world import apply, apply_for_exchange, opening_of
from workflows.refund_case import RefundCase
from workflows.refund_intake import RefundIntake, RefundIntakeOrder, RefundIntakeReport
from workflows.refund_starting import start_refund_case


@pytest.fixture
async def live(temporal_client: Client, database: Database, sandbox: str) -> AsyncIterator[Live]:
    async with living(temporal_client, database, sandbox) as house:
        yield house


async def run(live: Live, id: str | None = None) -> RefundIntakeReport:
    report: RefundIntakeReport = await live.client.execute_workflow(
        RefundIntake.run,
        RefundIntakeOrder(shop=live.house.shop),
        id=id or f"refund-intake-{uuid4().hex}",
        task_queue=live.house.parts.settings.task_queue,
    )
    return report


def case_of(live: Live, file: CaseFile) -> Any:
    return live.client.get_workflow_handle_for(RefundCase.run, file.workflow)


async def at_rest(handle: Any) -> None:
    """Until the case has looked at everything that it looks at by itself in the beginning."""
    async with asyncio.timeout(30):
        while True:
            state = await handle.query("view", result_type=RefundCaseState)
            seen = bool(state.parcels) and state.calls.contact is not None
            due = next_due(state)
            if seen and due is not None and due.at > datetime.now(UTC) + timedelta(minutes=1):
                return
            await asyncio.sleep(0.1)


@pytest.mark.covers(94, 193)
async def test_each_application_becomes_exactly_one_case_and_hears_of_its_changes(
    live: Live, keep_live_history: Keep
) -> None:
    first, second = await apply(live.house), await apply(live.house, with_return=False)
    opening = await opening_of(live.house, second, datetime.now(UTC))
    assert await start_refund_case(live.client, opening, live.house.parts.settings)
    reports = [await run(live), await run(live)]
    files = {file.external_id: file for file in await live.registered(2)}
    assert [report.started for report in reports] == [1, 0]
    assert await live.count(CaseKey) == 2
    await at_rest(case_of(live, files[first.refund_id]))
    await live.house.sandbox.post(f"/buyer/refunds/{first.refund_id}/withdraw")
    told = f"refund-intake-{uuid4().hex}"
    assert (await run(live, told)).told == 1
    await keep_live_history(told, "RefundIntake.one_told")
    handle = case_of(live, files[first.refund_id])
    assert await handle.result() == RefundOutcome.WITHDRAWN
    assert (await run(live)).told == 0


@pytest.mark.covers(193)
async def test_pushes_of_refunds_are_answered_and_confirmed(live: Live) -> None:
    await live.run()
    applied = await apply(live.house)
    await live.run()
    report = await run(live)
    [file] = await live.registered(1)
    state = await case_of(live, file).query(RefundCase.view)
    assert (report.started, state.opening.source, state.reading.status) == (1, "push", RefundStatus.ASKED)
    async with live.house.parts.sessions() as session:
        unconfirmed = list(await session.scalars(select(Inbox.message).where(Inbox.confirmed_at.is_(None))))
    assert (applied.refund_id, unconfirmed) == (file.external_id, [])


@pytest.mark.covers(94)
async def test_exchanges_come_by_their_own_list_and_their_cases_hear_of_changes(live: Live) -> None:
    refund, exchange = await apply(live.house), await apply_for_exchange(live.house)
    reports = [await run(live), await run(live)]
    files = {file.external_id: file for file in await live.registered(2)}
    assert [report.started for report in reports] == [2, 0]
    assert set(files) == {refund.refund_id, exchange.refund_id}
    state = await case_of(live, files[exchange.refund_id]).query(RefundCase.view)
    assert (state.reading.kind, state.reading.deadline.source) == ("exchange", "platform")
    await live.house.sandbox.post(f"/buyer/refunds/{exchange.refund_id}/withdraw")
    await run(live)  # the case may have looked by itself just now; who looks first is all the same
    async with asyncio.timeout(60):
        assert await case_of(live, files[exchange.refund_id]).result() == RefundOutcome.WITHDRAWN


@pytest.mark.covers(117, 209)
async def test_a_case_that_was_ended_here_begins_its_next_run_when_its_application_goes_on_there(
    live: Live, keep_live_history: Keep
) -> None:
    applied = await apply(live.house)
    await run(live)
    [file] = await live.registered(1)
    first = case_of(live, file)
    ended = steps.RefundCommand.model_validate(
        {
            "actor": live.house.actor("bob"), "digest": "d", "sent_at": datetime.now(UTC),
            "step": steps.EndRefund(why=await live.house.text("别处处理")),
        }
    )  # fmt: skip
    await first.execute_update(RefundCase.advance, ended)
    assert await first.result() == RefundOutcome.ENDED_BY_HAND
    last = await first.query(RefundCase.view)
    await live.house.sandbox.post(f"/buyer/refunds/{applied.refund_id}/message", content="还没处理吗")
    assert (await run(live)).started == 1
    second = live.client.get_workflow_handle(f"{file.workflow}:2")
    async with asyncio.timeout(30):
        while not (state := await second.query("view", result_type=RefundCaseState)).assignee:  # noqa: ASYNC110 its workflow works on
            await asyncio.sleep(0.1)
    assert (state.opening.case, state.reading.status, state.watch is not None) == (file.number, "asked", True)
    assert state.version > last.version
    await keep_live_history(f"{file.workflow}:2", "RefundCase.reopened")
