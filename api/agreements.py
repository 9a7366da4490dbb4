"""What was said and agreed with a buyer, what is known of them, and what a person was asked to find out."""

from fastapi import APIRouter
from pydantic import BaseModel

from api.callers import TheCaller
from api.errors import documented
from api.finding import case_for
from api.house import TheHouse
from api.live import live_state
from db.reads import agreements, buyers

router = APIRouter(tags=["cases"])


class AskedPage(BaseModel):
    investigations: list[agreements.AskedLine]


@router.get("/cases/{number}/buyer", responses=documented(403, 404), summary="The buyer's earlier cases and orders")
async def show_buyer(house: TheHouse, caller: TheCaller, number: str) -> buyers.KnownBuyer:
    """Of the same person, under whatever name they bought; in the shops that you may see."""
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        return await buyers.known_buyer(session, row, caller.shops())


@router.get("/cases/{number}/agreements", responses=documented(403, 404), summary="What was said and agreed, in words")
async def show_agreements(house: TheHouse, caller: TheCaller, number: str) -> agreements.AgreementsText:
    """Promises, investigations, the original chat, what a vague review was about, and what to mind in the next talk."""
    row = await case_for(house, caller, number)
    state, _ = await live_state(house, row)
    async with house.reads() as session:
        return await agreements.in_words(session, state.agreements)


@router.get("/investigations", responses=documented(403), summary="What I was asked to find out, the first due first")
async def my_investigations(house: TheHouse, caller: TheCaller) -> AskedPage:
    async with house.reads() as session:
        return AskedPage(investigations=await agreements.list_asked(session, caller.person, caller.shops()))
