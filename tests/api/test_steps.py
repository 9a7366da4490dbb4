"""Steps over the api, carried out by the real case on a real worker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import func, select
from temporalio.client import Client

from api.house import House, wall_clock
from db.tables.buyers import Buyer, Payee, SealedText
from gateways.wire import trusted
from tests.api.rows import caught_up
from worker import Parts, running

Case = dict[str, Any]
Take = Callable[..., Awaitable[httpx2.Response]]


@pytest.fixture
async def house(house: House) -> AsyncIterator[House]:
    """With a worker, in the time of the wall."""
    settings = house.settings.model_copy(update={"top_url": "http://127.0.0.1:9", "worker_grace_seconds": 1})
    house = replace(house, settings=settings, now=wall_clock)
    async with (
        httpx2.AsyncClient(verify=trusted(), trust_env=False) as http,
        running(Parts(settings, house.sessions, house.ring, http, house.client)),
    ):
        yield house


@pytest.fixture
async def case(web: httpx2.AsyncClient, cast: Any, review: Case, house: House) -> str:
    """A case that is registered, by its number."""
    number: str = (await web.post("/reviews", json=review, headers=cast["agent"].headers)).json()["case"]
    await caught_up(house, number, 1)
    return number


@pytest.fixture
def take(web: httpx2.AsyncClient, cast: Any, case: str) -> Take:
    async def taken(who: str, step: str, **body: Any) -> httpx2.Response:
        headers = cast[who].headers | body.pop("headers", {})
        return await web.post(f"/cases/{case}/steps", json={"step": step} | body, headers=headers)

    return taken


async def _look(web: httpx2.AsyncClient, cast: Any, number: str, who: str = "agent") -> Case:
    answer: Case = (await web.get(f"/cases/{number}", headers=cast[who].headers)).json()
    return answer


async def test_a_note_is_answered_at_once_with_the_new_state(take: Take, case: str) -> None:
    answer = await take("agent", "note", text="先道歉")
    body = answer.json()
    assert answer.status_code == 200
    assert (body["case"], body["person_step"]) == (case, body["version"])
    assert "note" in body["allowed_steps"]
    assert answer.headers["etag"] == f'"{body["person_step"]}"'


async def test_a_list_waits_for_what_its_reader_has_seen(
    take: Take, web: httpx2.AsyncClient, cast: Any, case: str
) -> None:
    version = (await take("agent", "note", text="x")).json()["version"]
    listed = await web.get("/cases", params={"saw": f"{case}:{version}"}, headers=cast["agent"].headers)
    assert listed.json()["cases"][0]["version"] >= version


async def test_the_case_itself_says_what_each_person_may_do(web: httpx2.AsyncClient, cast: Any, case: str) -> None:
    agent, auditor = await _look(web, cast, case), await _look(web, cast, case, "auditor")
    assert agent["live"]
    assert "note" in agent["allowed_steps"]
    assert auditor["allowed_steps"] == []


async def test_a_repeated_key_answers_what_the_first_one_did(take: Take) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first = await take("agent", "note", text="once", headers=key)
    again = await take("agent", "note", text="once", headers=key)
    assert again.json()["version"] == first.json()["version"]


async def test_a_repeated_key_with_another_body_is_refused(take: Take) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    await take("agent", "note", text="once", headers=key)
    again = await take("agent", "note", text="twice", headers=key)
    assert (again.status_code, again.json()["code"]) == (422, "IdempotencyKeyReused")


async def test_one_key_in_two_people_s_hands_is_two_steps(take: Take) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first = await take("agent", "note", text="mine", headers=key)
    other = await take("lead", "note", text="mine", headers=key)
    assert other.json()["version"] > first.json()["version"]


async def test_a_step_on_what_somebody_else_changed_is_stale(take: Take) -> None:
    seen = (await take("agent", "note", text="first")).headers["etag"]
    await take("lead", "note", text="meanwhile")
    stale = await take("agent", "note", text="second", headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["code"]) == (412, "StaleVersion")


async def test_an_if_match_that_is_no_version_is_named(take: Take) -> None:
    answer = await take("agent", "note", text="x", headers={"If-Match": "yesterday"})
    assert (answer.status_code, answer.json()["field"]) == (422, "If-Match")


async def test_of_two_people_who_act_on_what_they_saw_one_comes_first(
    take: Take, web: httpx2.AsyncClient, cast: Any, case: str
) -> None:
    seen = {"If-Match": f'"{(await _look(web, cast, case))["person_step"]}"'}
    agent, lead = await asyncio.gather(*(take(who, "note", text="x", headers=seen) for who in ("agent", "lead")))
    assert sorted([agent.status_code, lead.status_code]) == [200, 412]


async def test_a_refused_step_is_kept_with_its_reason(
    take: Take, web: httpx2.AsyncClient, cast: Any, case: str
) -> None:
    refused = await take("warehouse", "note", text="not mine to write")
    kept = (await web.get(f"/cases/{case}/refused-steps", headers=cast["auditor"].headers)).json()
    assert (refused.status_code, refused.json()["code"]) == (403, "NotYours")
    assert [(row["step"], row["code"], row["person"]) for row in kept] == [
        ("note", "NotYours", str(cast["warehouse"].id))
    ]


async def test_what_was_written_for_a_refused_step_is_not_kept(take: Take, house: House) -> None:
    await take("warehouse", "note", text="not mine to write")
    async with house.sessions() as session:
        assert await session.scalar(select(func.count()).where(SealedText.kind == "note.text")) == 0


async def test_an_account_is_sealed_only_for_whom_may_enter_it(take: Take, house: House) -> None:
    payee = {"account": "chen@example.com", "name": "陈"}
    refused = await take("warehouse", "set_payee", payee=payee)
    async with house.sessions() as session:
        before = await session.scalar(select(func.count()).select_from(Payee))
    taken = await take("lead", "set_payee", payee=payee)
    async with house.sessions() as session:
        after = await session.scalar(select(func.count()).select_from(Payee))
    assert (refused.status_code, taken.status_code, before, after) == (403, 200, 0, 1)


async def test_a_number_that_is_none_is_refused_and_the_one_that_is_known_stays(take: Take, house: House) -> None:
    refused = await take("lead", "set_phone", phone="ask his wife")
    async with house.sessions() as session:
        kinds = list(await session.scalars(select(Buyer.phone_kind)))
    assert (refused.status_code, refused.json()["code"], kinds) == (409, "NotAPhone", ["mobile"])
    assert refused.json()["title"] == "Not a phone"


async def test_a_step_that_makes_no_sense_now_names_why(take: Take) -> None:
    refused = await take("lead", "resume")
    assert refused.status_code == 409
    assert len(refused.json()["detail"]) > 20


@pytest.mark.parametrize(
    "body",
    [
        {"step": "dance"},
        {"step": "note"},
        {"step": "note", "text": "bell \x07"},
        {"step": "note", "text": "x" * 4001},
        {"step": "make_offer", "amount_fen": 500, "surprise": 1},
        {"step": "hand_over", "to": "x" * 1000},
        {"step": "inspect", "result": "intact"},
        {"step": "schedule_callback", "at": "2026-11-21T10:00:00"},
    ],
)
async def test_a_misshapen_step_never_reaches_the_case(take: Take, body: Case) -> None:
    answer = await take("lead", **body)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadInput")
    assert "Value error" not in answer.json()["detail"]


async def test_a_note_reads_in_the_timeline_and_stands_in_no_history(
    take: Take, web: httpx2.AsyncClient, cast: Any, case: str, house: House, temporal_client: Client, review: Case
) -> None:
    version = (await take("agent", "note", text="客人姓欧阳")).json()["version"]
    await caught_up(house, case, version)
    lines = (await web.get(f"/cases/{case}/timeline", headers=cast["auditor"].headers)).json()["events"]
    history = await temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}").fetch_history()
    assert [line["texts"] for line in lines if line["kind"] == "noted"] == [{"text": "客人姓欧阳"}]
    assert not {word for word in ("欧阳", "陈先生", "13800138000", "壶盖") if word in history.to_json()}


async def test_finance_reads_the_timeline_without_the_words(
    take: Take, web: httpx2.AsyncClient, cast: Any, case: str, house: House
) -> None:
    version = (await take("agent", "note", text="客人姓欧阳")).json()["version"]
    await caught_up(house, case, version)
    answer = await web.get(f"/cases/{case}/timeline", headers=cast["finance"].headers)
    assert "noted" in {line["kind"] for line in answer.json()["events"]}
    assert "欧阳" not in answer.text


async def test_a_closed_case_takes_no_step_until_a_lead_reopens_it(
    take: Take, temporal_client: Client, review: Case
) -> None:
    await take("supervisor", "close", outcome="withdrawn", why="sent twice")
    await temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}").result()
    late = await take("agent", "note", text="late")
    agent, lead = await take("agent", "reopen", why="again"), await take("lead", "reopen", why="she called back")
    assert (late.status_code, late.json()["code"]) == (409, "CaseClosed")
    assert (agent.status_code, lead.status_code) == (403, 200)
    assert lead.json()["state"]["opening"]["run"] == 2


async def test_a_reported_change_reaches_the_open_case(
    web: httpx2.AsyncClient, cast: Any, case: str, review: Case
) -> None:
    answer = await web.post("/reviews", json=review | {"text": "更坏了"}, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["case"]) == (200, case)


async def test_steps_survive_the_case_being_continued_as_new(
    web: httpx2.AsyncClient, cast: Any, take: Take, case: str, house: House, temporal_client: Client, review: Case
) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    handle = temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}")
    first = await take("agent", "note", text="before", headers=key)
    await handle.signal("refresh")
    taken = await asyncio.gather(*(take("agent", "note", text=f"{n}") for n in range(5)))
    again = await take("agent", "note", text="before", headers=key)
    assert {answer.status_code for answer in taken} == {200}
    assert len({answer.json()["version"] for answer in (first, *taken)}) == 6
    # Timers write into the record as well, so what counts is what was noted, not how far the numbering got.
    await caught_up(house, case, again.json()["version"])
    lines = (await web.get(f"/cases/{case}/timeline", headers=cast["auditor"].headers)).json()["events"]
    assert sum(line["kind"] == "noted" for line in lines) == 6


async def test_reopening_twice_with_one_key_is_one_run(take: Take, temporal_client: Client, review: Case) -> None:
    await take("supervisor", "close", outcome="withdrawn", why="sent twice")
    await temporal_client.get_workflow_handle(f"review:sandbox:demo:{review['order_id']}").result()
    key = {"Idempotency-Key": uuid4().hex}
    answers = [await take("lead", "reopen", why="she called back", headers=key) for _ in range(2)]
    assert [(answer.status_code, answer.json()["state"]["opening"]["run"]) for answer in answers] == [(200, 2)] * 2
