"""Reviews and their orders, as the way in keeps them before a case is started."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.buyers import BuyerFacts, keep_buyer
from db.sealed_texts import seal_text
from db.sealing import KeyRing
from db.sessions import rows
from db.tables.buyers import Review, SealedText, ShopOrder
from db.tables.cases import CaseKey

# PostgreSQL takes no NUL in a text, UTF-8 no lone surrogate; marketplaces have sent both.
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


# What a marketplace tells of an order: completed where it was missing.
_TOLD = ("item_id", "item_title", "paid_fen", "finished_at", "province", "address_type", "address", "oaid")
# Built once: every review that comes in asks them.
_ORDERS, _REVIEWS = (model.metadata.tables[model.__tablename__] for model in (ShopOrder, Review))
_NEW_ORDER = insert(_ORDERS)
_KEEP_ORDER = _NEW_ORDER.on_conflict_do_update(
    index_elements=["shop", "external_id"],
    set_={name: func.coalesce(_ORDERS.c[name], _NEW_ORDER.excluded[name]) for name in ("buyer", *_TOLD)},
).returning(_ORDERS.c.id)
_NEW_REVIEW = insert(_REVIEWS).on_conflict_do_nothing().returning(_REVIEWS.c.id)


class OrderFacts(Protocol):
    """What the way in knows of an order and its buyer, whatever the buyer wrote."""

    @property
    def shop(self) -> str: ...
    @property
    def order_external_id(self) -> str: ...
    @property
    def buyer(self) -> BuyerFacts: ...
    @property
    def item_id(self) -> str | None: ...
    @property
    def item_title(self) -> str | None: ...
    @property
    def paid_fen(self) -> int | None: ...
    @property
    def finished_at(self) -> datetime | None: ...
    @property
    def province(self) -> str | None: ...
    @property
    def address_type(self) -> str | None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def oaid(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """A review with its order and buyer as a marketplace or a person told them. `external_id` is the platform's review
    id, else the sub-order id; `append` is the buyer's later addition; `source` is pull, push or api."""

    shop: str
    platform: str
    external_id: str
    order_external_id: str
    grade: str
    text: str
    created_at: datetime
    buyer: BuyerFacts
    source: str
    has_photo: bool = False
    item_id: str | None = None
    item_title: str | None = None
    paid_fen: int | None = None
    finished_at: datetime | None = None
    province: str | None = None
    address_type: str | None = None
    address: str | None = None
    oaid: str | None = None
    append: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """The review's row; `new` when this call made it, `changed` when grade, text or append differ from last time."""

    row: UUID
    new: bool
    changed: bool


async def keep_review(session: AsyncSession, ring: KeyRing, facts: ReviewFacts, now: datetime) -> Kept:
    """Insert a review with everything around it, or note its change. The text that was seen first stays."""
    facts = _storable(facts)
    mark = fingerprint(ring, facts)
    known = await _known(session, facts)
    if known:
        return await _compare(session, known, facts, mark)
    buyer = await keep_buyer(session, ring, identified(facts))
    order = await keep_order(session, facts, buyer)
    body = await seal_text(session, "review", facts.text, now)
    seen = {"text_id": UUID(body.id), "fingerprint": mark, "first_seen_at": now}
    row = {"id": uuid4(), **_columns(facts), "order_id": order, "buyer": buyer, **seen}
    new: UUID | None = (await rows(session, _NEW_REVIEW, row)).scalar()
    if new:
        return Kept(new, new=True, changed=False)
    await session.execute(delete(SealedText).where(SealedText.id == UUID(body.id)))
    known = await _known(session, facts)
    assert known is not None, "a review that refused an insert exists"  # noqa: S101
    return await _compare(session, known, facts, mark)


async def case_of(session: AsyncSession, kind: str, platform: str, shop: str, external_id: str) -> CaseKey | None:
    """Where a review or refund has its case; the only way to find out."""
    return await session.get(CaseKey, (kind, platform, shop, external_id), populate_existing=True)


def fingerprint(ring: KeyRing, facts: ReviewFacts) -> bytes:
    """Keyed, because a plain hash of a short text can be guessed."""
    return ring.blind("review", "\x00".join((facts.grade, facts.text, facts.append or "")))


async def _known(session: AsyncSession, facts: ReviewFacts) -> UUID | None:
    found = select(Review.id).where(Review.shop == facts.shop, Review.external_id == facts.external_id)
    return await session.scalar(found)


async def _compare(session: AsyncSession, row: UUID, facts: ReviewFacts, mark: bytes) -> Kept:
    changed = await session.scalar(
        update(Review)
        .where(Review.id == row, Review.fingerprint != mark)
        .values(grade=facts.grade, fingerprint=mark, has_photo=facts.has_photo)
        .returning(Review.id)
        .execution_options(synchronize_session=False)
    )
    return Kept(row, new=False, changed=changed is not None)


async def keep_order(session: AsyncSession, facts: OrderFacts, buyer: UUID) -> UUID:
    """Complete what is missing in the order's row; a later source never overwrites an earlier one."""
    known = {"id": uuid4(), "shop": facts.shop, "external_id": facts.order_external_id, "buyer": buyer}
    told = {name: getattr(facts, name) for name in _TOLD}
    order: UUID | None = (await rows(session, _KEEP_ORDER, known | told)).scalar()
    assert order is not None, "an upsert returns its row"  # noqa: S101
    return order


def _columns(facts: ReviewFacts) -> dict[str, object]:
    names = ("shop", "platform", "external_id", "order_external_id", "grade", "has_photo", "created_at", "item_id")
    return {name: getattr(facts, name) for name in names} | {"source": facts.source}


def identified(facts: OrderFacts) -> BuyerFacts:
    """Behind a masked or missing id may stand anybody, so such a buyer is known by the order alone."""
    buyer = facts.buyer
    if buyer.platform_id.strip() and "*" not in buyer.platform_id:
        return buyer
    return replace(buyer, platform_id=f"order:{facts.shop}:{facts.order_external_id}")


def _storable(facts: ReviewFacts) -> ReviewFacts:
    words = ("text", "append", "item_title", "province", "address")
    clean: dict[str, Any] = {
        name: storable_text(getattr(facts, name)) for name in words if getattr(facts, name) is not None
    }
    people = ("platform_id", "nick", "name", "phone", "account")
    buyer: dict[str, Any] = {
        name: storable_text(getattr(facts.buyer, name)) for name in people if getattr(facts.buyer, name) is not None
    }
    return replace(facts, **clean, buyer=replace(facts.buyer, **buyer))


def storable_text(text: str) -> str:
    return _UNSTORABLE.sub("�", text)
