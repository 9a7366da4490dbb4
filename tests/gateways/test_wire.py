"""Broken connections become named failures, each saying whether the party may have acted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from gateways.failures import Nonsense, RateLimited, Rejected, Transient
from gateways.wire import Line, china_stamp, read_json, trusted

type Answering = Callable[..., httpx2.AsyncClient]


@asynccontextmanager
async def serving(reply: bytes, *, drip: float | None = None, hang: bool = False) -> AsyncIterator[str]:
    """A server on a free port that says `reply` to anyone, then drips a byte each `drip` seconds, hangs or hangs up."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        while (drip or hang) and not over.is_set():
            writer.write(b"x" if drip else b"")
            await asyncio.wait({asyncio.ensure_future(over.wait())}, timeout=drip)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        over.set()
        server.close()
        await server.wait_closed()


async def failure_at(url: str, seconds: float = 0.3) -> Transient:
    async with httpx2.AsyncClient(verify=trusted()) as http:
        with pytest.raises(Transient) as caught:
            await Line(http, url, "A party", seconds).post(form={"a": "b"})
    return caught.value


async def test_a_party_that_nobody_reached_has_done_nothing() -> None:
    async with serving(b"") as url:
        pass
    failure = await failure_at(url)
    assert (failure.code, failure.maybe_done) == ("no-connection", False)


async def test_a_party_that_stays_silent_may_have_acted() -> None:
    async with serving(b"", hang=True) as url:
        failure = await failure_at(url)
    assert (failure.code, failure.maybe_done) == ("timeout", True)


async def test_a_body_that_drips_for_ever_ends_with_the_whole_calls_time() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", drip=0.05) as url:
        failure = await failure_at(url)
    assert (failure.code, failure.maybe_done) == ("timeout", True)


async def test_a_party_that_hangs_up_may_have_acted() -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") as url:
        failure = await failure_at(url)
    assert (failure.code, failure.maybe_done) == ("broken", True)


async def test_a_body_in_a_broken_encoding_is_nonsense() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n"
    async with serving(head + b"abc") as url, httpx2.AsyncClient(verify=trusted()) as http:
        with pytest.raises(Nonsense, match="decoded"):
            await Line(http, url, "A party", 1).post()


async def test_a_server_error_is_worth_another_try(answering: Answering) -> None:
    with pytest.raises(Transient) as caught:
        await Line(answering(b"<html>", status=502), "http://a.test", "A party", 1).post()
    assert (caught.value.code, caught.value.maybe_done) == ("http-502", True)


async def test_too_many_requests_says_until_when(answering: Answering, now: datetime) -> None:
    with pytest.raises(RateLimited) as caught:
        await Line(answering(b"", status=429), "http://a.test", "A party", 1, lambda: now).post()
    assert caught.value.until == now + timedelta(seconds=60)


async def test_an_address_without_http_is_a_matter_of_settings() -> None:
    async with httpx2.AsyncClient(verify=trusted()) as http:
        with pytest.raises(Rejected, match="configured address"):
            await Line(http, "ftp://a.test/", "A party", 1).post()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[1]", b'{"a":', b"\xff\xfe", b"[" * 100_000, b"9" * 5000, b"null"],
    ids=["empty", "a page", "a list", "cut off", "no text", "too deep", "a long number", "null"],
)
def test_a_body_that_is_no_json_object_is_nonsense(body: bytes) -> None:
    with pytest.raises(Nonsense):
        read_json("A party", body)


def test_wire_time_is_chinas_wherever_the_machine_stands() -> None:
    assert china_stamp(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "2027-01-01 00:00:00"


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        china_stamp(datetime(2026, 12, 31, 16, 0))  # noqa: DTZ001
