"""Parcels that stand in the warehouse: entered as they come, matched to the case that they belong to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.refunds import waybill_index
from db.reviews import storable_text
from db.sealed_texts import seal_text
from db.sealing import KeyRing
from db.tables.refunds import Parcel
from domain.errors import Refusal
from domain.waybills import normal


class ParcelUnknown(Refusal):
    """There is no such parcel in this shop."""

    code = "ParcelUnknown"


class ParcelMatched(Refusal):
    """The parcel belongs to another case already."""

    code = "ParcelMatched"


@dataclass(frozen=True, slots=True)
class Arrived:
    """What is known of a parcel when it is entered. `note` is what stands on it or lies in it."""

    shop: str
    courier: str | None
    waybill: str | None
    note: str | None
    by: UUID


async def enter_parcel(session: AsyncSession, ring: KeyRing, arrived: Arrived, now: datetime) -> Parcel:
    """A waybill that stands in the warehouse unmatched is the same parcel, entered twice. Raises BadWaybill."""
    waybill = normal(arrived.waybill) if arrived.waybill else None
    blind = waybill_index(ring, waybill) if waybill else None
    if blind is not None:
        same = select(Parcel).where(Parcel.shop == arrived.shop, Parcel.waybill_blind == blind, Parcel.case.is_(None))
        known = await session.scalar(same.limit(1))
        if known is not None:
            return known
    note = await seal_text(session, "parcel", storable_text(arrived.note), now) if arrived.note else None
    row = insert(Parcel).values(
        id=uuid4(), shop=arrived.shop, courier=storable_text(arrived.courier)[:60] if arrived.courier else None,
        waybill=waybill, waybill_blind=blind, note=UUID(note.id) if note else None, arrived_at=now,
        entered_by=arrived.by,
    )  # fmt: skip
    return (await session.scalars(row.returning(Parcel))).one()


async def match_parcel(session: AsyncSession, shop: str, parcel: UUID, case: str, by: UUID, now: datetime) -> None:
    """Give the parcel to a case; giving it to the same case again changes nothing. Raises ParcelUnknown,
    ParcelMatched."""
    row = await session.get(Parcel, parcel, with_for_update=True)
    if row is None or row.shop != shop:
        raise ParcelUnknown("There is no such parcel in this shop; GET /parcels lists those that wait.")
    if row.case is not None and row.case != case:
        raise ParcelMatched(f"That parcel belongs to case {row.case}; look at its label again.", case=row.case)
    if row.case is None:
        row.case, row.matched_by, row.matched_at = case, by, now
