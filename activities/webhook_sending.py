"""Sending webhooks: each listener for itself, each case of it in order, each event until it comes through or a day is
over."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from temporalio import activity

from activities.notice_alarms import tell_admins
from db.sessions import Sessions
from db.tables.cases import CaseFile
from db.tables.record import CaseEvent
from db.tables.webhooks import WebhookDelivery, WebhookSubscription
from db.webhooks import miss_what_waits
from domain.webhooks import (
    GIVE_UP_AFTER,
    LOST_AFTER,
    OFF_AFTER,
    OPEN,
    PING,
    WebhookState,
    gone,
    next_state,
    outside,
    payload,
    succeeded,
)
from gateways.failures import GatewayFailure
from gateways.webhooks import Webhook, Webhooks

WEBHOOK_OFF = "webhook_off"
LISTENERS_A_RUN = 100
CASES_AT_ONCE = 8
BUDGET_SECONDS = 20.0


class WebhooksRequest(BaseModel):
    model_config = ConfigDict(frozen=True)

    now: datetime


class ListenerRequest(WebhooksRequest):
    webhook: str


@dataclass(frozen=True, slots=True)
class Sending:
    """A delivery that is claimed."""

    id: UUID
    tries: int
    queued_at: datetime
    hook: Webhook = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ending:
    """`status` None: there was no answer, and `code` says why."""

    status: int | None
    code: str
    retry_after: timedelta | None = None


class WebhookActivities:
    def __init__(self, sessions: Sessions, webhooks: Webhooks) -> None:
        self._sessions = sessions
        self._webhooks = webhooks

    @activity.defn
    async def who_is_due(self, request: WebhooksRequest) -> list[str]:
        """Listeners for whom something is due; those first who wait longest."""
        async with self._sessions() as session:
            found = (
                select(WebhookDelivery.subscription)
                .join(WebhookSubscription, WebhookSubscription.id == WebhookDelivery.subscription)
                .where(_due(request.now), WebhookSubscription.active)
                .group_by(WebhookDelivery.subscription)
                .order_by(func.min(WebhookDelivery.queued_at))
                .limit(LISTENERS_A_RUN)
            )
            return [str(one) for one in await session.scalars(found)]

    @activity.defn
    async def send_webhooks(self, request: ListenerRequest) -> int:
        """What is due for one listener, until nothing is or one try fails; how many came through. A listener that fails
        is asked one thing at a time, so that it is not run over when it comes back."""
        began, taken, webhook = time.monotonic(), 0, UUID(request.webhook)
        while (spent := time.monotonic() - began) < BUDGET_SECONDS:
            now = request.now + timedelta(seconds=spent)
            async with self._sessions.begin() as session:
                claimed = await _claim(session, webhook, now)
            endings = await asyncio.gather(*(self._send(webhook, one, now) for one in claimed))
            good = sum(succeeded(ending.status) for ending in endings)
            taken += good
            if good < len(endings) or not endings:
                break
        return taken

    async def _send(self, webhook: UUID, one: Sending, now: datetime) -> Ending:
        try:
            answer = await self._webhooks.send(one.hook)
            ending = Ending(answer.status, str(answer.status), answer.retry_after)
        except GatewayFailure as failure:
            ending = Ending(None, failure.code)
        async with self._sessions.begin() as session:
            await _keep(session, webhook, one, ending, now)
        return ending


def _due(now: datetime) -> ColumnElement[bool]:
    queued = and_(WebhookDelivery.state == WebhookState.QUEUED, WebhookDelivery.next_try_at <= now)
    lost = and_(WebhookDelivery.state == WebhookState.SENDING, WebhookDelivery.claimed_at < now - LOST_AFTER)
    return or_(queued, lost)


async def _claim(session: AsyncSession, webhook: UUID, now: datetime) -> list[Sending]:
    """The first open event of each case that is due; the listener is locked, so that no other worker takes its next."""
    locked = select(WebhookSubscription).where(WebhookSubscription.id == webhook, WebhookSubscription.active)
    listener = (await session.scalars(locked.with_for_update(skip_locked=True, key_share=True))).one_or_none()
    if listener is None or listener.secret is None:
        return []
    await _bring_back(session, webhook, now)
    rows = list(await session.scalars(_heads(webhook, now, 1 if listener.failing_since else CASES_AT_ONCE)))
    bodies = await _bodies(session, listener, rows)
    keys = tuple(key for key in (listener.secret, _old_secret(listener, now)) if key)
    found = []
    for row in rows:
        row.state, row.next_try_at, row.claimed_at, row.tries = WebhookState.SENDING, None, now, row.tries + 1
        found.append(
            Sending(row.id, row.tries, row.queued_at, Webhook(listener.url, str(row.id), bodies[row.id], keys))
        )
    return found


def _old_secret(listener: WebhookSubscription, now: datetime) -> str | None:
    return listener.old_secret if listener.old_until is not None and now < listener.old_until else None


async def _bring_back(session: AsyncSession, webhook: UUID, now: datetime) -> None:
    """What a worker that died had claimed goes again, for a webhook may come twice; what has waited for a day ends."""
    theirs = WebhookDelivery.subscription == webhook
    lost = theirs, WebhookDelivery.state == WebhookState.SENDING, WebhookDelivery.claimed_at < now - LOST_AFTER
    back = {"state": WebhookState.QUEUED, "next_try_at": now}
    await session.execute(update(WebhookDelivery).where(*lost).values(**back))
    old = theirs, WebhookDelivery.state == WebhookState.QUEUED, WebhookDelivery.queued_at < now - GIVE_UP_AFTER
    ended = {"state": WebhookState.FAILED, "next_try_at": None, "ended_at": now}
    await session.execute(update(WebhookDelivery).where(*old).values(**ended))


def _heads(webhook: UUID, now: datetime, limit: int) -> Select[WebhookDelivery]:
    earlier = aliased(WebhookDelivery)
    before = (
        select(earlier.id)
        .where(earlier.subscription == webhook, earlier.case == WebhookDelivery.case)
        .where(earlier.serial < WebhookDelivery.serial, earlier.state.in_(OPEN))
    )
    return (
        select(WebhookDelivery)
        .where(WebhookDelivery.subscription == webhook, WebhookDelivery.state == WebhookState.QUEUED)
        .where(WebhookDelivery.next_try_at <= now, ~before.exists())
        .order_by(WebhookDelivery.serial)
        .limit(limit)
        .with_for_update(skip_locked=True, of=WebhookDelivery)
    )


async def _bodies(
    session: AsyncSession, listener: WebhookSubscription, rows: Sequence[WebhookDelivery]
) -> dict[UUID, bytes]:
    """What is said, out of the record: the same bytes however often it is sent."""
    asked = (
        select(WebhookDelivery.id, CaseEvent, CaseFile.kind, CaseFile.platform)
        .join(CaseEvent, and_(CaseEvent.case == WebhookDelivery.case, CaseEvent.seq == WebhookDelivery.case_seq))
        .join(CaseFile, CaseFile.number == CaseEvent.case)
        .where(WebhookDelivery.id.in_([row.id for row in rows]))
    )
    events = {row.id: row for row in await session.execute(asked)} if rows else {}
    bodies = {}
    for row in rows:
        said: dict[str, object] = {"shop": listener.shop}
        if row.type != PING and row.id in events:
            found = events[row.id]
            event = found.CaseEvent
            said |= {
                "case": event.case, "case_kind": found.kind, "platform": found.platform, "seq": event.seq,
                "actor_kind": event.actor_kind, "actor": event.actor, "policy": event.policy,
                "facts": outside(event.facts),
            }  # fmt: skip
        bodies[row.id] = json.dumps(payload(row.type, row.at, said), ensure_ascii=False, sort_keys=True).encode()
    return bodies


async def _keep(session: AsyncSession, webhook: UUID, one: Sending, ending: Ending, now: datetime) -> None:
    state, again = next_state(
        ending.status, tries=one.tries, queued_at=one.queued_at, now=now, retry_after=ending.retry_after
    )
    ours = (
        WebhookDelivery.id == one.id, WebhookDelivery.state == WebhookState.SENDING, WebhookDelivery.tries == one.tries
    )  # fmt: skip
    locked = select(WebhookSubscription).where(WebhookSubscription.id == webhook)
    listener = (await session.scalars(locked.with_for_update(key_share=True))).one()
    if again is not None and not listener.active:
        state, again = WebhookState.MISSED, None
    ended = {"state": state, "next_try_at": again, "ended_at": None if again else now, "code": ending.code}
    await session.execute(update(WebhookDelivery).where(*ours).values(**ended))
    listener.last_code = ending.code
    if succeeded(ending.status):
        listener.last_ok_at, listener.failing_since = now, None
        return
    listener.last_failed_at, listener.failing_since = now, listener.failing_since or now
    if listener.active and (gone(ending.status) or now - listener.failing_since >= OFF_AFTER):
        await _switch_off(session, listener, now)


async def _switch_off(session: AsyncSession, listener: WebhookSubscription, now: datetime) -> None:
    """What waits is kept as missed, and administrators hear of it."""
    listener.active, listener.switched_off_at = False, now
    await miss_what_waits(session, now, listener.id)
    await tell_admins(session, listener.shop, WEBHOOK_OFF, f"webhook:{listener.id}:{now.isoformat()}", now)
