"""Presence over the api, and what happens to the work of a person who is set away."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select, update
from temporalio.client import Client

from api.house import House
from db.buyers import BuyerFacts, keep_buyer
from db.tables.buyers import Buyer, Review
from db.tables.cases import CaseFile
from db.tables.contacts import ContactStopRow
from db.tables.office import Shop
from tests.api.rows import add_case


@pytest.fixture
def ask(web: httpx2.AsyncClient, cast: Any) -> Any:
    async def asked(who: str, method: str, path: str, body: Any = None) -> httpx2.Response:
        return await web.request(method, path, json=body, headers=cast[who].headers)

    return asked


async def case_of(house: House, buyer: str, shop: str = "demo", **fields: Any) -> str:
    """A case whose buyer is known."""
    number = await add_case(house, shop, external_id=buyer, **fields)
    behind = select(Buyer.person).join(Review, Review.buyer == Buyer.id).where(Review.external_id == buyer)
    known = update(CaseFile).where(CaseFile.number == number).values(buyer_person=behind.scalar_subquery())
    async with house.sessions.begin() as session:
        await session.execute(known)
    return number


async def run(house: House, client: Client, buyer: str) -> str:
    """A workflow that no worker works on."""
    id = f"review:sandbox:demo:{buyer}"
    await client.start_workflow("ReviewCase", id=id, task_queue=house.settings.task_queue)
    return id


@pytest.mark.covers(27)
async def test_a_program_tells_that_a_buyer_is_online(
    ask: Any, house: House, temporal_client: Client, cast: Any
) -> None:
    buyer = uuid4().hex
    number, id = await case_of(house, buyer), await run(house, temporal_client, buyer)
    body = {"shop": "demo", "buyer": f"buyer-{buyer}"}
    answer = await ask("service", "POST", "/presence", body)
    history = await temporal_client.get_workflow_handle(id).fetch_history()
    signals = [e for e in history.events if e.HasField("workflow_execution_signaled_event_attributes")]
    assert (answer.status_code, answer.json()) == (202, {"cases": [number]})
    assert [e.workflow_execution_signaled_event_attributes.signal_name for e in signals] == ["buyer_online"]
    assert body["buyer"] not in str(signals)


async def test_presence_is_told_to_cases_about_reviews_only(
    ask: Any, house: House, temporal_client: Client, cast: Any
) -> None:
    buyer = uuid4().hex
    id = await run(house, temporal_client, buyer)
    await case_of(house, buyer, kind="refund", workflow=id)
    answer = await ask("service", "POST", "/presence", {"shop": "demo", "buyer": f"buyer-{buyer}"})
    assert (answer.status_code, answer.json()) == (202, {"cases": []})


@pytest.mark.covers(29)
@pytest.mark.parametrize("buyer", ["nobody-knows-them", "buyer-closed", "buyer-elsewhere", "buyer-not-running"])
async def test_a_buyer_without_an_open_case_here_is_no_trouble(ask: Any, house: House, cast: Any, buyer: str) -> None:
    closed: dict[str, Any] = {"stage": "closed", "outcome": "refused", "closed_at": house.now()}
    await case_of(house, "closed", **closed)
    await case_of(house, "elsewhere", "other")
    await case_of(house, "not-running")
    answer = await ask("service", "POST", "/presence", {"shop": "demo", "buyer": buyer})
    assert (answer.status_code, answer.json()) == (202, {"cases": []})


async def test_presence_in_a_shop_of_others_is_refused(ask: Any, cast: Any) -> None:
    assert (await ask("service", "POST", "/presence", {"shop": "other", "buyer": "chen"})).status_code == 404


MESSAGE = {"shop": "demo", "channel": "im", "text": "退订", "message_id": "m1"}


@pytest.mark.parametrize("sender", [{"phone": "13911112222"}, {"phone": "139****2222"}, {"buyer": "nobody"}])
async def test_a_message_of_somebody_without_a_case_is_no_trouble(ask: Any, cast: Any, sender: dict[str, str]) -> None:
    answer = await ask("service", "POST", "/messages", MESSAGE | sender)
    nobody: dict[str, Any] = {"cases": [], "closed": None, "risks": [], "complaint": None, "opt_out": True}
    assert (answer.status_code, answer.json()) == (202, nobody)


@pytest.mark.covers(31)
async def test_an_opt_out_counts_though_the_buyers_case_has_closed(ask: Any, house: House, cast: Any) -> None:
    closed: dict[str, Any] = {"stage": "closed", "outcome": "refused", "closed_at": house.now()}
    number = await case_of(house, "gone", **closed)
    answer = await ask("service", "POST", "/messages", MESSAGE | {"buyer": "buyer-gone"})
    async with house.sessions() as session:
        stops = list(await session.scalars(select(ContactStopRow.signal)))
    assert (answer.json()["closed"], stops) == (number, ["buyer_opt_out"])


@pytest.mark.covers(31)
@pytest.mark.parametrize(
    ("platform", "nick", "heard"),
    [("sandbox", "zhou-of-the-river", True), ("sandbox", "z****r", False), ("pinduoduo", "小雨", False)],
    ids=["a member's name", "masked", "where many share it"],
)
async def test_a_buyer_whom_the_marketplace_knows_by_an_open_id_is_found_by_a_nick_that_is_theirs_alone(
    ask: Any, house: House, cast: Any, platform: str, nick: str, heard: bool
) -> None:
    number = await case_of(house, "open-id")
    facts = BuyerFacts(platform, "buyer-open-id", nick=nick, phone="13800138000")
    async with house.sessions.begin() as session:
        await keep_buyer(session, house.ring, facts)
        await session.execute(update(Shop).where(Shop.code == "demo").values(platform=platform))
    answer = await ask("service", "POST", "/messages", MESSAGE | {"buyer": nick})
    async with house.sessions() as session:
        stops = list(await session.scalars(select(ContactStopRow.case)))
    assert (answer.status_code, stops) == (202, [number] if heard else [])


@pytest.mark.parametrize("sender", [{}, {"phone": "13800138000", "buyer": "chen-1"}])
async def test_a_message_without_one_sender_is_refused_by_name(ask: Any, cast: Any, sender: dict[str, str]) -> None:
    answer = await ask("service", "POST", "/messages", MESSAGE | sender)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadInput")


async def handbacks(client: Client, house: House, person: str) -> int:
    """Of this house: the engine is shared with others, and so are the people of the cast."""
    asked = f"WorkflowId STARTS_WITH 'handback:{person}:' AND TaskQueue = '{house.settings.task_queue}'"
    return len([one async for one in client.list_workflows(asked)])


@pytest.mark.covers(196)
@pytest.mark.parametrize("change", [{"active": False}, {"away_until": "away"}])
async def test_who_is_set_away_hands_their_work_on(
    ask: Any, house: House, temporal_client: Client, cast: Any, change: Any
) -> None:
    agent = cast["agent"].id
    if "away_until" in change:
        change = {"away_until": (house.now() + timedelta(days=3)).isoformat()}
    await ask("root", "PATCH", f"/people/{agent}", {"capacity": 7})
    await ask("root", "PATCH", f"/people/{agent}", change)
    async with asyncio.timeout(20):
        while await handbacks(temporal_client, house, str(agent)) != 1:  # noqa: ASYNC110 - the engine lists what it has a moment later
            await asyncio.sleep(0.1)
