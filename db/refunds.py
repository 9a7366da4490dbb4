"""Refund applications and the goods on their way, as the way in keeps them before a case hears of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.buyers import BuyerFacts, keep_buyer
from db.reviews import identified, keep_order, storable_text
from db.sealed_texts import seal_text
from db.sealing import KeyRing
from db.tables.buyers import Review
from db.tables.refunds import Refund, Shipment
from domain.waybills import BadWaybill, normal

# The marketplace's own word for an application whose money went back.
PAID_BACK = "SUCCESS"
BACK, OUT, ORDER = "back", "out", "order"


@dataclass(frozen=True, slots=True)
class Application:
    """What a marketplace may show differently the next time. `status`, `phase`, `reason` are its own words; `version`
    and `modified_at` say which of two is the newer."""

    kind: str
    amount_fen: int
    status: str
    reason: str | None = None
    phase: str | None = None
    version: str | None = None
    modified_at: datetime | None = None
    deadline_at: datetime | None = None
    cannot_refuse: bool = False
    intervention: str = "none"
    shipped: bool = True
    signed_at: datetime | None = None
    courier: str | None = None
    waybill: str | None = None


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """An application with its order and buyer as a marketplace or a person told them. `bought_fen` is what the buyer
    paid for what the application is about, `paid_fen` for the whole order."""

    shop: str
    platform: str
    external_id: str
    order_external_id: str
    application: Application
    applied_at: datetime
    buyer: BuyerFacts
    source: str
    sub_order_id: str | None = None
    note: str = ""
    quantity: int = 1
    bought_fen: int | None = None
    item_id: str | None = None
    item_title: str | None = None
    paid_fen: int | None = None
    finished_at: datetime | None = None
    province: str | None = None
    address_type: str | None = None
    address: str | None = None
    oaid: str | None = None
    order_courier: str | None = None
    order_waybill: str | None = None


@dataclass(frozen=True, slots=True)
class KeptRefund:
    """The application's row; `new` when this call made it, `changed` when it tells something newer than last time."""

    row: Refund
    new: bool
    changed: bool


async def keep_refund(session: AsyncSession, ring: KeyRing, facts: RefundFacts, now: datetime) -> KeptRefund:
    """Insert an application with everything around it, or note what is newer. What is older, or told once more,
    changes nothing."""
    known = await refund_of(session, facts.shop, facts.external_id)
    if known is not None:
        changed = await note_application(session, ring, known, facts.application, now)
        changed = await _keep_order_waybill(session, ring, known.id, facts, now) or changed
        return KeptRefund(known, new=False, changed=changed)
    buyer = await keep_buyer(session, ring, identified(facts))
    order = await keep_order(session, facts, buyer)
    note = await seal_text(session, "refund", storable_text(facts.note), now) if facts.note else None
    row = insert(Refund).values(
        id=uuid4(), order=order, buyer=buyer, note=UUID(note.id) if note else None, status_since=_since(facts),
        first_seen_at=now, seen_at=now, **_of_facts(facts), **_columns(facts.application),
    )  # fmt: skip
    new = await session.scalar(row.on_conflict_do_nothing().returning(Refund.id))
    kept = await refund_of(session, facts.shop, facts.external_id)
    assert kept is not None, "an application that was inserted, or refused an insert, exists"  # noqa: S101
    await _keep_waybill(session, ring, kept, facts.application, now)
    await _keep_order_waybill(session, ring, kept.id, facts, now)
    return KeptRefund(kept, new=new is not None, changed=False)


async def refund_of(session: AsyncSession, shop: str, external_id: str) -> Refund | None:
    """Locked until the transaction ends, so that of two that note something the newer one stands."""
    found = select(Refund).where(Refund.shop == shop, Refund.external_id == external_id).with_for_update()
    return await session.scalar(found.execution_options(populate_existing=True))


