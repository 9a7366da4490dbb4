"""What the shop's mini-program asks for so that the buyer can accept a transfer."""

from typing import Any
from uuid import uuid4

import httpx2
from sqlalchemy import select

from api.house import House
from db.tables.buyers import Payee, Review
from db.tables.cases import CaseFile
from db.tables.money import Payout
from tests.api.rows import add_case

KEY = "TEST00000100000000000101"


async def test_a_transfer_that_waits_for_its_buyer_hands_out_its_ticket_to_the_shops_program(
    house: House, web: httpx2.AsyncClient, cast: Any
) -> None:
    number = await add_case(house, "demo")
    async with house.sessions.begin() as session:
        case = (await session.scalars(select(CaseFile).where(CaseFile.number == number))).one()
        review = await session.get_one(Review, case.source_row)
        payee = Payee(
            id=uuid4(), buyer=review.buyer, kind="WECHAT_OPENID", account="o-chen", blind=b"0" * 32, made_by="a",
            made_at=house.now(),
        )  # fmt: skip
        session.add(payee)
        await session.flush()
        session.add(
            Payout(
                key=KEY,
                case=number,
                shop="demo",
                offer=1,
                attempt=1,
                amount_fen=500,
                form="cash_wechat",
                payee=payee.id,
                status="unknown",
                gate="",
                ticket="a ticket",
                made_at=house.now(),
            )
        )
    shown = await web.get(f"/payouts/{KEY}/confirmation", headers=cast["service"].headers)
    assert shown.json()["package"] == "a ticket"
    refused = await web.get(f"/payouts/{KEY}/confirmation", headers=cast["agent"].headers)
    assert refused.status_code == 403
