"""What became of messages to the staff, and what a person has not read yet."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import Notice
from db.tables.notices import NoticeChannel, NoticeDelivery, NoticeTold
from domain.notice_sending import DeliveryState

_NEW = and_(Notice.read_at.is_(None), Notice.dropped_at.is_(None))
# A message that should have left so long ago waits for somebody who does not come.
LATE_SECONDS = 600


class ToldLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    notice: UUID
    kind: str
    case: str | None


class DeliveryLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    channel: UUID
    channel_kind: str
    label: str
    shop: str | None
    person: UUID | None = Field(description="whose channel it is; null for a group's")
    what: str = Field(description="notice, digest or test")
    urgent: bool
    state: DeliveryState
    queued_at: datetime
    next_try_at: datetime | None
    tries: int
    ended_at: datetime | None
    code: str | None = Field(description="what the other side answered last, or our own word for it")
    told: list[ToldLine] = []


async def list_deliveries(
    session: AsyncSession,
    *,
    person: UUID | None = None,
    shop: str | None = None,
    state: DeliveryState | None = None,
    channel: UUID | None = None,
    limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[DeliveryLine]:
    """Of one person's own channels, or of a shop; the newest first."""
    mine = NoticeChannel.person == person if person is not None else NoticeDelivery.shop == shop
    found = (
        select(NoticeDelivery, NoticeChannel.kind, NoticeChannel.label)
        .join(NoticeChannel, NoticeChannel.id == NoticeDelivery.channel)
        .where(mine)
        .order_by(NoticeDelivery.queued_at.desc(), NoticeDelivery.id.desc())
        .limit(limit)
    )
    if state is not None:
        found = found.where(NoticeDelivery.state == state)
    if channel is not None:
        found = found.where(NoticeDelivery.channel == channel)
    if after is not None:
        found = found.where(tuple_(NoticeDelivery.queued_at, NoticeDelivery.id) < (after[0], UUID(after[1])))
    rows = (await session.execute(found)).all()
    told = await _told(session, [row.NoticeDelivery.id for row in rows])
    columns = [name for name in DeliveryLine.model_fields if name not in ("channel_kind", "label", "told")]
    return [
        DeliveryLine(
            **{name: getattr(row.NoticeDelivery, name) for name in columns},
            channel_kind=row.kind,
            label=row.label,
            told=told[row.NoticeDelivery.id],
        )
        for row in rows
    ]


async def _told(session: AsyncSession, deliveries: Collection[UUID]) -> defaultdict[UUID, list[ToldLine]]:
    asked = (
        select(NoticeTold.delivery, NoticeTold.notice, Notice.kind, Notice.case)
        .join(Notice, Notice.id == NoticeTold.notice)
        .where(NoticeTold.delivery.in_(deliveries))
        .order_by(Notice.at, Notice.id)
    )
    found: defaultdict[UUID, list[ToldLine]] = defaultdict(list)
    for row in await session.execute(asked) if deliveries else ():
        found[row.delivery].append(ToldLine.model_validate(row))
    return found


async def unread(session: AsyncSession, person: UUID, shops: frozenset[str] | None) -> int:
    """Of these shops; None: of every shop."""
    mine = select(func.count()).where(Notice.person == person, _NEW)
    if shops is not None:
        mine = mine.where(Notice.shop.in_(shops))
    return await session.scalar(mine) or 0


async def mark_read(
    session: AsyncSession, person: UUID, now: datetime, notices: Collection[UUID], until: datetime | None
) -> int:
    """These of the person's own, and all up to a moment; how many were new. What is not theirs is not touched."""
    which: ColumnElement[bool] = Notice.id.in_(notices)
    if until is not None:
        which = or_(which, Notice.at <= until)
    marked = update(Notice).where(Notice.person == person, _NEW, which).values(read_at=now)
    return len((await session.execute(marked.returning(Notice.id))).all())


class ChannelTrouble(BaseModel):
    """A channel that fails since then; `code` is the last answer, `alarmed` that administrators were told."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    label: str
    failing_since: datetime
    code: str | None
    alarmed: bool


async def failing_channels(session: AsyncSession) -> list[ChannelTrouble]:
    found = (
        select(
            NoticeChannel.id, NoticeChannel.kind, NoticeChannel.label, NoticeChannel.failing_since,
            NoticeChannel.last_code.label("code"), NoticeChannel.alarmed_at.is_not(None).label("alarmed"),
        )
        .where(NoticeChannel.active, NoticeChannel.removed_at.is_(None), NoticeChannel.failing_since.is_not(None))
        .order_by(NoticeChannel.failing_since)
        .limit(50)
    )  # fmt: skip
    return [ChannelTrouble.model_validate(row) for row in await session.execute(found)]


async def oldest_due(session: AsyncSession) -> datetime | None:
    """Since when the message has been due that waits longest."""
    queued = NoticeDelivery.state == DeliveryState.QUEUED
    return await session.scalar(select(func.min(NoticeDelivery.next_try_at)).where(queued))
