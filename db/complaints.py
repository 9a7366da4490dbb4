"""Complaints that are no review yet: kept once, taken, ended, and forgotten with what else is known of a buyer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import NotThere
from db.buyers import aliases_of
from db.sealed_texts import seal_text
from db.tables.buyers import Buyer, SealedText
from db.tables.complaints import Complaint
from db.tables.office import Shop
from domain.complaints import ComplaintEnded, ComplaintOutcome, ComplaintTaken

_IDS = UUID("6d1f1c1e-6f6e-4d0b-9e55-0a3a6d5f7b21")


@dataclass(frozen=True, slots=True)
class ComplaintFacts:
    """One complaint as it was told; `cause` and `severity` are suggested from its words."""

    shop: str
    source_id: str
    channel: str
    text: str
    said_at: datetime
    cause: str
    severity: int
    order: str | None = None
    buyer: UUID | None = None


def complaint_id(shop: str, source_id: str) -> UUID:
    """The same complaint told twice has the same id."""
    return uuid5(_IDS, f"{shop}:{source_id}")


async def keep_complaint(
    session: AsyncSession, facts: ComplaintFacts, minutes: int, now: datetime
) -> tuple[UUID, bool]:
    """Its id, and whether this call made it."""
    id = complaint_id(facts.shop, facts.source_id)
    text = await seal_text(session, "complaint", facts.text, now, uuid5(id, "text"))
    row = insert(Complaint).values(
        id=id, shop=facts.shop, source_id=facts.source_id, order_external_id=facts.order, buyer=facts.buyer,
        channel=facts.channel, text=UUID(text.id), cause=facts.cause, severity=facts.severity, said_at=facts.said_at,
        due_at=facts.said_at + timedelta(minutes=minutes),
    )  # fmt: skip
    made = await session.scalar(row.on_conflict_do_nothing().returning(Complaint.id))
    return id, made is not None


async def buyer_row(session: AsyncSession, shop: str, person: UUID) -> UUID | None:
    """One of the person's rows at the shop's marketplace, by which the words are forgotten with them."""
    platform = select(Shop.platform).where(Shop.code == shop).scalar_subquery()
    found = select(Buyer.id).where(Buyer.person.in_(await aliases_of(session, person)), Buyer.platform == platform)
    return await session.scalar(found.order_by(Buyer.id).limit(1))


async def open_complaint(session: AsyncSession, id: UUID) -> Complaint:
    """For somebody who is about to change it. Raises NotThere."""
    row = await session.get(Complaint, id, with_for_update=True)
    if row is None:
        raise NotThere("There is no such complaint; GET /complaints lists them.")
    return row


def take(row: Complaint, person: UUID, now: datetime) -> None:
    """One person talks to the buyer. Raises ComplaintEnded, ComplaintTaken."""
    if row.ended_at is not None:
        raise ComplaintEnded("This complaint was ended; what came of it stands beside it.")
    if row.taken_by is not None and row.taken_by != person:
        raise ComplaintTaken("Somebody else has taken this complaint; ask them, or let a lead end it.")
    row.taken_by, row.taken_at = person, row.taken_at or now


async def end(
    session: AsyncSession, row: Complaint, person: UUID, outcome: ComplaintOutcome, how: str, words: str, now: datetime
) -> None:
    """What was said, and what came of it; once. Raises ComplaintEnded."""
    if row.ended_at is not None:
        raise ComplaintEnded("This complaint was ended; what came of it stands beside it.")
    sealed = await seal_text(session, "complaint.words", words, now, uuid5(row.id, "words"))
    row.ended_by, row.ended_at, row.outcome, row.how, row.words = person, now, outcome, how, UUID(sealed.id)
    await session.flush()


async def forget_complaints(session: AsyncSession, which: ColumnElement[bool], now: datetime) -> int:
    """Take the words of these complaints; how many texts were there."""
    texts = (
        select(Complaint.text).where(which).union(select(Complaint.words).where(which, Complaint.words.is_not(None)))
    )
    gone = update(SealedText).where(SealedText.id.in_(texts), SealedText.erased_at.is_(None))
    erased = await session.scalars(
        gone.values(body=None, salt=None, erased_at=now)
        .returning(SealedText.id)
        .execution_options(synchronize_session=False)
    )
    return len(erased.all())
