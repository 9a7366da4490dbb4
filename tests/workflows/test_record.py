"""The record: chained, append-only for everybody, and without a word about the buyer."""

import asyncio
import base64
import re

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from activities.projection import event_line
from db import chain
from db.tables.record import CaseEvent
from domain.sealed import Event
from tests.builders import House
from tests.conftest import Database
from tests.workflows.conftest import Tell


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


@pytest.mark.covers(206)
async def test_no_history_holds_a_word_about_the_buyer(tell: Tell, house: House) -> None:
    reviewed = await house.review("这个杯子漏水,气死我了")
    story = await tell(reviewed)
    await story.accepted()
    await story.amended(reviewed)
    state = await story.closed()
    client = house.parts.client
    told = ""
    for workflow in (story.handle.id, f"payout:{state.payouts[0].key}"):
        history = await client.get_workflow_handle(workflow).fetch_history()
        told += readable(history.to_json())
    for word in ("陈晓", "13800138000", "chen@example.com", "漏水", "文一西路", f"nick-{reviewed.tid}"):
        assert word not in told


def readable(history: str) -> str:
    """The history with every payload in it decoded."""
    payloads = re.findall(r'"data":\s*"([A-Za-z0-9+/=]+)"', history)
    return history + "".join(base64.b64decode(data).decode(errors="replace") for data in payloads)
