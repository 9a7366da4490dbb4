"""Complaints as the desk sees them, and how many of them became reviews all the same."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ScalarSelect, Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from db.tables.buyers import Review, SealedText
from db.tables.cases import CaseFile
from db.tables.complaints import Complaint
from domain.complaints import ComplaintOutcome


class ComplaintLine(BaseModel):
    """One complaint. `case` is that of the review which came after all."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    shop: str
    order: str | None
    channel: str
    text: str | None = Field(description="null once it was erased")
    cause: str = Field(description="suggested from the words")
    severity: int
    said_at: datetime
    due_at: datetime
    taken_by: UUID | None
    taken_at: datetime | None
    ended_by: UUID | None
    ended_at: datetime | None
    outcome: ComplaintOutcome | None
    how: str | None
    words: str | None = Field(description="what the buyer was told")
    case: str | None


class ComplaintFigures(BaseModel):
    """Of the complaints of a time: how many wait, how many were talked about, and how many became a review."""

    complaints: int
    waiting: int
    by_outcome: dict[ComplaintOutcome, int]
    became_reviews: int


async def list_complaints(
    session: AsyncSession,
    shops: frozenset[str] | None,
    ended: bool | None,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[ComplaintLine]:
    """The first due first."""
    found = _lines().order_by(Complaint.due_at, Complaint.id).limit(limit)
    if shops is not None:
        found = found.where(Complaint.shop.in_(shops))
    if ended is not None:
        found = found.where(Complaint.ended_at.is_not(None) if ended else Complaint.ended_at.is_(None))
    if after is not None:
        found = found.where(tuple_(Complaint.due_at, Complaint.id) > (after[0], UUID(after[1])))
    return [ComplaintLine.model_validate(row) for row in await session.execute(found)]


async def complaint_line(session: AsyncSession, id: UUID) -> ComplaintLine:
    return ComplaintLine.model_validate((await session.execute(_lines().where(Complaint.id == id))).one())


async def complaints_before(session: AsyncSession, review: UUID) -> Sequence[ComplaintLine]:
    """Of the review's own order, the oldest first."""
    order = select(Review.shop, Review.order_external_id).where(Review.id == review).subquery()
    found = _lines().join(
        order, (order.c.shop == Complaint.shop) & (order.c.order_external_id == Complaint.order_external_id)
    )
    return [ComplaintLine.model_validate(row) for row in await session.execute(found.order_by(Complaint.said_at))]


async def complaint_figures(session: AsyncSession, shop: str, since: datetime, until: datetime) -> ComplaintFigures:
    within = (Complaint.shop == shop, Complaint.said_at >= since, Complaint.said_at < until)
    rows = await session.execute(select(Complaint.outcome, func.count()).where(*within).group_by(Complaint.outcome))
    counts = dict(list(rows))
    reviewed = select(func.count()).select_from(Complaint).where(*within, _case_of().is_not(None))
    return ComplaintFigures(
        complaints=sum(counts.values()),
        waiting=counts.get(None, 0),
        by_outcome={ComplaintOutcome(name): count for name, count in counts.items() if name is not None},
        became_reviews=await session.scalar(reviewed) or 0,
    )


def _case_of() -> ScalarSelect[str]:
    newer = (
        select(CaseFile.number)
        .join(Review, Review.id == CaseFile.source_row)
        .where(
            Review.shop == Complaint.shop,
            Review.order_external_id == Complaint.order_external_id,
            Review.created_at >= Complaint.said_at,
        )
    )
    return newer.order_by(CaseFile.opened_at).limit(1).correlate(Complaint).scalar_subquery()


def _lines() -> Select[tuple[object, ...]]:
    said, told = aliased(SealedText), aliased(SealedText)
    plain = [getattr(Complaint, name) for name in ComplaintLine.model_fields if name not in _OTHERWISE]
    return (
        select(
            *plain, Complaint.order_external_id.label("order"), said.body.label("text"), told.body.label("words"),
            _case_of().label("case"),
        )
        .join(said, said.id == Complaint.text)
        .outerjoin(told, told.id == Complaint.words)
    )  # fmt: skip


_OTHERWISE = frozenset({"order", "text", "words", "case"})
