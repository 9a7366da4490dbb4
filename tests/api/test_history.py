"""What auditors read: the timeline narrowed, the engine's history decoded, any case by any number."""

import gzip
import hashlib
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, select

from api.house import House
from db.tables.cases import CaseFile
from db.tables.record import CaseEvent, HistoryArchive
from tests import record_world
from tests.api.conftest import NOW
from tests.record_world import ONE

RECORDED = Path(__file__).resolve().parent.parent / "histories" / "ReviewCase.amended_and_paid.json"


@pytest.fixture
async def case(house: House, cast: Any) -> str:
    """A case of which one run is archived."""
    content = RECORDED.read_bytes()
    async with house.sessions.begin() as session:
        await record_world.add_case(session, house.ring, ONE, NOW)
        workflow = await session.scalar(select(CaseFile.workflow))
        kept = {"workflow": workflow, "engine_run": "run-1", "case": ONE, "closed_at": NOW, "archived_at": NOW}
        digest = hashlib.sha256(content).digest()
        await session.execute(insert(HistoryArchive).values(**kept, sha256=digest, body=gzip.compress(content)))
    return ONE


async def test_a_timeline_is_narrowed_by_who_what_when_and_which_policy(
    web: httpx2.AsyncClient, house: House, cast: Any, case: str
) -> None:
    async def seen(**query: str) -> list[int]:
        answer = await web.get(f"/cases/{case}/timeline", params=query, headers=cast["auditor"].headers)
        return [event["seq"] for event in answer.json()["events"]]

    assert await seen(actor="person") == [1, 2, 3]
    assert await seen(actor="timer") == await seen(kind="closed") == await seen(policy="contact:demo") == []
    async with house.sessions.begin() as session:
        by_policy = {"case": case, "seq": 4, "at": NOW, "kind": "offer_made", "actor_kind": "person", "actor": ""}
        plain = {"policy": "compensation:demo:3", "facts": {}, "previous": b"0" * 32, "hash": b"1" * 32}
        await session.execute(insert(CaseEvent).values(**by_policy, **plain))
    assert await seen(policy="compensation") == await seen(policy="compensation:demo:3") == [4]
    assert await seen(since=NOW.replace(minute=32).isoformat(), until=NOW.replace(minute=33).isoformat()) == [2]


@pytest.mark.covers(202)
async def test_the_engines_history_is_read_page_by_page(web: httpx2.AsyncClient, cast: Any, case: str) -> None:
    [run] = (await web.get(f"/cases/{case}/histories", headers=cast["auditor"].headers)).json()
    assert run["run"] == "run-1"
    first = await web.get(f"/cases/{case}/history", params={"limit": 2}, headers=cast["auditor"].headers)
    begun, scheduled = first.json()["events"]
    assert (begun["kind"], begun["about"][:10]) == ("workflow_execution_started", "ReviewCase")
    assert (scheduled["about"], scheduled["detail"]["input"][0]["opening"]["platform"]) == ("open_case", "sandbox")
    after = {"limit": 1, "after": first.json()["next"]}
    following = await web.get(f"/cases/{case}/history", params=after, headers=cast["auditor"].headers)
    assert following.json()["events"][0]["id"] > scheduled["id"]


async def test_a_case_is_found_by_any_number_in_the_shops_of_whoever_asks(
    web: httpx2.AsyncClient, house: House, cast: Any, case: str
) -> None:
    async with house.reads() as session:
        oid = await session.scalar(select(CaseFile.external_id))
    for number in (ONE[:9].lower(), ONE, oid, f"tid-{oid}"):
        found = await web.get("/search/cases", params={"q": number}, headers=cast["auditor"].headers)
        assert [line["number"] for line in found.json()] == [ONE]
        elsewhere = await web.get("/search/cases", params={"q": number}, headers=cast["stranger"].headers)
        assert elsewhere.json() == []


async def test_the_offices_record_is_narrowed(web: httpx2.AsyncClient, cast: Any) -> None:
    lines = await web.get("/office/events", params={"kind": "shop.added"}, headers=cast["root"].headers)
    assert [line["subject"] for line in lines.json()] == ["demo", "other"]
