"""Amends that people give by hand: what waits for me, and where a parcel goes."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.callers import TheCaller
from api.errors import NotFound, documented
from api.finding import case_for
from api.house import TheHouse
from api.live import live_state
from api.paging import Limit
from db.audit import record
from db.reads import fulfilments
from db.reads.looks import DELIVERY
from db.sealed_texts import open_text
from domain.errors import Refusal
from domain.review_case import fulfilling

router = APIRouter(tags=["cases"])


class FulfilmentPage(BaseModel):
    fulfilments: list[fulfilments.FulfilmentLine]


class Delivery(BaseModel):
    to: str


class NothingToSend(Refusal):
    """An address is shown to whoever sends a parcel, while it is to be sent."""

    code = "NothingToSend"


@router.get("/fulfilments", responses=documented(403), summary="What waits for my hand, the longest waiting first")
async def my_fulfilments(house: TheHouse, caller: TheCaller, limit: Limit = 50) -> FulfilmentPage:
    """Amends that one of my roles gives by hand, and proofs of what others gave, in my shops."""
    async with house.reads() as session:
        lines = await fulfilments.list_waiting(session, str(caller.person), caller.roles, limit)
    return FulfilmentPage(fulfilments=lines)


@router.get("/cases/{number}/delivery", responses=documented(403, 404, 409), summary="Where the parcel goes")
async def show_delivery(house: TheHouse, caller: TheCaller, number: str) -> Delivery:
    """For whoever may send it, until it was sent; each look is in the office's record."""
    row = await case_for(house, caller, number)
    state, _ = await live_state(house, row)
    try:
        fulfilling.may_fulfil(state, caller.actor(row.shop))
    except Refusal as refused:
        raise NothingToSend(f"No address is shown now. {refused.message}") from None
    async with house.sessions.begin() as session:
        to = await open_text(session, state.delivery.id) if state.delivery else None
        if to is None:
            raise NotFound("No address of this buyer is known; enter one with the step set_delivery.")
        await record(session, str(caller.person), house.now(), DELIVERY, row.number, {})
    return Delivery(to=to)
