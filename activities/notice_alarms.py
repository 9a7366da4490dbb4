"""When sending stops, those who can mend it hear of it another way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.notice_routes import shops_of
from db.tables.cases import Notice
from db.tables.notices import NoticeChannel
from db.tables.office import Person, PersonRole, Shop
from domain.people import Role

CHANNEL_FAILING = "channel_failing"


async def alarm(session: AsyncSession, policies: Policies, now: datetime) -> None:
    """Once for each time that a channel fails for longer than the policy lets it."""
    failing = NoticeChannel.active, NoticeChannel.failing_since.is_not(None), NoticeChannel.alarmed_at.is_(None)
    for channel in await session.scalars(select(NoticeChannel).where(*failing).with_for_update(skip_locked=True)):
        shop = await _shop_of(session, channel)
        policy, _ = await policies.notices(session, shop or "")
        if channel.failing_since is None or now - channel.failing_since < timedelta(minutes=policy.fail_minutes):
            continue
        channel.alarmed_at = now
        if shop is not None:
            about = f"channel:{channel.id}:{channel.failing_since.isoformat()}"
            await tell_admins(session, shop, CHANNEL_FAILING, about, now)


async def tell_admins(session: AsyncSession, shop: str, kind: str, about: str, now: datetime) -> None:
    """A notice for each administrator of the shop and of the house. Telling the same once more changes nothing."""
    rows = [
        {"id": uuid4(), "shop": shop, "about": about, "person": person, "kind": kind, "level": 0, "at": now}
        for person in await _admins(session, shop)
    ]
    if rows:
        await session.execute(insert(Notice).on_conflict_do_nothing(), rows)


async def _admins(session: AsyncSession, shop: str) -> Sequence[UUID]:
    holders = (
        select(Person.id)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(PersonRole.role == Role.ADMIN, or_(PersonRole.shop == shop, PersonRole.shop.is_(None)), Person.active)
    )
    return list(dict.fromkeys(await session.scalars(holders)))


async def _shop_of(session: AsyncSession, channel: NoticeChannel) -> str | None:
    """The shop under which the alarm is told: the channel's own, one of its team's, one in which its person works."""
    if channel.shop is not None:
        return channel.shop
    wanted = select(Shop.code).order_by(Shop.serial).limit(1)
    if channel.team is not None:
        return await session.scalar(wanted.where(Shop.code.in_(await shops_of(session, channel.team))))
    theirs = select(PersonRole.shop).where(PersonRole.person == channel.person)
    return await session.scalar(wanted.where(Shop.code.in_(theirs))) or await session.scalar(wanted)
