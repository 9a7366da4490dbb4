"""Subscriptions of other systems: each change is a line of the office's record, without secrets."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import NotThere, apply_changes, lock_office, record
from db.reads.words import SENTENCES
from db.shops import shop_of
from db.tables.webhooks import WebhookDelivery, WebhookSubscription
from domain.errors import Refusal
from domain.webhook_urls import BadWebhook, target_of
from domain.webhooks import PING, WebhookState, new_secret, unknown_patterns

MOST_SUBSCRIPTIONS = 20


class TooManyWebhooks(Refusal):
    """The shop has as many subscriptions as one may have."""

    code = "TooManyWebhooks"


class WebhookOff(Refusal):
    """Nothing is sent to a subscription that is switched off."""

    code = "WebhookOff"


async def add_webhook(
    session: AsyncSession, by: str, now: datetime, shop: str, *, label: str, url: str, kinds: Sequence[str]
) -> tuple[str, WebhookSubscription]:
    """The secret is returned here once. Whether the address may be asked is the caller's to see. Raises BadWebhook,
    TooManyWebhooks, NotThere."""
    target_of(url)
    _check_kinds(kinds)
    await lock_office(session)
    await shop_of(session, shop)
    theirs = WebhookSubscription.shop == shop, WebhookSubscription.removed_at.is_(None)
    if (await session.scalar(select(func.count()).where(*theirs)) or 0) >= MOST_SUBSCRIPTIONS:
        raise TooManyWebhooks("The shop has as many webhooks as it may have; remove one first.")
    secret = new_secret()
    row = WebhookSubscription(
        id=uuid4(), shop=shop, label=label, url=url, kinds=sorted(set(kinds)), secret=secret, active=True, made_by=by,
        made_at=now,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    facts = {"webhook": str(row.id), "label": label, "url": url, "kinds": row.kinds}
    await record(session, by, now, "webhook.added", shop, facts)
    return secret, row


def _check_kinds(kinds: Sequence[str]) -> None:
    unknown = unknown_patterns(kinds, SENTENCES.keys())
    if unknown or not kinds:
        said = f"No event is called {', '.join(unknown)}." if unknown else "Name at least one kind of event."
        raise BadWebhook(f"{said} GET /webhook-kinds lists them; * is everything.", field="kinds", unknown=unknown)


async def webhook_of(session: AsyncSession, shop: str, webhook: UUID) -> WebhookSubscription:
    """Locked for a change. Raises NotThere."""
    found = select(WebhookSubscription).where(
        WebhookSubscription.id == webhook,
        WebhookSubscription.shop == shop,
        WebhookSubscription.removed_at.is_(None),
    )
    row = (await session.scalars(found.with_for_update(key_share=True))).one_or_none()
    if row is None:
        raise NotThere(f"There is no such webhook here; GET /shops/{shop}/webhooks lists them.")
    return row


async def list_webhooks(session: AsyncSession, shop: str) -> list[WebhookSubscription]:
    theirs = WebhookSubscription.shop == shop, WebhookSubscription.removed_at.is_(None)
    found = select(WebhookSubscription).where(*theirs)
    return list(await session.scalars(found.order_by(WebhookSubscription.made_at, WebhookSubscription.id)))


async def set_webhook(
    session: AsyncSession, by: str, now: datetime, shop: str, webhook: UUID, changes: dict[str, Any]
) -> WebhookSubscription:
    """Change label, url, kinds or active. Switched on it begins without its old failures; what it missed waits for
    `redeliver_since`. Switched off by hand, what waits is kept as missed, and what happens from then on is not kept."""
    if "url" in changes:
        target_of(changes["url"])
    if "kinds" in changes:
        _check_kinds(changes["kinds"])
        changes["kinds"] = sorted(set(changes["kinds"]))
    await lock_office(session)
    row = await webhook_of(session, shop, webhook)
    changed = apply_changes(row, changes)
    if "active" in changes:
        row.failing_since, row.switched_off_at = None, None
    if changed.get("active", {}).get("new") is False:
        await miss_what_waits(session, now, webhook)
    if changed:
        await session.flush()
        await record(session, by, now, "webhook.changed", shop, {"webhook": str(webhook), **changed})
    return row


async def miss_what_waits(session: AsyncSession, now: datetime, webhook: UUID) -> None:
    """Nobody sends it while the subscription is off."""
    waiting = WebhookDelivery.subscription == webhook, WebhookDelivery.state == WebhookState.QUEUED
    missed = {"state": WebhookState.MISSED, "next_try_at": None, "ended_at": now}
    await session.execute(update(WebhookDelivery).where(*waiting).values(**missed))


async def remove_webhook(session: AsyncSession, by: str, now: datetime, shop: str, webhook: UUID) -> None:
    await lock_office(session)
    row = await webhook_of(session, shop, webhook)
    row.removed_at, row.active, row.secret, row.old_secret, row.old_until = now, False, None, None, None
    row.switched_off_at = None
    waiting = WebhookDelivery.subscription == webhook, WebhookDelivery.state == WebhookState.QUEUED
    ended = {"state": WebhookState.FAILED, "next_try_at": None, "ended_at": now, "code": "removed"}
    await session.execute(update(WebhookDelivery).where(*waiting).values(**ended))
    await session.flush()
    await record(session, by, now, "webhook.removed", shop, {"webhook": str(webhook), "label": row.label})


async def rotate_secret(
    session: AsyncSession, by: str, now: datetime, shop: str, webhook: UUID, overlap: timedelta
) -> str:
    """A new secret, shown here once; for the overlap the old one signs beside it."""
    await lock_office(session)
    row = await webhook_of(session, shop, webhook)
    old, row.secret = row.secret, new_secret()
    row.old_secret, row.old_until = (old, now + overlap) if overlap and old else (None, None)
    await session.flush()
    facts = {"webhook": str(webhook), "overlap_seconds": int(overlap.total_seconds())}
    await record(session, by, now, "webhook.secret_changed", shop, facts)
    return row.secret


async def ping(session: AsyncSession, now: datetime, shop: str, webhook: UUID) -> UUID:
    """A delivery that says nothing, at once. Raises WebhookOff, NotThere."""
    row = await webhook_of(session, shop, webhook)
    _must_be_on(row)
    made = WebhookDelivery(
        id=uuid4(), subscription=row.id, type=PING, at=now, state=WebhookState.QUEUED, queued_at=now, next_try_at=now,
        tries=0,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    return made.id


def _must_be_on(row: WebhookSubscription) -> None:
    if not row.active:
        raise WebhookOff("This webhook is switched off; switch it on first (PATCH with active true).")


async def redeliver(session: AsyncSession, now: datetime, shop: str, webhook: UUID, delivery: UUID) -> None:
    """Once more, under its old id; one that waits already goes at once. Raises WebhookOff, NotThere."""
    _must_be_on(await webhook_of(session, shop, webhook))
    one = WebhookDelivery.id == delivery, WebhookDelivery.subscription == webhook
    if not await _again(session, now, *one):
        if await session.scalar(select(WebhookDelivery.id).where(*one)):
            return  # it is being sent at this very moment
        raise NotThere("This webhook has no such delivery; its list of deliveries has their ids.")


async def redeliver_since(
    session: AsyncSession, by: str, now: datetime, shop: str, webhook: UUID, since: datetime, *, all_of_them: bool
) -> int:
    """Everything that happened since then and did not come through, or all of it; how many. On record."""
    _must_be_on(await webhook_of(session, shop, webhook))
    wanted = [WebhookState.FAILED, WebhookState.MISSED, *([WebhookState.SENT] if all_of_them else [])]
    many = await _again(
        session, now,
        WebhookDelivery.subscription == webhook, WebhookDelivery.at >= since, WebhookDelivery.state.in_(wanted),
    )  # fmt: skip
    facts = {"webhook": str(webhook), "since": since.isoformat(), "all": all_of_them, "deliveries": many}
    await record(session, by, now, "webhook.redelivered", shop, facts)
    return many


async def _again(session: AsyncSession, now: datetime, *which: Any) -> int:
    fresh = {"state": WebhookState.QUEUED, "queued_at": now, "next_try_at": now, "tries": 0, "ended_at": None}
    fitting = WebhookDelivery.state != WebhookState.SENDING
    done = update(WebhookDelivery).where(*which, fitting).values(**fresh).returning(WebhookDelivery.id)
    return len((await session.execute(done)).all())
