"""One call to an outside party: explicit time-outs in, raw bytes out, every broken connection a named failure."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import httpx2

from gateways.failures import Nonsense, RateLimited, Rejected, Transient

CHINA = ZoneInfo("Asia/Shanghai")
CONNECT_SECONDS = 3.0

type Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Signatures carry the true time, even where a case lives in skipped time."""
    return datetime.now(UTC)


def china_stamp(moment: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss` at GMT+8, the only time that TOP and Alipay speak; `moment` must be aware."""
    if moment.tzinfo is None:
        raise ValueError("a wire time stamp needs an aware datetime: give it a zone")
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


@cache
def trusted() -> ssl.SSLContext:
    """The authorities that every client of this process trusts: reading them takes a tenth of a second, so it is done
    once."""
    return httpx2.create_ssl_context(trust_env=False)


def quiet_http_log() -> None:
    """Keep request addresses out of the log: Aliyun carries the buyer's phone in the query string."""
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach one party: a shared client, its address, and the longest that one call may take in all."""

    http: httpx2.AsyncClient
    url: str
    party: str
    seconds: float
    clock: Clock = wall_clock

    async def post(
        self,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> httpx2.Response:
        """A form; with `files` (bytes by field) one in parts. The answer with any status below 500 but 429; the body is
        read. Raises Transient, RateLimited, Nonsense."""
        parts = {name: (name, content) for name, content in files.items()} if files else None
        return await self._ask("POST", self.url, params=query, data=form, headers=headers, files=parts)

    async def send(
        self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> httpx2.Response:
        """These very bytes to a path below the party's address, which may hold a query. Answers and raises as `post`
        does."""
        return await self._ask(method, self.url + path, content=body or None, headers=headers)

    async def _ask(self, method: str, url: str, **what: Any) -> httpx2.Response:
        timeout = httpx2.Timeout(self.seconds, connect=min(CONNECT_SECONDS, self.seconds))
        try:
            # httpx counts each read anew, so a body that drips would never end without a limit on the whole.
            async with asyncio.timeout(self.seconds):
                answer = await self.http.request(method, url, timeout=timeout, **what)
        except TimeoutError as cause:
            raise self._silent("timeout") from cause
        except httpx2.RequestError as cause:
            raise self._broken(cause) from cause
        return self._usable(answer)

    def _silent(self, code: str) -> Transient:
        return Transient(self.party, code, "no answer in time; it may have acted", maybe_done=True)

    def _broken(self, cause: httpx2.RequestError) -> Transient | Nonsense | Rejected:
        match cause:
            case httpx2.UnsupportedProtocol():
                return Rejected(self.party, "bad-address", "its configured address is not http or https")
            case httpx2.ConnectError() | httpx2.ConnectTimeout() | httpx2.PoolTimeout():
                return Transient(self.party, "no-connection", "it was not reached, so it did nothing")
            case httpx2.TimeoutException():
                return self._silent("timeout")
            case httpx2.DecodingError():
                return Nonsense(self.party, "bad-encoding", "its body can't be decoded", maybe_done=True)
            case _:
                return Transient(self.party, "broken", "the connection broke; it may have acted", maybe_done=True)

    def _usable(self, answer: httpx2.Response) -> httpx2.Response:
        if answer.status_code == 429:
            raise RateLimited(self.party, "http-429", self.clock() + _retry_after(answer))
        if answer.status_code >= 500:
            raise Transient(self.party, f"http-{answer.status_code}", "its server failed", maybe_done=True)
        return answer


def _retry_after(answer: httpx2.Response) -> timedelta:
    value = answer.headers.get("retry-after", "")
    seconds = int(value) if value.isascii() and value.isdigit() and len(value) < 7 else 60
    return timedelta(seconds=seconds)


def read_json(party: str, body: bytes) -> dict[str, Any]:
    """The body as a JSON object; anything else is Nonsense. (Deep nesting ends in RecursionError, not ValueError.)"""
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as cause:
        raise Nonsense(party, "not-json", "its body is not JSON", maybe_done=True) from cause
    if not isinstance(value, dict):
        raise Nonsense(party, "not-an-object", "its body is not a JSON object", maybe_done=True)
    return value
