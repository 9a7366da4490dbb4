"""The campaign of bench/payout_campaign.py in small: money under every fault at once, on a house that loses parts."""

import random
import secrets

import pytest

from bench.payout_campaign import PARTS, campaign, run
from tests.embedded.running import Running

COUNT = 200


@pytest.mark.covers(68, 200)
async def test_under_every_fault_and_kill_each_of_200_payouts_arrives_once_and_all_books_agree(
    fresh_house: Running,
) -> None:
    """In a house of its own: the books are counted as a whole."""
    seed = secrets.randbelow(10**6)
    parts = random.Random(seed).sample([*PARTS, "worker"], 5)
    async with campaign(fresh_house.variables, fresh_house.kill, seed) as fight:
        found = await run(fight, COUNT, parts, (1.0, 4.0))
    assert found.wrong == [], f"seed {seed}"
    assert found.payouts == COUNT
    assert set(PARTS) & set(fight.kills)
