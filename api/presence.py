"""Presence: a messenger or another program says that a buyer is online."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import TheCaller
from api.engine import tell_case
from api.errors import documented
from api.fields import Line, ShopCode
from api.house import TheHouse
from db.reads.presence import open_cases_of
from workflows.starting import BUYER_ONLINE

router = APIRouter(tags=["cases"])


class PresenceBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shop: ShopCode
    buyer: Line = Field(description="the marketplace's own id or nick of the buyer, as their reviews carry it")


class Told(BaseModel):
    cases: list[str] = Field(description="open cases of this buyer in this shop; none for a buyer without one")


@router.post("/presence", responses=documented(403, 404), status_code=202, summary="A buyer is online")
async def tell_presence(house: TheHouse, caller: TheCaller, body: PresenceBody) -> Told:
    """Inside hours, caps and cool-downs a contact that is planned for later becomes due now. Telling it every minute
    does no harm."""
    caller.enter(body.shop)
    async with house.reads() as session:
        found = await open_cases_of(session, house.ring, body.shop, body.buyer)
    told = [case.number for case in found if await tell_case(house, case.workflow, BUYER_ONLINE, str(caller.person))]
    return Told(cases=told)
