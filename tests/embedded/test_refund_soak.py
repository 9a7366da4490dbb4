"""The soak of bench/refund_soak.py in small: refunds under late, doubled and reordered messages, on a whole house."""

import os
import secrets
from collections.abc import AsyncIterator

import pytest

from bench.refund_soak import ENVIRONMENT, run, soaking
from tests.embedded.conftest import running_at
from tests.embedded.running import Running

COUNT = 40


@pytest.fixture
async def house(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    """One of its own: its marketplace's clock leaps in the end."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setitem(os.environ, name, value)
    async with running_at(tmp_path_factory.mktemp("soak") / "data") as running:
        yield running


@pytest.mark.covers(94, 193, 209)
async def test_each_of_40_refunds_ends_as_the_marketplace_says_whatever_the_order_of_messages(house: Running) -> None:
    seed = secrets.randbelow(10**6)
    async with soaking(house.variables, seed) as soak:
        wrong, cases = await run(soak, COUNT), len(await soak.files())
    assert wrong == [], f"seed {seed}"
    assert cases == COUNT