async def note_application(session: AsyncSession, ring: KeyRing, row: Refund, told: Application, now: datetime) -> bool:
    """Whether it told anything that was not known."""
    row.seen_at = max(row.seen_at, now)
    if is_older(told, row):
        return False
    news = {name: value for name, value in _columns(told).items() if getattr(row, name) != value}
    if told.signed_at is None:
        news.pop("signed_at", None)  # who does not know of the sign-for takes none away that a courier has shown
    if told.status != row.status:
        row.status_since = told.modified_at or now
    for name, value in news.items():
        setattr(row, name, value)
    await session.flush()
    shipped = await _keep_waybill(session, ring, row, told, now)
    return bool(news) or shipped


def is_older(told: Application, row: Refund) -> bool:
    mine, known = _number(told.version), _number(row.version)
    if mine is not None and known is not None:
        return mine < known
    both = told.modified_at is not None and row.modified_at is not None
    return both and told.modified_at < row.modified_at  # type: ignore[operator] # both are there


def _number(version: str | None) -> int | None:
    return int(version) if version is not None and version.isascii() and version.isdigit() else None


_TOLD = (
    *("kind", "amount_fen", "status", "reason", "phase", "version", "modified_at", "deadline_at"),
    *("cannot_refuse", "intervention", "shipped", "signed_at"),
)


def _columns(told: Application) -> dict[str, object]:
    columns: dict[str, object] = {name: getattr(told, name) for name in _TOLD}
    return columns | {"reason": storable_text(told.reason) if told.reason else None}


def _of_facts(facts: RefundFacts) -> dict[str, object]:
    names = "shop platform external_id order_external_id sub_order_id quantity item_id applied_at source"
    return {name: getattr(facts, name) for name in names.split()} | {"paid_fen": facts.bought_fen}


def _since(facts: RefundFacts) -> datetime:
    return facts.application.modified_at or facts.applied_at


async def _keep_waybill(session: AsyncSession, ring: KeyRing, row: Refund, told: Application, now: datetime) -> bool:
    """What the buyer typed as the waybill of what comes back. Nonsense is kept nowhere: nothing can be found by it."""
    if not told.waybill:
        return False
    try:
        number = normal(told.waybill)
    except BadWaybill:
        return False
    return await keep_shipment(session, ring, row.id, BACK, told.courier or "other", number, now) is not None


async def _keep_order_waybill(
    session: AsyncSession, ring: KeyRing, refund: UUID, facts: RefundFacts, now: datetime
) -> bool:
    """The number under which the order itself was sent."""
    if not facts.order_waybill:
        return False
    try:
        number = normal(facts.order_waybill)
    except BadWaybill:
        return False
    courier = facts.order_courier or "other"
    return await keep_shipment(session, ring, refund, ORDER, courier, number, now, by="seller") is not None


async def keep_shipment(
    session: AsyncSession, ring: KeyRing, refund: UUID, direction: str, courier: str, waybill: str, now: datetime,
    by: str = "buyer",
) -> UUID | None:  # fmt: skip
    """The new row; None where this waybill is known for the application. `waybill` is in its normal form."""
    row = insert(Shipment).values(
        id=uuid4(), refund=refund, direction=direction, courier=storable_text(courier)[:60], waybill=waybill,
        waybill_blind=waybill_index(ring, waybill), told_at=now, told_by=by,
    )  # fmt: skip
    made: UUID | None = await session.scalar(row.on_conflict_do_nothing().returning(Shipment.id))
    return made


async def shipment_of(session: AsyncSession, ring: KeyRing, refund: UUID, direction: str, waybill: str) -> UUID | None:
    found = select(Shipment.id).where(
        Shipment.refund == refund,
        Shipment.direction == direction,
        Shipment.waybill_blind == waybill_index(ring, waybill),
    )
    known: UUID | None = await session.scalar(found)
    return known


def waybill_index(ring: KeyRing, waybill: str) -> bytes:
    """Keyed, because waybills can be tried out."""
    return ring.blind("waybill", waybill)


async def paid_back_for(session: AsyncSession, review: UUID) -> int:
    """Fen that the marketplace has paid back of the review's order."""
    order = select(Review.shop, Review.order_external_id).where(Review.id == review).subquery()
    back = select(func.coalesce(func.sum(Refund.amount_fen), 0)).where(
        Refund.shop == order.c.shop, Refund.order_external_id == order.c.order_external_id, Refund.status == PAID_BACK
    )
    return int(await session.scalar(back) or 0)
