"""The record: chained, append-only for everybody, and without a word about the buyer."""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError
from temporalio.client import WorkflowUpdateFailedError

from activities.projection import event_line
from db import chain
from db.sealing import Sealed
from db.tables import Model
from db.tables.record import CaseEvent
from domain.refund_case.goods_steps import Inspect, ReceiveParcel
from domain.refund_case.steps import Agree, RecordReason, ReleaseRefund
from domain.review_case import steps
from domain.sealed import Event
from gateways.wire import quiet_http_log
from tests.builders import House
from tests.conftest import Database
from tests.workflows.conftest import Tell, TellRefund

Heard = Callable[..., Awaitable[str]]


def line_of(row: CaseEvent) -> dict[str, object]:
    event = Event(
        seq=row.seq,
        at=row.at,
        kind=row.kind,
        actor_kind=row.actor_kind,
        actor=row.actor,
        policy=row.policy,
        facts=row.facts,
    )
    return event_line(row.case, event)


@pytest.mark.covers(202)
async def test_every_event_holds_the_hash_of_the_one_before(tell: Tell, house: House) -> None:
    reviewed = await house.review()
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    await story.closed()
    events = await story.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    previous = chain.FIRST
    for event in events:
        assert event.previous == previous
        assert event.hash == chain.link(previous, line_of(event))
        previous = event.hash


def execute(url: str, statement: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


@pytest.mark.parametrize("role", ["owner", "app"])
@pytest.mark.parametrize(
    "change", ["UPDATE case_event SET kind = 'x'", "DELETE FROM case_event", "TRUNCATE case_event"]
)
async def test_nobody_can_change_an_event(tell: Tell, database: Database, role: str, change: str) -> None:
    story = await tell()
    await story.settled()
    url = database.owner_url if role == "owner" else database.app_url
    # In a thread: TRUNCATE waits for whoever reads the table, and the story's worker runs on this very loop.
    with pytest.raises(DBAPIError) as refused:
        await asyncio.to_thread(execute, url, change)
    assert "append-only" in str(refused.value) or "permission denied" in str(refused.value)


WORDS = ("陈晓", "13800138000", "chen@example.com", "漏水", "文一西路")


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], house: House) -> Heard:
    """Everything that left the database so far: histories and attributes of these workflows, logs, what was printed."""
    quiet_http_log()  # as worker.py does: the messenger takes the buyer's number in its url
    caplog.set_level("INFO")

    async def all_of(*workflows: str) -> str:
        found = ""
        for workflow in workflows:
            handle = house.parts.client.get_workflow_handle(workflow)
            found += readable((await handle.fetch_history()).to_json()) + str((await handle.describe()).raw_description)
        written = capfd.readouterr()
        return found + caplog.text + written.out + written.err

    return all_of


async def sealed_words(house: House) -> set[str]:
    """Every value of every sealed column, of whatever buyer: names, numbers, addresses, accounts, words. What is masked
    or too short to be told from other text is left out."""
    found: set[str] = set()
    async with house.parts.sessions() as session:
        for table in Model.metadata.sorted_tables:
            sealed = [column for column in table.columns if isinstance(column.type, Sealed)]
            for column in sealed:
                found |= set(await session.scalars(select(column).where(column.is_not(None))))
    return {word for word in found if "*" not in word and (len(word) > 5 or not word.isascii())}


@pytest.mark.covers(206)
async def test_nothing_that_leaves_the_database_holds_a_word_about_the_buyer(
    tell: Tell, house: House, told: Heard
) -> None:
    """Histories, search attributes, logs and refusals of a whole run, up to the money."""
    reviewed = await house.review("这个杯子漏水,气死我了")
    story = await tell(reviewed)
    who = await story.accepted()
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step(who, steps.AnswerOffer(offer=1, accepted=False))
    await story.amended(reviewed)
    state = await story.closed()
    left = await told(story.handle.id, f"payout:{state.payouts[0].key}") + str(refused.value.cause)
    for word in (*WORDS, f"nick-{reviewed.tid}", *await sealed_words(house)):
        assert word not in left


@pytest.mark.covers(206)
async def test_a_refund_leaves_no_word_about_its_buyer_either(
    tell_refund: TellRefund, house: House, told: Heard
) -> None:
    story = await tell_refund(explanation="杯盖漏水, 烫到孩子")
    who = await story.agent()
    words = await house.text("陈女士说不想要了, 电话13912345678")
    await story.step(who, RecordReason(cause="quality.broken", words=words))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await story.step("fay", Agree())
    await story.step(who, Agree())
    await story.settled()
    await story.ship_back()
    await story.told()
    await story.step("wang", ReceiveParcel(parcel=await story.parcel()))
    await story.step("wang", Inspect(result="opened_intact", good=1))
    await story.step("fay", ReleaseRefund(amount_fen=8900))
    await story.closed()
    left = await told(story.handle.id) + str(refused.value.cause)
    kept = await sealed_words(house)
    assert {"杯盖漏水, 烫到孩子", story.waybill} <= kept
    assert {word for word in kept if word in left} == set()


def readable(history: str) -> str:
    """The history with every payload in it decoded."""
    payloads = re.findall(r'"data":\s*"([A-Za-z0-9+/=]+)"', history)
    return history + "".join(base64.b64decode(data).decode(errors="replace") for data in payloads)
