"""What waits for whose hand, and who may see where a parcel goes."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import insert

from api.house import House
from db.sealed_texts import seal_text
from db.tables.money import Payout
from domain.gate import GateMode
from domain.handwork import Given, HandWork
from domain.offers import OfferForm
from domain.payouts import PayoutStatus
from domain.people import Role
from domain.review_case.state import Offer, OfferStatus, PayoutRef
from tests.api.rows import add_case
from tests.domain.plain_case import a_plain_case

PARCEL = OfferForm.GIFT_PARCEL


async def a_gift(house: House, *, given_by: str | None = None, shop: str = "demo") -> str:
    """A case whose gift waits for the warehouse, or was given and waits for a second look."""
    work = HandWork(roles=[Role.WAREHOUSE])
    if given_by is not None:
        work.given = Given(by=given_by, at=house.now(), proof="p")
    status = PayoutStatus.SENDING if given_by else PayoutStatus.APPROVED
    case = a_plain_case().case
    assert case.identity is not None
    case.identity.gate_mode = GateMode.ON_RESOLUTION
    async with house.sessions.begin() as session:
        case.delivery = await seal_text(session, "set_delivery.to", "陈晓 杭州市文三路 1 号", house.now())
    offer = Offer(
        number=1, form=PARCEL, amount_fen=900, maker="m", at=house.now(), valid_until=house.now(),
        status=OfferStatus.ACCEPTED,
    )  # fmt: skip
    payout = PayoutRef(key="k", offer=1, amount_fen=900, payee=None, status=status, at=house.now(), hand=work)
    case.offers, case.payouts = [offer], [payout]
    number = await add_case(house, shop, state=case.model_dump(mode="json"))
    row = {
        "key": f"KEY-{number}", "case": number, "shop": shop, "offer": 1, "attempt": 1, "amount_fen": 900,
        "form": PARCEL, "status": status, "gate": "allowed", "made_at": house.now(), "give_roles": ["warehouse"],
        "given_by": given_by,
    }  # fmt: skip
    async with house.sessions.begin() as session:
        await session.execute(insert(Payout).values(**row))
    return number


async def waiting_for(web: httpx2.AsyncClient, cast: Any, who: str) -> list[tuple[str, str]]:
    listed = (await web.get("/fulfilments", headers=cast[who].headers)).json()["fulfilments"]
    return [(line["case"], line["waits_for"]) for line in listed]


async def test_each_person_sees_what_their_own_roles_give(web: httpx2.AsyncClient, house: House, cast: Any) -> None:
    number = await a_gift(house)
    await a_gift(house, shop="other")
    assert await waiting_for(web, cast, "warehouse") == [(number, "giving")]
    assert [await waiting_for(web, cast, who) for who in ("agent", "finance", "lead", "stranger")] == [[]] * 4


@pytest.mark.covers(201)
async def test_a_proof_waits_for_everybody_who_may_look_at_it_but_its_giver(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await a_gift(house, given_by=str(cast["lead"].id))
    seen = {who: await waiting_for(web, cast, who) for who in ("warehouse", "lead", "finance", "supervisor")}
    assert seen["finance"] == seen["supervisor"] == [(number, "checking")]
    assert seen["warehouse"] == seen["lead"] == []


async def test_whoever_sends_the_parcel_reads_its_address_and_the_look_is_recorded(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await a_gift(house)
    shown = await web.get(f"/cases/{number}/delivery", headers=cast["warehouse"].headers)
    events = (await web.get("/office/events?limit=1000", headers=cast["root"].headers)).json()
    assert shown.json() == {"to": "陈晓 杭州市文三路 1 号"}
    assert (events[-1]["kind"], events[-1]["subject"]) == ("delivery.shown", number)


@pytest.mark.parametrize("who", ["agent", "supervisor", "finance"])
async def test_nobody_else_reads_the_address(web: httpx2.AsyncClient, house: House, cast: Any, who: str) -> None:
    number = await a_gift(house)
    answer = await web.get(f"/cases/{number}/delivery", headers=cast[who].headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "NothingToSend")


async def test_a_parcel_that_was_sent_shows_its_address_no_more(
    web: httpx2.AsyncClient, house: House, cast: Any
) -> None:
    number = await a_gift(house, given_by="somebody")
    answer = await web.get(f"/cases/{number}/delivery", headers=cast["warehouse"].headers)
    assert answer.json()["code"] == "NothingToSend"
