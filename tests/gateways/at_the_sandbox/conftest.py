"""Our clients against the sandbox, which was written from the same documents by somebody else."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from gateways.alipay import AlipayClient, AlipayCredentials
from gateways.aliyun_sms import AliyunSms, SmsCredentials
from gateways.top import TopClient, TopCredentials
from gateways.wire import trusted

SECONDS = 1.0
ALIPAY_APP = "2021000000000042"

type Tell = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(verify=trusted()) as client:
        yield client


@pytest.fixture(scope="session")
def tell(http: httpx2.AsyncClient, sandbox: str) -> Tell:
    """Post something to the sandbox's buyer or control side and read the answer."""

    async def post(path: str, **body: object) -> Any:
        answer = await http.post(f"{sandbox}{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    return post


@pytest.fixture(scope="session")
def read(http: httpx2.AsyncClient, sandbox: str) -> Tell:
    """Read from the sandbox's buyer or control side."""

    async def get(path: str, **query: str) -> Any:
        return (await http.get(f"{sandbox}{path}", params=query)).json()

    return get


@pytest.fixture
async def fault(tell: Tell, http: httpx2.AsyncClient, sandbox: str) -> AsyncIterator[Tell]:
    """Plan one fault; whatever was not used up is cleared after the test."""

    async def plan(method: str, kind: str, **more: object) -> None:
        # Longer than our own patience, so that it is we who give up first.
        await tell("/control/faults", method=method, kind=kind, **({"seconds": 5 * SECONDS} | more))

    yield plan
    await http.delete(f"{sandbox}/control/faults")


@pytest.fixture
async def business_now(read: Tell) -> datetime:
    """The sandbox's own time, which some other test may have moved."""
    return datetime.fromisoformat((await read("/control/clock"))["now"])


@pytest.fixture
async def shop(tell: Tell) -> dict[str, str]:
    """A shop of the test's own, with its app's credentials."""
    row: dict[str, str] = await tell("/control/shops", seller_nick=f"shop-{secrets.token_hex(6)}")
    return row


@pytest.fixture
def top(shop: dict[str, str], http: httpx2.AsyncClient, sandbox: str) -> TopClient:
    credentials = TopCredentials(shop["app_key"], SecretStr(shop["app_secret"]), SecretStr(shop["session"]))
    return TopClient(http, f"{sandbox}/router/rest", credentials, seconds=SECONDS)


@pytest.fixture
def order(tell: Tell, shop: dict[str, str]) -> Tell:
    """A buyer of the test's own receives a cup from the shop; more fields may be given."""

    async def place(**more: object) -> Any:
        cup = {"title": "保温杯", "price": "39.90", "num": 1}
        defaults = {"shop": shop["seller_nick"], "buyer_nick": f"chen-{secrets.token_hex(4)}", "finish": True}
        return await tell("/buyer/orders", **(defaults | {"items": [cup]} | more))

    return place


@pytest.fixture
def reviewed(tell: Tell, order: Tell) -> Tell:
    """An order whose buyer left a review; answers the order."""

    async def leave(result: str = "bad", content: str = "杯子漏水,很失望") -> Any:
        placed = await order()
        await tell(f"/buyer/reviews/{placed['tid']}", result=result, content=content)
        return placed

    return leave


@pytest.fixture(scope="session")
async def alipay(tell: Tell, http: httpx2.AsyncClient, sandbox: str, private_key: str, public_key: str) -> AlipayClient:
    app = await tell("/control/alipay/apps", app_id=ALIPAY_APP, public_key=public_key)
    credentials = AlipayCredentials(ALIPAY_APP, SecretStr(private_key), app["alipay_public_key"])
    return AlipayClient(http, f"{sandbox}/gateway.do", credentials, seconds=SECONDS)


@pytest.fixture(scope="session")
async def sms(tell: Tell, http: httpx2.AsyncClient, sandbox: str) -> AliyunSms:
    await tell("/control/sms/keys", access_key_id="LTAItest", access_key_secret="a-secret")
    return AliyunSms(http, sandbox, SmsCredentials("LTAItest", SecretStr("a-secret")), seconds=SECONDS)
