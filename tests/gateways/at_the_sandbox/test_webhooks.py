"""Webhooks to the sandbox's listener, and to names that try to lead inside."""

import asyncio
import secrets
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domain.webhook_urls import BadWebhook
from domain.webhooks import new_secret
from gateways.failures import Rejected, Transient
from gateways.webhooks import Resolve, Webhook, Webhooks, signature, webhook_client
from tests.gateways.at_the_sandbox.conftest import SECONDS, Tell
from tests.gateways.certificates import self_signed

BODY = '{"type":"ping","timestamp":"2026-11-29T04:00:00+00:00","data":{"shop":"演示店"}}'.encode()


@pytest.fixture
async def hooks_http() -> AsyncIterator[httpx2.AsyncClient]:
    async with webhook_client() as client:
        yield client


@pytest.fixture
def hooks(hooks_http: httpx2.AsyncClient) -> Webhooks:
    return Webhooks(hooks_http, private_allowed=True, seconds=SECONDS)


async def listener(tell: Tell, secret: str | None) -> str:
    name = f"hook-{secrets.token_hex(6)}"
    await tell("/control/hooks", name=name, secret=secret)
    return name


def hook(url: str, *keys: str) -> Webhook:
    return Webhook(url, f"msg-{secrets.token_hex(8)}", BODY, keys or (new_secret(),))


@pytest.mark.covers(205)
async def test_a_signed_webhook_is_taken_and_a_wrong_signature_or_an_old_one_is_not(
    hooks: Webhooks, hooks_http: httpx2.AsyncClient, sandbox: str, tell: Tell, read: Tell
) -> None:
    secret = new_secret()
    name = await listener(tell, secret)
    sent = hook(f"{sandbox}/hooks/{name}", secret)
    late = Webhooks(
        hooks_http, private_allowed=True, seconds=SECONDS, clock=lambda: datetime.now(UTC) - timedelta(minutes=10)
    )
    answers = [await hooks.send(sent), await hooks.send(hook(sent.url)), await late.send(sent)]
    (taken,) = await read(f"/control/hooks/{name}")
    assert [answer.status for answer in answers] == [200, 401, 401]
    assert (taken["message_id"], taken["body"].encode()) == (sent.id, BODY)


async def test_while_a_secret_changes_both_sign(hooks: Webhooks, sandbox: str, tell: Tell, read: Tell) -> None:
    old, new = new_secret(), new_secret()
    for known in (old, new):
        name = await listener(tell, known)
        assert (await hooks.send(hook(f"{sandbox}/hooks/{name}", new, old))).status == 200
        assert (await read(f"/control/hooks/{name}"))[0]["signatures"] == 2


async def test_silence_and_refusals_are_told_apart(hooks: Webhooks, sandbox: str, tell: Tell, fault: Tell) -> None:
    name = await listener(tell, None)
    await fault(f"hook.{name}", "rate_limit", seconds=7)
    limited = await hooks.send(hook(f"{sandbox}/hooks/{name}"))
    await fault(f"hook.{name}", "timeout_after")
    with pytest.raises(Transient, match="timeout"):
        await hooks.send(hook(f"{sandbox}/hooks/{name}"))
    with pytest.raises(Transient, match="no-connection"):
        await hooks.send(hook("http://127.0.0.1:9/x"))
    assert (limited.status, limited.retry_after) == (429, timedelta(seconds=7))


async def test_nothing_is_sent_inside_unless_the_house_allows_it(
    hooks_http: httpx2.AsyncClient, sandbox: str, tell: Tell, read: Tell
) -> None:
    name = await listener(tell, None)
    strict = Webhooks(hooks_http, private_allowed=False, seconds=SECONDS)
    for url in (f"{sandbox}/hooks/{name}", "https://169.254.169.254/latest", "https://localhost/x"):
        with pytest.raises(BadWebhook):
            await strict.check(url)
        with pytest.raises(Rejected, match="address-not-allowed"):
            await strict.send(hook(url))
    assert await read(f"/control/hooks/{name}") == []


def answering(*answers: list[str]) -> Resolve:
    """A name server that says something else each time."""
    waiting = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return resolve


async def test_a_name_that_leads_elsewhere_a_moment_later_gains_nothing(
    hooks_http: httpx2.AsyncClient, sandbox: str, tell: Tell, read: Tell
) -> None:
    port, name = sandbox.rpartition(":")[2], await listener(tell, None)
    # When it was saved the name led outside; now it leads to this machine. A client that resolved once more after the
    # look would get there.
    rebinding = Webhooks(
        hooks_http, private_allowed=False, seconds=SECONDS, resolve=answering(["93.184.216.34"], ["127.0.0.1"])
    )
    url = f"https://rebind.example:{port}/hooks/{name}"
    await rebinding.check(url)
    with pytest.raises(Rejected):
        await rebinding.send(hook(url))
    assert await read(f"/control/hooks/{name}") == []


@pytest.fixture
async def tls_listener(
    sandbox: str, read: Tell, tmp_path: Path
) -> AsyncIterator[tuple[int, ssl.SSLContext, list[bytes]]]:
    """A listener of our own with a certificate for localhost: its port, the authority to believe, what it was asked."""
    key, certificate = self_signed("hooks.example")
    pem = tmp_path / "hooks.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem)
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    trusting = ssl.create_default_context(cafile=str(pem))
    yield server.sockets[0].getsockname()[1], trusting, asked
    server.close()


async def test_the_connection_goes_to_the_address_that_was_looked_at_under_the_name_that_was_written(
    tls_listener: tuple[int, ssl.SSLContext, list[bytes]],
) -> None:
    port, trusting, asked = tls_listener
    async with httpx2.AsyncClient(verify=trusting, trust_env=False) as http:
        pinned = Webhooks(http, private_allowed=True, seconds=5, resolve=answering(["127.0.0.1"]))
        answer = await pinned.send(hook(f"https://hooks.example:{port}/in?a=b"))
        with pytest.raises(Transient, match="no-connection"):
            await pinned.send(hook(f"https://other.example:{port}/in"))
    assert answer.status == 204
    assert len(asked) == 1
    assert asked[0].startswith(b"POST /in?a=b HTTP/1.1\r\n")
    assert f"host: hooks.example:{port}".encode() in asked[0].lower()


async def test_a_redirect_is_an_answer_and_not_an_order(hooks_http: httpx2.AsyncClient) -> None:
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hooks = Webhooks(hooks_http, private_allowed=True, seconds=SECONDS)
    assert (await hooks.send(hook(f"http://127.0.0.1:{port}/"))).status == 302
    server.close()
    assert len(asked) == 1


def test_a_signature_is_that_of_the_libraries_of_the_standard() -> None:
    # The example that the standard's reference libraries test themselves with.
    signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
        b'{"test": 2432232314}',
    )  # fmt: skip
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
