"""The warehouse's parcels: entered as they come, and the cases that they fit, with a slip or without."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.answers import written
from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, ShopCode, Text
from api.finding import case_for
from api.house import TheHouse
from api.kinds import REFUND, must_be
from api.paging import BadCursor, Cursor, Limit, read_cursor, write_cursor
from api.reported import shop_to_report
from db.parcels import Arrived, enter_parcel
from db.reads.parcels import Fit, Hints, WaitingParcel, fits, waiting_parcels
from db.reads.tracking import ParcelTrace, parcels_of

router = APIRouter(tags=["refunds"])
ORDER = "parcels"
PhoneTail = Annotated[str, StringConstraints(pattern=r"^[0-9]{3,11}$")]


class ParcelEntry(BaseModel):
    """What can be read from a parcel. A parcel without a slip is looked for by what is known of its buyer or item."""

    model_config = ConfigDict(extra="forbid")

    shop: ShopCode
    courier: Line | None = None
    waybill: Line | None = None
    buyer: Line | None = Field(default=None, description="the buyer's nick, or a part of it")
    phone_tail: PhoneTail | None = Field(default=None, description="the last digits of the sender's phone")
    item: Line | None = Field(default=None, description="what is in it, or a part of the item's title")
    note: Text | None = None


class ParcelEntered(BaseModel):
    """The parcel is kept, whatever it fits. Take the step `receive_parcel` in the case that it belongs to."""

    parcel: UUID
    fits: Literal["none", "one", "several"]
    cases: list[Fit]


class ParcelPage(BaseModel):
    parcels: list[WaitingParcel]
    next: str | None


@router.post("/parcels", status_code=201, responses=documented(403, 404), summary="Enter a parcel that has arrived")
async def enter_a_parcel(house: TheHouse, caller: TheCaller, body: ParcelEntry) -> ParcelEntered:
    """Entered once: a waybill that waits already is the same parcel."""
    async with house.sessions.begin() as session:
        shop = await shop_to_report(session, caller, body.shop)
        found = await fits(session, house.ring, shop.code, Hints(body.waybill, body.buyer, body.phone_tail, body.item))
        said = [words for words in (body.buyer, body.phone_tail, body.item, body.note) if words]
        arrived = Arrived(shop.code, body.courier, body.waybill, "\n".join(said) or None, caller.person)
        parcel = await enter_parcel(session, house.ring, arrived, house.now())
    many: Literal["none", "one", "several"] = "none" if not found else "one" if len(found) == 1 else "several"
    return ParcelEntered(parcel=parcel.id, fits=many, cases=found)


@router.get("/parcels", responses=documented(403), summary="Parcels that wait to be matched", response_model=ParcelPage)
async def list_parcels(
    house: TheHouse,
    caller: TheCaller,
    shop: Annotated[str | None, Query(max_length=32)] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The oldest first."""
    shops = caller.shops()
    if shop is not None:
        shops = frozenset({shop}) if shops is None or shop in shops else frozenset()
    async with house.reads() as session:
        parcels = await waiting_parcels(session, shops, limit, _after(cursor))
    more = write_cursor(ORDER, parcels[-1].arrived_at, str(parcels[-1].id)) if len(parcels) == limit else None
    return written(ParcelPage(parcels=parcels, next=more))


@router.get("/parcels/fits", responses=documented(403, 404), summary="Which open case a parcel belongs to")
async def parcel_fits(
    house: TheHouse,
    caller: TheCaller,
    shop: Annotated[str, Query(max_length=32)],
    waybill: Annotated[str | None, Query(max_length=60)] = None,
    buyer: Annotated[str | None, Query(max_length=60)] = None,
    phone_tail: Annotated[PhoneTail | None, Query()] = None,
    item: Annotated[str | None, Query(max_length=120)] = None,
) -> list[Fit]:
    """By waybill where it is known, else by everything that was given together."""
    async with house.reads() as session:
        await shop_to_report(session, caller, shop)
        return await fits(session, house.ring, shop, Hints(waybill, buyer, phone_tail, item))


@router.get("/cases/{number}/parcels", responses=documented(403, 404), summary="Where the case's parcels are")
async def show_parcels(house: TheHouse, caller: TheCaller, number: str) -> list[ParcelTrace]:
    """Every parcel that was told of, with what its courier scanned: enough to answer a buyer who asks."""
    row = await case_for(house, caller, number)
    must_be(row, REFUND)
    async with house.reads() as session:
        return await parcels_of(session, row.source_row)


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    read = read_cursor(cursor, ORDER)
    if read is None:
        return None
    try:
        UUID(read[1])
    except ValueError:
        raise BadCursor(
            "This cursor does not belong to this list; begin at its first page, without a cursor."
        ) from None
    return read
