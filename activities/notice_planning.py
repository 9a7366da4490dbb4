"""Deciding what is told at once and where; the rest waits for the digest of its shop."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.policies import Policies
from db.notice_routes import Reachable, groups_of, queue, reachable, tell
from db.sessions import Sessions
from db.tables.cases import CaseFile, Notice
from db.tables.notices import NoticeDelivery
from domain.notice_preferences import When
from domain.notice_sending import DeliveryState
from domain.policies.notices import NoticesPolicy, Urgency
from domain.quiet_hours import heard_at

A_ROUND = 200
# What is not urgent comes to a group gathered, as it comes to people.
GATHERED = timedelta(minutes=10)


class NoticesRequest(BaseModel):
    model_config = ConfigDict(frozen=True)

    now: datetime


@dataclass(frozen=True, slots=True)
class Untold:
    """What a digest needs to know of a notice."""

    id: UUID
    kind: str
    level: int


class NoticePlanningActivities:
    def __init__(self, sessions: Sessions, policies: Policies) -> None:
        self._sessions = sessions
        self._policies = policies

    @activity.defn
    async def plan_notices(self, request: NoticesRequest) -> int:
        """Look at each new notice once; how many there were. Repeating it changes nothing."""
        planned, seen = 0, A_ROUND
        while seen == A_ROUND:
            async with self._sessions.begin() as session:
                seen = await self._round(session, request.now)
            planned += seen
        return planned

    async def _round(self, session: AsyncSession, now: datetime) -> int:
        waiting = (Notice.planned_at.is_(None), Notice.sent_at.is_(None), Notice.dropped_at.is_(None))
        wanted = select(Notice).where(*waiting).order_by(Notice.at, Notice.id).limit(A_ROUND)
        notices = list(await session.scalars(wanted.with_for_update(skip_locked=True)))
        by_shop: defaultdict[str, list[Notice]] = defaultdict(list)
        for notice in await _still_open(session, notices, now):
            by_shop[notice.shop].append(notice)
        for shop, theirs in by_shop.items():
            policy, _ = await self._policies.notices(session, shop)
            await _tell_people(session, policy, theirs, now)
            await _tell_groups(session, policy, shop, theirs, now)
        return len(notices)


async def _still_open(session: AsyncSession, notices: Sequence[Notice], now: datetime) -> list[Notice]:
    """Nobody hears of a closed case. What concerns a held one is for the digest after it is resumed."""
    held = CaseFile.state["held"].astext.is_not(None)
    cases = {notice.case for notice in notices if notice.case}
    asked = select(CaseFile.number, CaseFile.closed_at, held.label("held")).where(CaseFile.number.in_(cases))
    known = {row.number: row for row in (await session.execute(asked) if cases else ())}
    found = []
    for notice in notices:
        notice.planned_at = now
        case = known.get(notice.case)
        if case is not None and case.closed_at is not None:
            notice.dropped_at = now
        elif case is None or not case.held:
            found.append(notice)
    return found


async def _tell_people(session: AsyncSession, policy: NoticesPolicy, notices: Sequence[Notice], now: datetime) -> None:
    people = await reachable(session, {notice.person for notice in notices}, now)
    for notice in notices:
        person, urgency = people[notice.person], policy.urgency(notice.kind, notice.level)
        if not person.here:
            continue
        urgent = urgency is Urgency.URGENT
        at = _heard(person, policy, urgent, now)
        for channel in person.picked(notice.kind, urgency, When.AT_ONCE):
            queued = await queue(
                session, now, channel, [notice.id], what="notice", at=at, urgent=urgent, shop=notice.shop,
                person=notice.person,
            )  # fmt: skip
            if queued:
                notice.sent_at = now


def _heard(person: Reachable, policy: NoticesPolicy, urgent: bool, now: datetime) -> datetime:
    if urgent and policy.urgent_passes_quiet_hours:
        return now
    return heard_at(person.preferences.quiet, now)


async def _tell_groups(
    session: AsyncSession, policy: NoticesPolicy, shop: str, notices: Sequence[Notice], now: datetime
) -> None:
    """A group hears of one event once, whoever of its people is told."""
    groups = await groups_of(session, shop)
    events: defaultdict[str, list[Notice]] = defaultdict(list)
    for notice in notices if groups else ():
        events[_event(notice)].append(notice)
    for subject, theirs in events.items():
        ids, urgency = [notice.id for notice in theirs], policy.urgency(theirs[0].kind, theirs[0].level)
        for channel, least in groups:
            if urgency is Urgency.URGENT:
                await queue(session, now, channel, ids, what="notice", at=now, urgent=True, shop=shop, subject=subject)
            elif least is Urgency.NORMAL:
                await _gather(session, now, channel, ids[:1], shop)


def _event(notice: Notice) -> str:
    return f"{notice.case}:{notice.case_seq}" if notice.case else f"{notice.about}:{notice.kind}:{notice.level}"


async def _gather(session: AsyncSession, now: datetime, channel: UUID, notices: Sequence[UUID], shop: str) -> None:
    """Into the message that waits for the group already, or into a new one that leaves in a while."""
    waiting = select(NoticeDelivery.id).where(
        NoticeDelivery.channel == channel, NoticeDelivery.what == "digest", NoticeDelivery.tries == 0,
        NoticeDelivery.state == DeliveryState.QUEUED,
    )  # fmt: skip
    found = await session.scalar(waiting.limit(1).with_for_update())
    if found is not None:
        await tell(session, found, channel, notices)
    else:
        await queue(session, now, channel, notices, what="digest", at=now + GATHERED, urgent=False, shop=shop)


async def tell_digests(
    session: AsyncSession, policies: Policies, shop: str, now: datetime, digests: Mapping[UUID, Sequence[Untold]]
) -> None:
    """Over the channels that each person wants it on, outside of their quiet hours."""
    if not digests:
        return
    policy, _ = await policies.notices(session, shop)
    people = await reachable(session, digests.keys(), now)
    for person, notices in digests.items():
        one = people[person]
        channels: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for notice in notices:
            for channel in one.picked(notice.kind, policy.urgency(notice.kind, notice.level), When.DIGEST):
                channels[channel].append(notice.id)
        at = heard_at(one.preferences.quiet, now)
        for channel, ids in channels.items():
            await queue(session, now, channel, ids, what="digest", at=at, urgent=False, shop=shop, person=person)
