"""What opening a case asks of the database: few statements, built once, as every case runs them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.sessions import rows
from db.tables.buyers import Buyer, BuyerPerson, Review, SealedText, ShopOrder
from db.tables.cases import CaseFile, CaseKey
from db.tables.office import Installation, Shop
from db.tables.reversals import ReversalRow
from domain.platforms import Grade

A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Reported:
    """A review as the way in left it; `text` None: erased."""

    review: Review
    order: ShopOrder | None
    shop: Shop
    text: str | None
    installation: str


@dataclass(frozen=True, slots=True)
class FileRef:
    number: str
    serial: int
    buyer_person: UUID | None


@dataclass(frozen=True, slots=True)
class Before:
    """Cases of the same person under other numbers, bad reviews of the same product in the week before, how many
    of those cases were turned bad again after payment, and reviews of the same person in the same shop before this one
    that are known of the time asked about: at least so many, since good ones are not kept."""

    cases: int
    bad_reviews: int
    reversals: int
    scores: int


_REPORTED = (
    select(Review, ShopOrder, Shop, SealedText.body, select(Installation.prefix).scalar_subquery().label("prefix"))
    .select_from(Review)
    .join(Shop, Shop.code == bindparam("shop"))
    .outerjoin(ShopOrder, ShopOrder.id == Review.order)
    .outerjoin(SealedText, SealedText.id == Review.text)
    .where(Review.id == bindparam("review", type_=Uuid))
)
_PERSON = (
    select(func.coalesce(BuyerPerson.merged_into, BuyerPerson.id))
    .join(Buyer, Buyer.person == BuyerPerson.id)
    .where(Buyer.id == bindparam("buyer", type_=Uuid))
    .scalar_subquery()
)
_FILES, _KEYS = (model.metadata.tables[model.__tablename__] for model in (CaseFile, CaseKey))
_NEW_FILE = (
    insert(_FILES)
    .values(buyer_person=_PERSON, cause_confirmed=False, severity=1, version=0, person_step=0, state={})
    .on_conflict_do_nothing(index_elements=["number"])
    .returning(_FILES.c.serial, _FILES.c.buyer_person)
)
_NEW_KEY = insert(_KEYS)
_other, _this = aliased(CaseFile), aliased(Review)
_CASES = (
    select(func.count())
    .where(_other.buyer_person == bindparam("person", type_=Uuid), _other.number != bindparam("number"))
    .scalar_subquery()
)
_REVERSALS = (
    select(func.count())
    .where(ReversalRow.buyer_person == bindparam("person", type_=Uuid), ReversalRow.case != bindparam("number"))
    .scalar_subquery()
)
_BAD_REVIEWS = (
    select(func.count())
    .select_from(_this)
    .join(
        Review,
        (Review.item_id == _this.item_id)
        & (Review.shop == _this.shop)
        & (Review.created_at > _this.created_at - A_WEEK)
        & (Review.created_at <= _this.created_at),
    )
    .where(_this.id == bindparam("review", type_=Uuid), Review.grade == Grade.BAD)
    .scalar_subquery()
)
_SCORES = (
    select(func.count())
    .select_from(_this)
    .join(Review, (Review.shop == _this.shop) & (Review.created_at < _this.created_at))
    .join(Buyer, Buyer.id == Review.buyer)
    .where(_this.id == bindparam("review", type_=Uuid), Buyer.person == bindparam("person", type_=Uuid))
    .where(Review.created_at >= bindparam("scores_since", type_=Review.created_at.type))
    .scalar_subquery()
)
_BEFORE = select(
    _CASES.label("cases"), _BAD_REVIEWS.label("bad_reviews"), _REVERSALS.label("reversals"), _SCORES.label("scores")
)
_BAD = select(_BAD_REVIEWS)


async def reported(session: AsyncSession, review: UUID, shop: str) -> Reported:
    """Raises NoResultFound for a review or a shop that is not there."""
    row = (await session.execute(_REPORTED, {"review": review, "shop": shop})).one()
    return Reported(row.Review, row.ShopOrder, row.Shop, row.body, row.prefix or "")


async def insert_file(session: AsyncSession, row: dict[str, Any]) -> FileRef | None:
    """None when another case has the number. `row` names the buyer; the file keeps the person behind."""
    made = (await rows(session, _NEW_FILE, row)).one_or_none()
    return FileRef(row["number"], made.serial, made.buyer_person) if made else None


async def insert_key(session: AsyncSession, row: dict[str, Any]) -> None:
    await rows(session, _NEW_KEY, row)


async def before_it(session: AsyncSession, review: Review, file: FileRef, scores_since: datetime | None) -> Before:
    """`scores_since` None: nobody asks about scores, and there are none."""
    asked = {"person": file.buyer_person, "number": file.number, "review": review.id, "scores_since": scores_since}
    return Before(*(await rows(session, _BEFORE, asked)).one())


async def bad_reviews(session: AsyncSession, review: Review) -> int:
    """How many bad reviews the same product got in the week before this one, itself among them."""
    return await session.scalar(_BAD, {"review": review.id}) or 0
