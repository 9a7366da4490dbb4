"""The bounds around every request: bytes and seconds."""

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI, Request

from api.guard import Guard


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


async def test_no_cache_keeps_an_answer(web: httpx2.AsyncClient) -> None:
    answers = [await web.get(path) for path in ("/login", "/me", "/nowhere")]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}
