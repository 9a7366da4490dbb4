"""Who can be reached where: channels and preferences of people, and the groups of shops."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Select, and_, or_, select, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.leaves import is_here
from db.tables.notices import NoticeChannel, NoticeDelivery, NoticePreference, NoticeTold
from db.tables.office import Person, Shop
from db.tables.teams import TeamShop
from domain.notice_channels import ChannelKind
from domain.notice_preferences import Preferences, When, chosen
from domain.notice_sending import DeliveryState
from domain.policies.notices import Urgency

_USABLE = NoticeChannel.active & NoticeChannel.removed_at.is_(None)


@dataclass(slots=True)
class Reachable:
    """One person: `channels` in the order in which they were added, `failing` those of which administrators know;
    `here` is False for whoever is away or has left."""

    preferences: Preferences = field(default_factory=Preferences)
    channels: dict[UUID, ChannelKind] = field(default_factory=dict)
    failing: set[UUID] = field(default_factory=set)
    here: bool = True

    @property
    def healthy(self) -> list[UUID]:
        return [channel for channel in self.channels if channel not in self.failing]

    def picked(self, kind: str, urgency: Urgency, when: When) -> list[UUID]:
        """The channels on which they hear of such a thing at this occasion. What is urgent does not wait for channels
        that all fail: it goes to the others too."""
        rule = self.preferences.rule(kind, urgency)
        if rule.when is not when:
            return []
        found = chosen(rule, self.channels)
        if urgency is Urgency.URGENT and self.failing.issuperset(found):
            found += [channel for channel in self.healthy if channel not in found]
        return found


async def reachable(session: AsyncSession, people: Collection[UUID], now: datetime) -> dict[UUID, Reachable]:
    found: defaultdict[UUID, Reachable] = defaultdict(Reachable)
    there = and_(Person.active, is_here(now)).label("here")
    for person in await session.execute(select(Person.id, there).where(Person.id.in_(people))):
        found[person.id].here = person.here
    for row in await session.scalars(select(NoticePreference).where(NoticePreference.person.in_(people))):
        found[row.person].preferences = Preferences.model_validate(row.document)
    theirs = (
        select(NoticeChannel.id, NoticeChannel.person, NoticeChannel.kind, NoticeChannel.alarmed_at)
        .where(_USABLE, NoticeChannel.person.in_(people))
        .order_by(NoticeChannel.made_at, NoticeChannel.id)
    )
    for channel in await session.execute(theirs):
        found[channel.person].channels[channel.id] = ChannelKind(channel.kind)
        if channel.alarmed_at is not None:
            found[channel.person].failing.add(channel.id)
    return found


def teams_of(shop: str) -> Select[str]:
    """The service team whose coupons the shop shares, and the teams of people that look after it."""
    service = select(Shop.team.label("team")).where(Shop.code == shop, Shop.team.is_not(None))
    theirs = union(service, select(TeamShop.team).where(TeamShop.shop == shop)).subquery()
    return select(theirs.c.team)


async def shops_of(session: AsyncSession, team: str) -> list[str]:
    """The shops that hear of a team's affairs."""
    theirs = select(TeamShop.shop).where(TeamShop.team == team)
    return list(await session.scalars(select(Shop.code).where(or_(Shop.team == team, Shop.code.in_(theirs)))))


async def groups_of(session: AsyncSession, shop: str) -> list[tuple[UUID, Urgency]]:
    """The channels of a shop and of its teams, each with the least that it hears of."""
    found = select(NoticeChannel.id, NoticeChannel.least).where(
        _USABLE, or_(NoticeChannel.shop == shop, NoticeChannel.team.in_(teams_of(shop)))
    )
    return [(row.id, Urgency(row.least)) for row in await session.execute(found)]


async def queue(
    session: AsyncSession,
    now: datetime,
    channel: UUID,
    notices: Sequence[UUID],
    *,
    what: str,
    at: datetime,
    urgent: bool,
    shop: str,
    person: UUID | None = None,
    subject: str | None = None,
) -> bool:
    """One message about these notices, and whether there is one now: what the channel was told before is left out."""
    fresh = await _not_told(session, channel, notices)
    if not fresh:
        return False
    row = {
        "id": uuid4(), "channel": channel, "shop": shop, "person": person, "what": what, "urgent": urgent,
        "subject": subject, "state": DeliveryState.QUEUED, "queued_at": now, "next_try_at": at, "tries": 0,
    }  # fmt: skip
    made = insert(NoticeDelivery).values(**row).on_conflict_do_nothing().returning(NoticeDelivery.id)
    delivery = await session.scalar(made)
    if delivery is None:
        return False
    await tell(session, delivery, channel, fresh)
    return True


async def tell(session: AsyncSession, delivery: UUID, channel: UUID, notices: Sequence[UUID]) -> None:
    told = [{"notice": notice, "channel": channel, "delivery": delivery} for notice in notices]
    await session.execute(insert(NoticeTold).on_conflict_do_nothing(), told)


async def _not_told(session: AsyncSession, channel: UUID, notices: Sequence[UUID]) -> list[UUID]:
    known = select(NoticeTold.notice).where(NoticeTold.channel == channel, NoticeTold.notice.in_(notices))
    told = set(await session.scalars(known))
    return [notice for notice in notices if notice not in told]
