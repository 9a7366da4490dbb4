"""The register that service, warehouse and finance share, an application's own words, and cases that a parcel fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.reviews import MaskedBuyer, masked, stars
from db.refunds import BACK
from db.tables.buyers import Buyer, SealedText, ShopOrder
from db.tables.cases import CaseFile, CaseKey
from db.tables.refunds import Refund, RefundLine, Shipment


class RegisterLine(BaseModel):
    """What everybody who works on returns needs to answer a buyer, or to take the next step."""

    model_config = ConfigDict(from_attributes=True)

    case: str
    shop: str
    buyer: str | None = Field(description="the buyer's nick, masked")
    item_title: str | None
    kind: str
    reason: str | None = Field(description="the marketplace's own word")
    cause: str | None
    amount_fen: int
    refunded_fen: int
    stage: str
    owner: str = Field(description="who has to move")
    since: datetime = Field(description="since when it stands so")
    why: str = Field(description="what it waits for")
    due_at: datetime
    deadline_at: datetime | None = Field(description="when the marketplace acts by itself")
    deadline_source: str | None
    then: str | None = Field(description="what the marketplace then does")
    decided: str | None = Field(description="what was decided about that deadline")
    returned_at: datetime | None
    waybill: str | None = Field(description="of what the buyer sent back, masked")
    courier: str | None
    inspector: UUID | None
    inspection: str | None
    freight_out: str | None
    freight_back: str | None
    loss_fen: int = Field(description="net, as far as it is known")
    dispute: str | None = Field(description="damaged_in_transit, lost_in_transit, quality or misuse, once it was said")
    claim: str | None = Field(description="how the claim at the courier stands")
    assignee: UUID | None


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """`shops` are those that the reader may see (None: all), the rest narrows further."""

    shops: frozenset[str] | None
    owner: str | None = None
    stage: str | None = None
    dispute: str | None = None


_OWN = [name for name in RegisterLine.model_fields if name in RefundLine.__mapper__.columns or name == "case"]


async def register(
    session: AsyncSession, filter: RegisterFilter, limit: int, after: tuple[datetime, str] | None
) -> list[RegisterLine]:
    """Open cases, at most `limit` lines behind `after`, the first due first. What is joined is looked up for one page
    only."""
    page = select(RefundLine).where(*_conditions(filter))
    if after is not None:
        page = page.where(tuple_(RefundLine.due_at, RefundLine.case) > after)
    lines = list(await session.scalars(page.order_by(RefundLine.due_at, RefundLine.case).limit(limit)))
    facts = await _facts(session, [line.refund for line in lines])
    return [_line(line, facts[line.refund]) for line in lines]


def _conditions(filter: RegisterFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [RefundLine.closed_at.is_(None)]
    if filter.shops is not None:
        wanted.append(RefundLine.shop.in_(sorted(filter.shops)))
    if filter.owner is not None:
        wanted.append(RefundLine.owner == filter.owner)
    if filter.stage is not None:
        wanted.append(RefundLine.stage == filter.stage)
    if filter.dispute is not None:
        wanted.append(RefundLine.dispute == filter.dispute)
    return wanted


@dataclass(slots=True)
class _Facts:
    refund: Refund
    nick: str | None
    item_title: str | None
    shipment: Shipment | None = None


async def _facts(session: AsyncSession, refunds: Sequence[UUID]) -> dict[UUID, _Facts]:
    rows = await session.execute(
        select(Refund, Buyer.nick, ShopOrder.item_title)
        .outerjoin(Buyer, Buyer.id == Refund.buyer)
        .outerjoin(ShopOrder, ShopOrder.id == Refund.order)
        .where(Refund.id.in_(refunds))
    )
    facts = {refund.id: _Facts(refund, nick, title) for refund, nick, title in rows}
    sent = select(Shipment).where(Shipment.refund.in_(refunds), Shipment.direction == BACK).order_by(Shipment.told_at)
    for shipment in await session.scalars(sent):
        facts[shipment.refund].shipment = shipment
    return facts


def _line(line: RefundLine, facts: _Facts) -> RegisterLine:
    own: dict[str, Any] = {name: getattr(line, name) for name in _OWN}
    shipment = facts.shipment
    return RegisterLine(
        **own,
        buyer=stars(facts.nick, 1, 1),
        item_title=facts.item_title,
        reason=facts.refund.reason,
        waybill=stars(shipment.waybill, 2, 4) if shipment else None,
        courier=shipment.courier if shipment else None,
    )


class ApplicationText(BaseModel):
    """An application as it was last seen. `note` is null once it was erased."""

    external_id: str
    order: str
    sub_order: str | None
    kind: str
    reason: str | None
    note: str | None
    amount_fen: int
    bought_fen: int | None
    quantity: int
    status: str
    version: str | None
    applied_at: datetime
    deadline_at: datetime | None
    item_id: str | None
    item_title: str | None
    tips: dict[str, str] = Field(default_factory=dict, description="what the shop tells about the item, by topic")
    buyer: MaskedBuyer | None
    related: list[str] = Field(description="other cases about the same order")


async def read_application(session: AsyncSession, case: CaseFile) -> ApplicationText | None:
    found = await session.execute(
        select(Refund, SealedText.body, ShopOrder.item_title, Buyer)
        .outerjoin(SealedText, SealedText.id == Refund.note)
        .outerjoin(ShopOrder, ShopOrder.id == Refund.order)
        .outerjoin(Buyer, Buyer.id == Refund.buyer)
        .where(Refund.id == case.source_row)
    )
    first = found.one_or_none()
    if first is None:
        return None
    row, note, title, buyer = first
    return ApplicationText(
        external_id=row.external_id, order=row.order_external_id, sub_order=row.sub_order_id, kind=row.kind,
        reason=row.reason, note=note, amount_fen=row.amount_fen, bought_fen=row.paid_fen, quantity=row.quantity,
        status=row.status, version=row.version, applied_at=row.applied_at, deadline_at=row.deadline_at,
        item_id=row.item_id, item_title=title, buyer=masked(buyer) if buyer else None,
        related=await related_cases(session, case, {row.order_external_id, row.sub_order_id or ""}),
    )  # fmt: skip


async def related_cases(session: AsyncSession, case: CaseFile, order_ids: set[str]) -> list[str]:
    """Other cases about the same order, of any kind: reviews by their key, refunds by their order."""
    reviews = select(CaseKey.merged_into, CaseKey.case).where(
        CaseKey.platform == case.platform, CaseKey.shop == case.shop, CaseKey.external_id.in_(order_ids)
    )
    refunds = (
        select(CaseFile.number)
        .join(Refund, Refund.id == CaseFile.source_row)
        .where(Refund.shop == case.shop, Refund.order_external_id.in_(order_ids), CaseFile.kind == "refund")
    )
    found = {into or number for into, number in await session.execute(reviews)} | set(await session.scalars(refunds))
    return sorted(found - {case.number})
