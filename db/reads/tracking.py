"""Parcels of a case with their traces, as the desk answers a buyer from them."""

import re
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.reviews import stars
from db.tables.refunds import ShipmentScan
from db.tracking import on_the_way

_LONG_NUMBER = re.compile(r"\d{5,}")


class ScanLine(BaseModel):
    at: datetime
    state: str | None
    words: str | None = Field(description="the courier's own, without long numbers; null once they were erased")


class ParcelTrace(BaseModel):
    """One parcel: of the order, back to us, or out to the buyer."""

    shipment: UUID
    leg: str
    courier: str = Field(description="as it was told")
    waybill: str | None = Field(description="masked")
    state: str
    told_at: datetime
    signed_at: datetime | None
    traced_at: datetime | None = Field(description="when its courier told of it last; null: never yet")
    scans: list[ScanLine] = Field(description="the latest first")


async def parcels_of(session: AsyncSession, refund: UUID) -> list[ParcelTrace]:
    shipments = await on_the_way(session, refund)
    found = select(ShipmentScan).where(ShipmentScan.shipment.in_([one.id for one in shipments]))
    lines: dict[UUID, list[ScanLine]] = {one.id: [] for one in shipments}
    for scan in await session.scalars(found.order_by(ShipmentScan.at.desc(), ShipmentScan.id)):
        words = _LONG_NUMBER.sub("*", scan.words) if scan.words is not None else None
        lines[scan.shipment].append(ScanLine(at=scan.at, state=scan.state, words=words))
    return [
        ParcelTrace(
            shipment=one.id, leg=one.direction, courier=one.courier, waybill=stars(one.waybill, 2, 4), state=one.state,
            told_at=one.told_at, signed_at=one.signed_at, traced_at=one.traced_at, scans=lines[one.id],
        )
        for one in shipments
    ]  # fmt: skip
