"""Traces of parcels, as couriers told them: kept line by line, and where each parcel stands."""

import hashlib
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.refunds import ORDER, waybill_index
from db.reviews import storable_text
from db.sealing import KeyRing
from db.tables.cases import CaseFile
from db.tables.refunds import Refund, RefundLine, Shipment, ShipmentScan
from domain.tracking import Trace, TransitState
from domain.waybills import BadWaybill, normal

LONGEST_WORDS = 300


async def keep_trace(session: AsyncSession, shipment: Shipment, trace: Trace, now: datetime) -> bool:
    """Add what is new. An older trace than the one that is known moves the parcel nowhere; whether this one did. The
    order's own sign-for is its application's too, since the seven days count from it (S001)."""
    await _keep_scans(session, shipment.id, trace)
    shipment.traced_at = now
    latest = trace.scans[0].at if trace.scans else None
    if shipment.last_scan_at is not None and (latest is None or latest < shipment.last_scan_at):
        return False
    moved = (shipment.state, shipment.last_scan_at) != (trace.state, latest)
    shipment.state, shipment.last_scan_at, shipment.signed_at = trace.state, latest, trace.signed_at
    shipment.first_scan_at = trace.scans[-1].at if trace.scans else None
    if shipment.direction == ORDER and trace.signed_at is not None:
        refund = await session.get_one(Refund, shipment.refund, with_for_update=True)
        refund.signed_at = refund.signed_at or trace.signed_at
    await session.flush()
    return moved


async def _keep_scans(session: AsyncSession, shipment: UUID, trace: Trace) -> None:
    rows = [
        {
            "id": uuid4(),
            "shipment": shipment,
            "at": scan.at,
            "state": scan.state,
            "words": storable_text(scan.words)[:LONGEST_WORDS],
            "digest": hashlib.sha256(scan.words.encode("utf-8", "replace")).digest(),
        }
        for scan in trace.scans
    ]
    if rows:
        await session.execute(insert(ShipmentScan).on_conflict_do_nothing(), rows)


async def shipments_pushed(session: AsyncSession, ring: KeyRing, trace: Trace) -> list[Shipment]:
    """Every shipment that a push is about: one waybill may be told of in two applications of one order. Locked."""
    try:
        number = normal(trace.waybill)
    except BadWaybill:
        return []
    found = select(Shipment).where(Shipment.waybill_blind == waybill_index(ring, number), Shipment.company.is_not(None))
    rows = await session.scalars(found.order_by(Shipment.id).with_for_update())
    return [row for row in rows if not trace.company or row.company == trace.company]


async def cases_on_the_way(session: AsyncSession, refunds: set[UUID]) -> dict[UUID, str]:
    """The workflow of the open case of each of these applications."""
    found = (
        select(RefundLine.refund, CaseFile.workflow)
        .join(CaseFile, CaseFile.number == RefundLine.case)
        .where(RefundLine.refund.in_(refunds), RefundLine.closed_at.is_(None))
    )
    return {row[0]: row[1] for row in await session.execute(found)}


async def on_the_way(session: AsyncSession, refund: UUID) -> list[Shipment]:
    """Everything that was told to be on its way for an application, the oldest first."""
    found = select(Shipment).where(Shipment.refund == refund).order_by(Shipment.told_at, Shipment.id)
    return list(await session.scalars(found))


def state_of(shipment: Shipment) -> TransitState:
    return TransitState(shipment.state)
