"""What is known of the buyer of a case: earlier cases and orders of the same person, and who they are, masked."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.buyers import aliases_of, person_of
from db.reads.reviews import MaskedBuyer, masked
from db.tables.buyers import Buyer, Review, ShopOrder
from db.tables.cases import CaseFile
from db.tables.reversals import ReversalRow

# The newest are what a talk needs; more would be a dossier.
AT_MOST = 50


class EarlierCase(BaseModel):
    """Another case of the same person, with the grade that its review had."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    kind: str
    shop: str
    platform: str
    grade: str
    cause: str | None
    stage: str
    outcome: str | None = Field(description="`reversed`: paid for, and bad again")
    review_created_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    paid_fen: int


class EarlierOrder(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    shop: str
    external_id: str
    item_id: str | None
    item_title: str | None
    paid_fen: int | None
    finished_at: datetime | None
    of_this_case: bool = Field(default=False, description="the order that this case's review is about")


class KnownBuyer(BaseModel):
    """`cases` and `orders` are the newest first, at most 50 each, and only of shops that the reader may see; reversals
    are counted over every shop."""

    reversals: int = Field(description="reviews of this person that turned bad again after they were paid for")
    buyer: MaskedBuyer | None
    cases: list[EarlierCase]
    orders: list[EarlierOrder]


async def known_buyer(session: AsyncSession, case: CaseFile, shops: frozenset[str] | None) -> KnownBuyer:
    """`shops` None means every shop."""
    review = await session.get_one(Review, case.source_row)
    if review.buyer is None:
        return KnownBuyer(reversals=0, buyer=None, cases=[], orders=[])
    people = await aliases_of(session, await person_of(session, review.buyer))
    reversals = select(func.count()).where(ReversalRow.buyer_person.in_(people))
    return KnownBuyer(
        reversals=await session.scalar(reversals) or 0,
        buyer=masked(await session.get_one(Buyer, review.buyer)),
        cases=await _cases(session, case, people, shops),
        orders=await _orders(session, review, people, shops),
    )


async def _cases(
    session: AsyncSession, case: CaseFile, people: Sequence[UUID], shops: frozenset[str] | None
) -> list[EarlierCase]:
    found = select(CaseFile).where(CaseFile.buyer_person.in_(people), CaseFile.number != case.number)
    found = found.where(*_of(CaseFile.shop, shops)).order_by(CaseFile.opened_at.desc(), CaseFile.number).limit(AT_MOST)
    return [EarlierCase.model_validate(row) for row in await session.scalars(found)]


async def _orders(
    session: AsyncSession, review: Review, people: Sequence[UUID], shops: frozenset[str] | None
) -> list[EarlierOrder]:
    found = select(ShopOrder).join(Buyer, Buyer.id == ShopOrder.buyer).where(Buyer.person.in_(people))
    newest = ShopOrder.finished_at.desc().nulls_first(), ShopOrder.external_id.desc()
    rows = await session.scalars(found.where(*_of(ShopOrder.shop, shops)).order_by(*newest).limit(AT_MOST))
    return [_order(row, review) for row in rows]


def _order(row: ShopOrder, review: Review) -> EarlierOrder:
    return EarlierOrder.model_validate(row).model_copy(update={"of_this_case": row.id == review.order})


def _of(column: InstrumentedAttribute[str], shops: frozenset[str] | None) -> list[ColumnElement[bool]]:
    return [] if shops is None else [column.in_(shops)]
