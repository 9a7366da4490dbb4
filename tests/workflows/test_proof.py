"""What is left of a closed case: everything, beside it, for whoever wants it proven."""

import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

from activities.archive import ArchiveActivities, ArchiveRequest
from db.signatures import Signer
from db.tables.record import HistoryArchive
from domain.review_case.keys import payout_id
from record.documents import Scope
from record.export import Wish, export
from record.findings import Report
from record.replay import Replay
from record.verify import Trust, verify
from tests import record_world
from tests.builders import House
from tests.conftest import Database
from tests.workflows.conftest import Tell, TellRefund
from workflows.heads import Heads
from workflows.payout import Payout
from workflows.refund_case import RefundCase
from workflows.review_case import ReviewCase

REPLAY = Replay((ReviewCase, RefundCase, Payout), pydantic_data_converter)


async def archived(house: House, env: WorkflowEnvironment) -> None:
    """The closer comes, then the day's head is signed."""
    archive = ArchiveActivities(house.parts.sessions, env.client)
    await ActivityEnvironment().run(archive.archive, ArchiveRequest(now=await env.get_current_time()))
    with env.auto_time_skipping_disabled():  # while the first is waited for, the clock could leap into the next day
        await env.client.execute_workflow(Heads.run, id="heads", task_queue=house.parts.settings.task_queue)


async def checked(house: House, env: WorkflowEnvironment, case: str, path: Path) -> Report:
    signer = Signer.parse(house.parts.settings.record_key.get_secret_value())
    assert signer is not None
    async with house.parts.sessions() as session:
        wish = Wish(Scope(case=case), "ada", "tests", await env.get_current_time(), texts=True)
        await export(session, wish, signer, path)
    return await verify(path, REPLAY, Trust(frozenset({signer.public})))


@pytest.mark.covers(202, 212)
async def test_a_paid_case_and_its_payout_are_proven_and_a_forged_event_is_not(
    tell: Tell, house: House, env: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    state = await story.closed()
    await archived(house, env)
    async with house.parts.sessions() as session:
        kept = set(await session.scalars(select(HistoryArchive.workflow)))
    assert kept == {story.handle.id, payout_id(state.payouts[0].key)}
    report = await checked(house, env, state.opening.case, tmp_path / "sound.zip")
    assert (report.findings, report.counts["histories replayed"]) == ([], 2)
    # With the signing key and the database a forger can sign anew; what the workflows wrote still says otherwise.
    owner = create_async_engine(database.owner_url)
    await record_world.reckon_anew(owner, state.opening.case)
    await owner.dispose()
    report = await checked(house, env, state.opening.case, tmp_path / "forged.zip")
    assert "event 1 is not what the case's workflow wrote" in "\n".join(map(str, report.findings))


@pytest.mark.covers(202, 212)
async def test_a_refund_is_proven_as_well_with_its_buyers_words(
    tell_refund: TellRefund, house: House, env: WorkflowEnvironment, database: Database, tmp_path: Path
) -> None:
    story = await tell_refund(explanation="杯盖漏水")
    await story.buyer("withdraw")
    await story.told()
    case = (await story.closed()).opening.case
    await archived(house, env)
    path = tmp_path / "sound.zip"
    report = await checked(house, env, case, path)
    assert (report.findings, report.counts["histories replayed"]) == ([], 1)
    with zipfile.ZipFile(path) as bundle:
        assert "杯盖漏水" in json.loads(bundle.read(f"cases/{case}.json"))["texts"][0]["body"]
    owner = create_async_engine(database.owner_url)
    await record_world.reckon_anew(owner, case)
    await owner.dispose()
    report = await checked(house, env, case, tmp_path / "forged.zip")
    assert "event 1 is not what the case's workflow wrote" in "\n".join(map(str, report.findings))
