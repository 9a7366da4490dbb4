"""The bounds around every request: bytes and seconds."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request

from api.app import create_app
from api.guard import Guard
from api.house import House


@pytest.fixture
async def guarded() -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    app.add_middleware(Guard, max_body=10, max_seconds=0.05)

    @app.post("/echo")
    async def echo(request: Request) -> str:
        return (await request.body()).decode()

    @app.get("/never")
    async def never() -> None:
        await asyncio.Event().wait()

    @app.get("/broken")
    async def broken() -> None:
        raise LookupError("the buyer's number is 13800138000")

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://amends") as client:
        yield client


async def test_a_body_within_bounds_arrives_whole(guarded: httpx2.AsyncClient) -> None:
    assert (await guarded.post("/echo", content=b"0123456789")).json() == "0123456789"


async def test_a_stream_that_grows_beyond_bounds_is_cut(guarded: httpx2.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"xxx"

    answer = await guarded.post("/echo", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "TooLarge")


async def test_an_answer_that_never_comes_is_given_up(guarded: httpx2.AsyncClient) -> None:
    answer = await guarded.get("/never")
    assert (answer.status_code, answer.json()["code"]) == (503, "TooSlow")


async def test_a_failure_is_answered_and_logged_without_its_words(
    guarded: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await guarded.get("/broken")
    logged = capsys.readouterr()
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalError")
    assert "LookupError" in logged.out + logged.err
    assert "13800138000" not in answer.text + logged.out + logged.err


@pytest.mark.parametrize("path", ["/broken", "/never", "/nowhere"])
async def test_every_answer_says_that_nothing_is_kept_guessed_framed_or_told(
    guarded: httpx2.AsyncClient, path: str
) -> None:
    answer = await guarded.get(path)
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


async def test_where_browsers_come_by_tls_they_are_told_to_go_on_so(app: FastAPI, house: House) -> None:
    safe = house.settings.model_copy(update={"public_url": "https://amends.example"})
    transport = httpx2.ASGITransport(create_app(safe))
    async with httpx2.AsyncClient(transport=transport, base_url="https://amends.example") as client:
        answers = [await client.get(path) for path in ("/docs", "/nowhere")]
    assert {answer.headers["strict-transport-security"] for answer in answers} == {
        "max-age=31536000; includeSubDomains"
    }
    assert "script-src 'self'" in answers[0].headers["content-security-policy"]


async def test_a_page_of_another_origin_may_read_nothing(web: httpx2.AsyncClient, cast: Any) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    answers = [
        await web.options("/cases", headers=asked),
        await web.get("/cases", headers=asked | cast["agent"].headers),
    ]
    assert not [name for answer in answers for name in answer.headers if name.startswith("access-control")]
    assert answers[0].status_code == 405


async def test_a_body_that_does_not_say_it_is_json_is_refused(web: httpx2.AsyncClient, cast: Any) -> None:
    headers = cast["agent"].headers | {"Content-Type": "text/plain"}
    answer = await web.post("/shops/demo/wording", content=b'{"text": "x"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "BadInput")


async def test_of_a_parameter_that_is_sent_twice_no_part_is_run_together(web: httpx2.AsyncClient, cast: Any) -> None:
    answer = await web.get("/cases?limit=1&limit=nonsense", headers=cast["agent"].headers)
    assert answer.status_code == 422


async def test_no_cache_keeps_an_answer(web: httpx2.AsyncClient) -> None:
    answers = [await web.get(path) for path in ("/login", "/me", "/nowhere")]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}
