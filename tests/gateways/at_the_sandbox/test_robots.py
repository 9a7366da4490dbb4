"""Our robots against the sandbox's three platforms."""

import secrets
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from pydantic import SecretStr

from gateways.failures import AuthRevoked, GatewayFailure, Nonsense, RateLimited, Transient
from gateways.robots import RobotAddress, RobotKind, Robots
from tests.gateways.at_the_sandbox.conftest import SECONDS, Tell

SIGNED = [RobotKind.DINGTALK, RobotKind.FEISHU]
TEXT = "【加急】案件 A26-1:首次联系超时 😡"


@pytest.fixture
def robots(http: httpx2.AsyncClient, sandbox: str) -> Robots:
    return Robots(http, dict.fromkeys(RobotKind, sandbox), seconds=SECONDS)


async def known(tell: Tell, kind: RobotKind, **more: str) -> RobotAddress:
    token, secret = secrets.token_hex(16), "SEC" + secrets.token_hex(16)
    await tell("/control/robots", kind=kind, token=token, secret=secret, **more)
    return RobotAddress(SecretStr(token), SecretStr(secret))


async def arrived(read: Tell, address: RobotAddress) -> list[str]:
    found = await read("/control/robots/messages", token=address.token.get_secret_value())
    return [message["text"] for message in found]


@pytest.mark.parametrize("kind", list(RobotKind))
async def test_a_message_arrives_once_with_every_sign(robots: Robots, tell: Tell, read: Tell, kind: RobotKind) -> None:
    address = await known(tell, kind)
    await robots.send(kind, address, TEXT)
    assert await arrived(read, address) == [TEXT]


@pytest.mark.parametrize("kind", SIGNED)
async def test_a_wrong_secret_an_old_clock_and_an_unknown_robot_lock_us_out(
    http: httpx2.AsyncClient, sandbox: str, robots: Robots, tell: Tell, read: Tell, kind: RobotKind
) -> None:
    address = await known(tell, kind)
    late = Robots(http, {kind: sandbox}, seconds=SECONDS, clock=lambda: datetime.now(UTC) - timedelta(hours=2))
    for sender, wrong in (
        (robots, RobotAddress(address.token, SecretStr("other"))),
        (robots, RobotAddress(address.token)),
        (robots, RobotAddress(SecretStr("nobody"))),
        (late, address),
    ):
        with pytest.raises(AuthRevoked):
            await sender.send(kind, wrong, TEXT)
    assert await arrived(read, address) == []


@pytest.mark.parametrize("kind", list(RobotKind))
async def test_an_error_code_in_a_200_is_a_failure_and_nothing_was_done(
    robots: Robots, tell: Tell, read: Tell, fault: Tell, kind: RobotKind
) -> None:
    address = await known(tell, kind)
    await fault(f"{kind}.send", "system_error")
    with pytest.raises(Transient) as ill:
        await robots.send(kind, address, TEXT)
    await fault(f"{kind}.send", "rate_limit")
    with pytest.raises(RateLimited):
        await robots.send(kind, address, TEXT)
    assert (ill.value.maybe_done, await arrived(read, address)) == (False, [])


@pytest.mark.parametrize("kind", list(RobotKind))
@pytest.mark.parametrize(("plan", "came"), [("timeout_before", 0), ("timeout_after", 1), ("http_500", 0)])
async def test_silence_leaves_it_open_whether_the_message_came(
    robots: Robots, tell: Tell, read: Tell, fault: Tell, kind: RobotKind, plan: str, came: int
) -> None:
    address = await known(tell, kind)
    await fault(f"{kind}.send", plan)
    with pytest.raises(GatewayFailure) as silent:
        await robots.send(kind, address, TEXT)
    assert (silent.value.maybe_done, len(await arrived(read, address))) == (True, came)


@pytest.mark.parametrize("kind", list(RobotKind))
async def test_an_unreadable_answer_leaves_it_open_too(
    robots: Robots, tell: Tell, fault: Tell, kind: RobotKind
) -> None:
    address = await known(tell, kind)
    await fault(f"{kind}.send", "nonsense", count=3)
    for _ in range(3):
        with pytest.raises(Nonsense) as strange:
            await robots.send(kind, address, TEXT)
        assert strange.value.maybe_done


async def test_the_platforms_count_and_say_so(robots: Robots, tell: Tell, read: Tell) -> None:
    address = await known(tell, RobotKind.WECOM)
    for _ in range(20):
        await robots.send(RobotKind.WECOM, address, TEXT)
    with pytest.raises(RateLimited):
        await robots.send(RobotKind.WECOM, address, TEXT)
    assert len(await arrived(read, address)) == 20


async def test_no_failure_tells_token_or_secret(robots: Robots, tell: Tell, fault: Tell) -> None:
    address = await known(tell, RobotKind.DINGTALK, keyword="订单")
    told = []
    for plan in (None, "timeout_before", "http_500", "system_error"):
        if plan:
            await fault("dingtalk.send", plan)
        with pytest.raises(GatewayFailure) as failed:
            await robots.send(RobotKind.DINGTALK, address, TEXT)
        told.append(f"{failed.value} {failed.value.party_text} {failed.value!r}")
    assert address.secret is not None
    keys = (address.token.get_secret_value(), address.secret.get_secret_value())
    assert not [text for text in told if any(key in text for key in keys)]
