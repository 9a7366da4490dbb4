"""When the engine or a worker is away: what is known is shown, what can't be done may be repeated, nothing is lost."""

from dataclasses import replace
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from api.house import House
from tests.api.rows import add_case

Case = dict[str, Any]


@pytest.fixture
async def away(app: FastAPI, house: House, cast: Any) -> FastAPI:
    """The house with an engine that nobody has ever reached."""
    client = await Client.connect("127.0.0.1:9", lazy=True, data_converter=pydantic_data_converter)
    app.state.house = replace(house, client=client)
    return app


async def test_a_case_is_shown_as_it_was_last(away: FastAPI, web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    number = await add_case(house, "demo")
    answer = await web.get(f"/cases/{number}", headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["live"]) == (200, False)


async def test_a_step_may_be_repeated(away: FastAPI, web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    number = await add_case(house, "demo")
    body = {"step": "note", "text": "x"}
    answer = await web.post(f"/cases/{number}/steps", json=body, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"], answer.json()["down"]) == (503, "Unavailable", ["engine"])
    assert answer.headers["retry-after"]


async def test_a_review_reported_meanwhile_starts_its_case_at_the_next_try(
    away: FastAPI, web: httpx2.AsyncClient, house: House, cast: Any, review: Case
) -> None:
    first = await web.post("/reviews", json=review, headers=cast["agent"].headers)
    away.state.house = house
    again = await web.post("/reviews", json=review, headers=cast["agent"].headers)
    assert (first.status_code, again.status_code, again.json()["created"]) == (503, 201, True)


async def test_a_step_without_a_worker_is_pending_under_a_key_for_repeating_it(
    app: FastAPI, web: httpx2.AsyncClient, house: House, cast: Any, review: Case
) -> None:
    app.state.house = replace(house, answer_seconds=0.3)
    await web.post("/reviews", json=review, headers=cast["agent"].headers)
    number = await add_case(house, "demo", external_id=review["order_id"])
    body = {"step": "note", "text": "x"}
    answer = await web.post(f"/cases/{number}/steps", json=body, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["look"]) == (202, f"/cases/{number}")
    assert answer.json()["idempotency_key"]


async def test_a_case_that_only_the_database_knows_is_named_as_such(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await add_case(house, "demo")
    body = {"step": "note", "text": "x"}
    answer = await web.post(f"/cases/{number}/steps", json=body, headers=cast["agent"].headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "CaseNotRunning")
