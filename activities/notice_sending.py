"""Sending what is due to the staff's channels, and seeing to it that somebody hears when sending stops."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.notice_alarms import alarm
from activities.notice_claims import Claimed, claim, lost
from activities.notice_planning import NoticesRequest
from activities.policies import Policies
from db.notice_routes import queue, reachable
from db.sessions import Sessions
from db.tables.notices import NoticeChannel, NoticeDelivery, NoticeTold
from domain.notice_channels import ChannelKind
from domain.notice_sending import MISSED, Answer, DeliveryState, next_state
from gateways.failures import AuthRevoked, GatewayFailure, RateLimited, Rejected
from gateways.mail import Letter, Mail
from gateways.robots import RobotAddress, RobotKind, Robots
from gateways.wire import wall_clock

# A run begins nothing new after this; the next one is a few seconds away.
BUDGET_SECONDS = 25.0
# A message that is put off by less than this is waited for.
SOON = timedelta(seconds=2)
# Urgent: so many tries in vain, and the person's next channel is tried beside.
PATIENCE = 3


@dataclass(frozen=True, slots=True)
class Ending:
    """How a try went; `pause` is how long the other side wants to hear nothing from us."""

    answer: Answer
    code: str
    pause: timedelta | None = None


class NoticeSendingActivities:
    def __init__(self, sessions: Sessions, policies: Policies, robots: Robots, mail: Mail | None) -> None:
        self._sessions = sessions
        self._policies = policies
        self._robots = robots
        self._mail = mail

    @activity.defn
    async def send_notices(self, request: NoticesRequest) -> int:
        """Send until nothing is due; how many were taken. What was claimed by a worker that died is not sent again."""
        began, taken = time.monotonic(), 0
        while (spent := time.monotonic() - began) < BUDGET_SECONDS:
            now = request.now + timedelta(seconds=spent)
            async with self._sessions.begin() as session:
                for delivery in await lost(session, now):
                    await _elsewhere(session, delivery.id, delivery.person, delivery.shop, delivery.urgent, now)
                claimed = await claim(session, self._policies, now)
            answers = await asyncio.gather(*(self._send(one, now) for one in claimed))
            taken += answers.count(Answer.TAKEN)
            if not claimed and not await self._soon(now):
                break
        async with self._sessions.begin() as session:
            await alarm(session, self._policies, request.now)
        return taken

    async def _soon(self, now: datetime) -> bool:
        """Whether a message is due in a moment, after that moment."""
        async with self._sessions() as session:
            first = await session.scalar(
                select(func.min(NoticeDelivery.next_try_at)).where(NoticeDelivery.state == DeliveryState.QUEUED)
            )
        if first is None or first - now > SOON:
            return False
        await asyncio.sleep(max(0.1, (first - now).total_seconds()))
        return True

    async def _send(self, one: Claimed, now: datetime) -> Answer:
        try:
            await self._give(one, now)
            ending = Ending(Answer.TAKEN, "ok")
        except GatewayFailure as failure:
            ending = ending_of(failure)
        async with self._sessions.begin() as session:
            await _keep(session, one, ending, now)
        return ending.answer

    async def _give(self, one: Claimed, now: datetime) -> None:
        """Raises GatewayFailure."""
        to = one.address
        if to.kind is ChannelKind.EMAIL:
            if self._mail is None:
                raise Rejected("mail server", "not-set-up", "set AMENDS_SMTP_HOST", permanent=False)
            message = one.message
            await self._mail.send(Letter(to.to, message.subject, message.whole, str(one.id), now))
        else:
            address = RobotAddress(SecretStr(to.to), SecretStr(to.secret) if to.secret else None)
            await self._robots.send(RobotKind(to.kind), address, one.message.whole)


def ending_of(failure: GatewayFailure) -> Ending:
    """503 is the one answer of a server in trouble that says by itself that nothing was done (RFC 9110, 15.6.4)."""
    if failure.maybe_done and failure.code != "http-503":
        return Ending(Answer.OPEN, failure.code)
    if isinstance(failure, RateLimited):
        # Told by the clock on the wall, which a story's own time may have left behind.
        return Ending(Answer.NOT_DONE, failure.code, failure.until - wall_clock())
    if isinstance(failure, Rejected) and failure.permanent and not isinstance(failure, AuthRevoked):
        return Ending(Answer.REFUSED, failure.code)
    return Ending(Answer.NOT_DONE, failure.code)


async def _keep(session: AsyncSession, one: Claimed, ending: Ending, now: datetime) -> None:
    """Only what is still claimed by this very try; a claim that was called lost meanwhile stays so."""
    state, again = next_state(
        ending.answer, tries=one.tries, urgent=one.urgent, queued_at=one.queued_at, give_up_hours=one.give_up_hours,
        now=now,
    )  # fmt: skip
    if again is not None and ending.pause is not None:
        again = max(again, now + ending.pause)
    ours = (
        NoticeDelivery.id == one.id,
        NoticeDelivery.state == DeliveryState.SENDING,
        NoticeDelivery.tries == one.tries,
    )
    ended = {"state": state, "next_try_at": again, "ended_at": now if again is None else None, "code": ending.code}
    if await session.scalar(update(NoticeDelivery).where(*ours).values(**ended).returning(NoticeDelivery.id)) is None:
        return
    await _note_health(session, one.channel, ending, now)
    tired = one.tries == PATIENCE and state is DeliveryState.QUEUED
    if (state in MISSED or tired) and one.what != "test":
        await _elsewhere(session, one.id, one.person, one.shop, one.urgent, now)


async def _note_health(session: AsyncSession, channel: UUID, ending: Ending, now: datetime) -> None:
    """A channel that has had enough for now is not ill."""
    values: dict[str, object] = {"last_code": ending.code, "last_failed_at": now}
    if ending.answer is Answer.TAKEN:
        values = {"last_code": ending.code, "last_ok_at": now, "failing_since": None, "alarmed_at": None}
    elif ending.pause is None:
        values["failing_since"] = func.coalesce(NoticeChannel.failing_since, now)
    await session.execute(update(NoticeChannel).where(NoticeChannel.id == channel).values(**values))


async def _elsewhere(
    session: AsyncSession, delivery: UUID, person: UUID | None, shop: str | None, urgent: bool, now: datetime
) -> None:
    """What is urgent and did not come through goes to the person's next channel that has not told it."""
    if not urgent or person is None or shop is None:
        return
    told = select(NoticeTold.notice).where(NoticeTold.delivery == delivery)
    notices = list(await session.scalars(told))
    one = (await reachable(session, [person], now))[person]
    for channel in [*one.healthy, *one.failing] if notices else ():
        if await queue(session, now, channel, notices, what="notice", at=now, urgent=True, shop=shop, person=person):
            return
