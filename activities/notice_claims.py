"""Taking messages out of the queue: each is claimed, committed, and only then sent."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.notice_channels import Address
from db.tables.cases import CaseFile, Notice
from db.tables.notices import NoticeChannel, NoticeDelivery, NoticeTold
from db.tables.office import Shop
from domain.notice_channels import WINDOW, ChannelKind, free_at
from domain.notice_sending import LOST_AFTER, DeliveryState
from domain.notice_words import Message, Told, composed, trial

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message on its way out."""

    id: UUID
    channel: UUID
    person: UUID | None
    shop: str | None
    what: str
    urgent: bool
    tries: int
    queued_at: datetime
    give_up_hours: int
    address: Address = field(repr=False)
    message: Message = field(repr=False)


@dataclass(slots=True)
class _About:
    """What a message tells of, as far as that is still open."""

    told: list[Told] = field(default_factory=list)
    zone: str = "Asia/Shanghai"


async def lost(session: AsyncSession, now: datetime) -> list[NoticeDelivery]:
    """Messages whose sender has died: nobody knows whether they left."""
    sending = NoticeDelivery.state == DeliveryState.SENDING, NoticeDelivery.claimed_at < now - LOST_AFTER
    found = list(await session.scalars(select(NoticeDelivery).where(*sending).with_for_update(skip_locked=True)))
    for delivery in found:
        delivery.state, delivery.ended_at, delivery.code = DeliveryState.UNKNOWN, now, "lost"
    return found


async def claim(session: AsyncSession, policies: Policies, now: datetime) -> list[Claimed]:
    """What is due and what its channel takes now; the rest of it is put off to when the channel does. The channels are
    locked, so that two workers never count the same minute."""
    due = (
        select(NoticeDelivery, NoticeChannel)
        .join(NoticeChannel, NoticeChannel.id == NoticeDelivery.channel)
        .where(NoticeDelivery.state == DeliveryState.QUEUED, NoticeDelivery.next_try_at <= now)
        .order_by(NoticeDelivery.urgent.desc(), NoticeDelivery.next_try_at, NoticeDelivery.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = [(row.NoticeDelivery, row.NoticeChannel) for row in await session.execute(due)]
    if not rows:
        return []
    sent = await _sent_lately(session, {channel.id for _, channel in rows}, now)
    about = await _about(session, [delivery.id for delivery, _ in rows])
    found = []
    for delivery, channel in rows:
        one = await _claimed(session, policies, delivery, channel, about.get(delivery.id), sent, now)
        if one is not None:
            found.append(one)
    return found


async def _claimed(
    session: AsyncSession,
    policies: Policies,
    delivery: NoticeDelivery,
    channel: NoticeChannel,
    about: _About | None,
    sent: dict[UUID, list[datetime]],
    now: datetime,
) -> Claimed | None:
    nothing_left = delivery.what != "test" and (about is None or not about.told)
    if not channel.active or channel.address is None or nothing_left:
        delivery.state, delivery.next_try_at, delivery.ended_at = DeliveryState.DROPPED, None, now
        delivery.code = "case-closed" if nothing_left else "channel-off"
        return None
    free = free_at(ChannelKind(channel.kind), sent[channel.id], now)
    if free > now:
        delivery.next_try_at = free
        return None
    policy, _ = await policies.notices(session, delivery.shop or "")
    message = trial(channel.label)
    if about is not None and about.told:
        message = composed(about.told, policy, about.zone, urgent=delivery.urgent)
    delivery.state, delivery.next_try_at, delivery.claimed_at = DeliveryState.SENDING, None, now
    delivery.tries += 1
    sent[channel.id].append(now)
    return Claimed(
        delivery.id, channel.id, delivery.person, delivery.shop, delivery.what, delivery.urgent, delivery.tries,
        delivery.queued_at, policy.give_up_hours, Address.opened(channel.kind, channel.address), message,
    )  # fmt: skip


async def _sent_lately(
    session: AsyncSession, channels: Collection[UUID], now: datetime
) -> defaultdict[UUID, list[datetime]]:
    lately = NoticeDelivery.channel.in_(channels), NoticeDelivery.claimed_at > now - WINDOW
    found: defaultdict[UUID, list[datetime]] = defaultdict(list)
    for row in await session.execute(select(NoticeDelivery.channel, NoticeDelivery.claimed_at).where(*lately)):
        found[row.channel].append(row.claimed_at)
    return found


async def _about(session: AsyncSession, deliveries: Sequence[UUID]) -> dict[UUID, _About]:
    """What has been closed since is left out: never a word about a closed case."""
    told = (
        select(
            NoticeTold.delivery, Notice.kind, Notice.level, Notice.case, Notice.due_at, Shop.name, Shop.zone,
            CaseFile.closed_at,
        )
        .join(Notice, Notice.id == NoticeTold.notice)
        .join(Shop, Shop.code == Notice.shop)
        .outerjoin(CaseFile, CaseFile.number == Notice.case)
        .where(NoticeTold.delivery.in_(deliveries))
        .order_by(Notice.at, Notice.case, Notice.id)
    )  # fmt: skip
    found: defaultdict[UUID, _About] = defaultdict(_About)
    # A group's message holds a notice for each person who is told of one thing; the group hears of it once.
    seen = set[tuple[UUID, Told]]()
    for row in await session.execute(told):
        line = Told(row.kind, row.level, row.name, row.case, row.due_at)
        found[row.delivery].zone = row.zone
        if row.closed_at is None and (row.delivery, line) not in seen:
            seen.add((row.delivery, line))
            found[row.delivery].told.append(line)
    return found
