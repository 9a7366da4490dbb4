"""The api on a real worker, with one case of today that people work on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from api.house import House, wall_clock
from gateways.wire import trusted
from tests.api.rows import caught_up
from worker import Parts, running

Take = Callable[..., Awaitable[httpx2.Response]]
Read = Callable[..., Awaitable[Any]]


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
async def case(web: httpx2.AsyncClient, cast: Any, review: Any, house: House) -> str:
    """A case of today, by its number, in the lead's hands."""
    fresh = review | {"created_at": (wall_clock() - timedelta(hours=2)).isoformat()}
    review |= fresh
    number: str = (await web.post("/reviews", json=fresh, headers=cast["agent"].headers)).json()["case"]
    await caught_up(house, number, 1)
    return number


@pytest.fixture
def take(web: httpx2.AsyncClient, cast: Any, case: str, house: House) -> Take:
    """Takes a step, and waits until lists show it."""

    async def taken(who: str, step: str, **body: Any) -> httpx2.Response:
        answer = await web.post(f"/cases/{case}/steps", json={"step": step} | body, headers=cast[who].headers)
        if answer.status_code == 200:
            await caught_up(house, case, answer.json()["version"])
        return answer

    return taken


@pytest.fixture
def read(web: httpx2.AsyncClient, cast: Any, case: str) -> Read:
    async def body(path: str, who: str = "lead") -> Any:
        return (await web.get(path.format(case=case), headers=cast[who].headers)).json()

    return body


@pytest.fixture
def write(web: httpx2.AsyncClient, cast: Any, review: Any) -> Any:
    """The buyer writes, and the messenger tells it twice."""

    async def written(text: str, **sender: str) -> Any:
        body = {"shop": "demo", "channel": "sms", "text": text, "message_id": uuid4().hex} | sender
        await web.post("/messages", json=body, headers=cast["service"].headers)
        return (await web.post("/messages", json=body, headers=cast["service"].headers)).json()

    return written


async def until_heard(read: Read, of: Callable[[Any], Any]) -> Any:
    async with asyncio.timeout(20):
        while not (found := of((await read("/cases/{case}"))["state"])):  # noqa: ASYNC110 - it happens in the worker
            await asyncio.sleep(0.02)
    return found


def tomorrow() -> str:
    return (wall_clock() + timedelta(days=1)).isoformat()
