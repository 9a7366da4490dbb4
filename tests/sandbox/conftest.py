"""One sandbox in a process of its own, and the independent clients that talk to it."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.clients import Market, Messenger, Shop, Wallet, taobaopy


@pytest.fixture
def market(sandbox: str) -> Iterator[Market]:
    """The shared sandbox, handed back without faults, with its first limits and with today's date."""
    market = Market(sandbox)
    yield market
    market.http.delete("/control/faults")
    market.http.delete("/control/sms/templates")
    market.post("/control/limits", {"review_max_chars": 500, "tmc_redelivery_seconds": 10})
    market.post("/control/clock", {"advance_seconds": -market.get("/control/clock")["offset_seconds"]})
    market.http.close()


@pytest.fixture
def shop(market: Market) -> Shop:
    return market.open_shop()


@pytest.fixture
def tmall_shop(market: Market) -> Shop:
    return market.open_shop("tmall")


@pytest.fixture
def in_china() -> Iterator[None]:
    """taobaopy stamps its requests with the local time."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    yield
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture
def top(market: Market, shop: Shop, in_china: None) -> Any:
    return taobaopy(market.base, shop)


@pytest.fixture
def tmall_top(market: Market, tmall_shop: Shop, in_china: None) -> Any:
    return taobaopy(market.base, tmall_shop)


@pytest.fixture
def wallet(market: Market) -> Iterator[Wallet]:
    """With ten thousand yuan; whoever pays from it after this test finds what was there before."""
    before = market.get("/control/wallet")["balance"]
    market.post("/control/wallet", {"balance": "10000.00"})
    yield Wallet(market, "2021000000000042")
    market.post("/control/wallet", {"balance": before})


@pytest.fixture
def messenger(market: Market) -> Messenger:
    market.post("/control/sms/keys", {"access_key_id": "ak", "access_key_secret": "sk"})
    return Messenger(market.base)
