"""Webhooks in the form of Standard Webhooks: one signed POST to a listener whom somebody else has named.

The name is resolved here, looked at, and the connection goes to the very address that was looked at: a name that means
something else a moment later leads nowhere else. Redirects are not followed, and of the answer only the status counts.
"""

import asyncio
import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import httpx2

from domain.webhook_urls import BadWebhook, Target, refuse_inside, target_of
from domain.webhooks import SECRET_PREFIX
from gateways.failures import GatewayFailure, Rejected, Transient
from gateways.wire import CONNECT_SECONDS, Clock, trusted, wall_clock

PARTY = "webhook"
USER_AGENT = "Amends-Webhooks/1"
# Nobody reads it; so much is taken so that an honest listener can finish its sentence.
LONGEST_ANSWER = 64 * 1024

type Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Webhook:
    """`id` stays the same however often it is sent. The first secret is the present one; while a secret is being
    changed, the old one signs beside it."""

    url: str
    id: str
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    retry_after: timedelta | None = None


async def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses behind a name. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@asynccontextmanager
async def webhook_client() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of its own: no cookies of strangers, no redirects, and no connection that outlives its request, because
    two names at one address must not share one."""
    limits = httpx2.Limits(max_keepalive_connections=0, max_connections=50)
    async with httpx2.AsyncClient(verify=trusted(), trust_env=False, follow_redirects=False, limits=limits) as client:
        yield client


class Webhooks:
    def __init__(
        self,
        http: httpx2.AsyncClient,
        *,
        private_allowed: bool,
        seconds: float = 10.0,
        clock: Clock = wall_clock,
        resolve: Resolve = resolve,
    ) -> None:
        self._http = http
        self._private_allowed = private_allowed
        self._seconds = seconds
        self._clock = clock
        self._resolve = resolve

    async def check(self, url: str) -> None:
        """Whether one may send there. Raises BadWebhook."""
        target = target_of(url)
        _parsed(url)
        await self._address(target)

    async def send(self, hook: Webhook) -> Answered:
        """Any answer, whatever its status. Raises GatewayFailure where there is none."""
        try:
            async with asyncio.timeout(self._seconds):
                target = target_of(hook.url)
                return await self._post(hook, target, await self._address(target))
        except BadWebhook as refused:
            raise Rejected(PARTY, "address-not-allowed", refused.message) from None
        except TimeoutError as cause:
            raise Transient(PARTY, "timeout", "no answer in time", maybe_done=True) from cause
        except httpx2.HTTPError as cause:
            raise _failure(cause) from cause

    async def _address(self, target: Target) -> str:
        """The one that is connected to; all that the name leads to must be allowed. Raises BadWebhook."""
        try:
            addresses = await self._resolve(target.host, target.port)
        except (OSError, ValueError):  # no such name, or none that there could be
            addresses = []
        if not addresses:
            raise BadWebhook(f"No machine is known under {target.host}; check the name.", field="url")
        refuse_inside(addresses, private_allowed=self._private_allowed)
        return addresses[0]

    async def _post(self, hook: Webhook, target: Target, address: str) -> Answered:
        url = _parsed(hook.url)
        timeout = httpx2.Timeout(self._seconds, connect=min(CONNECT_SECONDS, self._seconds))
        asked = self._http.stream(
            "POST", url.copy_with(host=address), content=hook.body, headers=self._headers(hook, url), timeout=timeout,
            extensions={"sni_hostname": target.host},
        )  # fmt: skip
        async with asked as answer:
            taken = 0
            async for piece in answer.aiter_raw():
                taken += len(piece)
                if taken > LONGEST_ANSWER:
                    break
            return Answered(answer.status_code, _retry_after(answer))

    def _headers(self, hook: Webhook, url: httpx2.URL) -> dict[str, str]:
        stamp = str(int(self._clock().timestamp()))
        return {
            "host": url.netloc.decode("ascii"),
            "connection": "close",
            "user-agent": USER_AGENT,
            "content-type": "application/json",
            "webhook-id": hook.id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(signature(secret, hook.id, stamp, hook.body) for secret in hook.secrets),
        }


def _parsed(url: str) -> httpx2.URL:
    """Raises BadWebhook for what the client can't make an address of."""
    try:
        return httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        raise BadWebhook("This is no address that can be asked; check it.", field="url") from None


def signature(secret: str, id: str, stamp: str, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, moment (seconds) and body, joined by dots."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _failure(cause: httpx2.HTTPError) -> GatewayFailure:
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Transient(PARTY, "no-connection", "it was not reached")
    if isinstance(cause, httpx2.TimeoutException):
        return Transient(PARTY, "timeout", "no answer in time", maybe_done=True)
    return Transient(PARTY, "broken", "the connection broke", maybe_done=True)


def _retry_after(answer: httpx2.Response) -> timedelta | None:
    value = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(value)) if value.isascii() and value.isdigit() and len(value) < 7 else None
