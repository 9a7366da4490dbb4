"""Parcels that wait to be matched, and the cases that a parcel fits: by waybill, or without a slip by what is known."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.reviews import stars
from db.refunds import BACK, waybill_index
from db.sealing import KeyRing
from db.tables.buyers import Buyer, SealedText, ShopOrder
from db.tables.refunds import Parcel, Refund, RefundLine, Shipment
from domain.refund_case.market import GOODS_COME_BACK
from domain.waybills import normal

# Without a waybill every case that waits for goods is looked at; a shop with more is told to narrow by waybill.
MOST_LOOKED_AT = 5_000
MOST_SHOWN = 20


class Fit(BaseModel):
    """A case that a parcel may belong to, and what speaks for it."""

    case: str
    by: list[str] = Field(description="what fits: waybill, buyer, phone, item")
    stage: str
    buyer: str | None = Field(description="the buyer's nick, masked")
    item_title: str | None
    amount_fen: int


class WaitingParcel(BaseModel):
    """A parcel that nobody has matched yet."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    shop: str
    courier: str | None
    waybill: str | None = Field(description="masked")
    note: str | None
    arrived_at: datetime
    entered_by: UUID


@dataclass(frozen=True, slots=True)
class Hints:
    """What can be read from a parcel. All that is given must fit."""

    waybill: str | None = None
    buyer: str | None = None
    phone_tail: str | None = None
    item: str | None = None


async def fits(session: AsyncSession, ring: KeyRing, shop: str, hints: Hints) -> list[Fit]:
    """Open cases of the shop whose goods have not come; by waybill alone where one is given and known. Raises
    BadWaybill."""
    if hints.waybill:
        by_waybill = await _by_waybill(session, ring, shop, hints.waybill)
        if by_waybill:
            return by_waybill
    if not (hints.buyer or hints.phone_tail or hints.item):
        return []
    rows = await session.execute(_waiting(shop).order_by(RefundLine.due_at).limit(MOST_LOOKED_AT))
    found = []
    for line, buyer, title in rows:
        by = _fitting(hints, buyer, title)
        if by is not None:
            found.append(_fit(line, buyer, title, by))
    return found[:MOST_SHOWN]


def _waiting(shop: str) -> Select[RefundLine, Buyer, str | None]:
    return (
        select(RefundLine, Buyer, ShopOrder.item_title)
        .join(Refund, Refund.id == RefundLine.refund)
        .outerjoin(Buyer, Buyer.id == Refund.buyer)
        .outerjoin(ShopOrder, ShopOrder.id == Refund.order)
        .where(RefundLine.shop == shop, RefundLine.closed_at.is_(None), RefundLine.returned_at.is_(None))
        .where(RefundLine.kind.in_(sorted(GOODS_COME_BACK)))
    )


async def _by_waybill(session: AsyncSession, ring: KeyRing, shop: str, waybill: str) -> list[Fit]:
    """Two applications of one order may come in one parcel, so there may be two."""
    sent = _waiting(shop).join(Shipment, Shipment.refund == Refund.id)
    known = sent.where(Shipment.direction == BACK, Shipment.waybill_blind == waybill_index(ring, normal(waybill)))
    rows = await session.execute(known.order_by(RefundLine.case).limit(MOST_SHOWN))
    return [_fit(line, buyer, title, ["waybill"]) for line, buyer, title in rows]


def _fitting(hints: Hints, buyer: Buyer | None, title: str | None) -> list[str] | None:
    """What fits, None where something that was given does not."""
    nick, phone = (buyer.nick, buyer.phone) if buyer else (None, None)
    said = {
        "buyer": (hints.buyer, _within(hints.buyer, nick)),
        "phone": (hints.phone_tail, bool(phone) and str(phone).endswith(hints.phone_tail or "")),
        "item": (hints.item, _within(hints.item, title)),
    }
    if any(hint and not fitting for hint, fitting in said.values()):
        return None
    return [name for name, (hint, _) in said.items() if hint]


def _within(hint: str | None, known: str | None) -> bool:
    return bool(hint and known) and str(hint).casefold() in str(known).casefold()


def _fit(line: RefundLine, buyer: Buyer | None, title: str | None, by: list[str]) -> Fit:
    return Fit(
        case=line.case, by=by, stage=line.stage, buyer=stars(buyer.nick, 1, 1) if buyer else None, item_title=title,
        amount_fen=line.amount_fen,
    )  # fmt: skip


async def waiting_parcels(
    session: AsyncSession, shops: frozenset[str] | None, limit: int, after: tuple[datetime, str] | None
) -> list[WaitingParcel]:
    """Parcels without a case, the oldest first."""
    found = select(Parcel, SealedText.body).outerjoin(SealedText, SealedText.id == Parcel.note)
    found = found.where(Parcel.case.is_(None))
    if shops is not None:
        found = found.where(Parcel.shop.in_(sorted(shops)))
    if after is not None:
        at, id = after
        found = found.where((Parcel.arrived_at > at) | ((Parcel.arrived_at == at) & (Parcel.id > UUID(id))))
    rows = await session.execute(found.order_by(Parcel.arrived_at, Parcel.id).limit(limit))
    return [
        WaitingParcel(
            id=row.id, shop=row.shop, courier=row.courier, waybill=stars(row.waybill, 2, 4), note=note,
            arrived_at=row.arrived_at, entered_by=row.entered_by,
        )
        for row, note in rows
    ]  # fmt: skip
