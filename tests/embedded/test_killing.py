"""The worst moment for every part to die: while money is on its way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.embedded.running import PARTS, Desk, Running, until

DORA = "dora@example.com"


@pytest.fixture
async def desk(house: Running) -> AsyncIterator[Desk]:
    desk = Desk(house)
    yield desk
    await desk.api.aclose()
    await desk.sandbox.aclose()


@pytest.fixture
async def case(desk: Desk) -> str:
    """Dora's case, agreed upon and amended: the next reading of her review pays."""
    review = await desk.bad_review(DORA)
    case = await desk.case_of(review)
    talk = {
        "result": "connected",
        "talk": "agreed_amend",
        "explained": True,
        "convinced": False,
        "result_accepted": True,
    }
    await desk.step(case, "confirm_cause", cause="quality.broken")
    await desk.step(case, "log_contact", inbound=True, channel="im", **talk)
    await desk.step(case, "make_offer", amount_fen=1000)
    await desk.step(case, "answer_offer", offer=1, accepted=True)
    await desk.step(case, "set_payee", payee={"account": DORA, "name": "陈晓"})
    (await desk.sandbox.post(f"/buyer/reviews/{review}/amend", json={})).raise_for_status()
    return case


@pytest.mark.covers(68)
async def test_killing_every_part_during_a_payout_leaves_exactly_one_transfer(
    house: Running, desk: Desk, case: str
) -> None:
    # The wallet pays and keeps silent: nobody knows whether it did.
    fault = {"method": "alipay.fund.trans.uni.transfer", "kind": "timeout_after", "count": 1, "seconds": 60}
    (await desk.sandbox.post("/control/faults", json=fault)).raise_for_status()
    await desk.step(case, "check_review")

    async def on_its_way() -> Any:
        return await desk.transfers_to(DORA) or None

    async def paid() -> Any:
        return [payout for payout in await desk.payouts(case) if payout["status"] == "paid"] or None

    await until(on_its_way)
    for part in PARTS:
        await house.kill(part)

    assert len(await until(paid)) == 1
    assert len(await desk.transfers_to(DORA)) == 1
