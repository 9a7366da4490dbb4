"""Webhooks: other systems that are told of a shop's cases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, Moment
from api.house import House, TheHouse
from api.paging import Limit
from db import office, webhooks
from db.reads import webhooks as reads
from domain.webhooks import LONGEST_OVERLAP, WebhookState
from gateways.webhooks import Webhooks, webhook_client
from workflows.schedules import WEBHOOKS, trigger

router = APIRouter(tags=["webhooks"])
Pattern = Annotated[str, StringConstraints(pattern=r"^(\*|[a-z*]{1,20}\.[a-z_*]{1,60})$")]
Patterns = Annotated[list[Pattern], Field(min_length=1, max_length=100)]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
HOURS = int(LONGEST_OVERLAP.total_seconds() // 3600)
SECONDS = 5.0


class WebhookBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: Line
    url: Url = Field(description="https; a machine of the house's own network only where the house allows that")
    kinds: Patterns = Field(description="`review.closed`, `review.*`, `*.closed`, or `*` for everything")


class WebhookChange(BaseModel):
    """Fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    label: Line | None = None
    url: Url | None = None
    kinds: Patterns | None = None
    active: bool | None = None


class RotateBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    overlap_hours: int = Field(default=24, ge=0, le=HOURS, description="how long the old secret signs beside the new")


class SinceBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    since: Moment
    all: bool = Field(default=False, description="also what came through; a listener knows it by its id")


class WebhookLine(BaseModel):
    """`failing_since`: nothing has come through since then. `switched_off_at`: for failing too long; what happens
    meanwhile is kept, and sent again after it is switched on (`redeliver`)."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    shop: str
    label: str
    url: str
    kinds: list[str]
    active: bool
    made_at: datetime
    old_until: datetime | None = Field(description="until then the old secret signs as well")
    failing_since: datetime | None
    last_ok_at: datetime | None
    last_code: str | None
    switched_off_at: datetime | None


class NewWebhook(WebhookLine):
    secret: str = Field(description="shown this once; requests are signed with it as Standard Webhooks says")


class NewSecret(BaseModel):
    secret: str = Field(description="shown this once")


class Queued(BaseModel):
    queued: int


class Pinged(BaseModel):
    delivery: UUID


class DeliveryPage(BaseModel):
    deliveries: list[reads.WebhookDeliveryLine]
    next: int | None = Field(description="`before` of the next page; null where this is the last")


@asynccontextmanager
async def _asking(house: House) -> AsyncIterator[Webhooks]:
    async with webhook_client() as http:
        yield Webhooks(http, private_allowed=house.settings.webhook_private, seconds=SECONDS)


async def _check(house: House, url: str) -> None:
    """Raises BadWebhook. It is looked at again whenever something is sent."""
    async with _asking(house) as hooks:
        await hooks.check(url)


@router.get("/webhook-kinds", responses=documented(403), summary="What there is to listen to")
async def list_webhook_kinds(caller: TheCaller) -> list[reads.EventKind]:
    return reads.event_kinds()


@router.get("/shops/{code}/webhooks", responses=documented(403, 404), summary="Who listens to a shop")
async def list_webhooks(house: TheHouse, caller: TheCaller, code: str) -> list[WebhookLine]:
    caller.enter(code)
    async with house.reads() as session:
        await office.shop_of(session, code)
        return [WebhookLine.model_validate(row) for row in await webhooks.list_webhooks(session, code)]


@router.post("/shops/{code}/webhooks", responses=documented(403, 404, 409), status_code=201, summary="Add a webhook")
async def add_webhook(house: TheHouse, caller: TheCaller, code: str, body: WebhookBody) -> NewWebhook:
    """Events from now on are sent to it, each until it is answered with 2xx or a day is over; those of one case in
    their order. Try it with a ping."""
    caller.enter(code)
    await _check(house, body.url)
    async with house.sessions.begin() as session:
        secret, row = await webhooks.add_webhook(session, str(caller.person), house.now(), code, **body.model_dump())
        return NewWebhook(**WebhookLine.model_validate(row).model_dump(), secret=secret)


@router.patch("/shops/{code}/webhooks/{webhook}", responses=documented(403, 404), summary="Change a webhook")
async def change_webhook(
    house: TheHouse, caller: TheCaller, code: str, webhook: UUID, body: WebhookChange
) -> WebhookLine:
    caller.enter(code)
    if body.url is not None:
        await _check(house, body.url)
    async with house.sessions.begin() as session:
        changes = body.model_dump(exclude_none=True)
        row = await webhooks.set_webhook(session, str(caller.person), house.now(), code, webhook, changes)
        return WebhookLine.model_validate(row)


@router.delete(
    "/shops/{code}/webhooks/{webhook}", responses=documented(403, 404), status_code=204, summary="Remove a webhook"
)
async def remove_webhook(house: TheHouse, caller: TheCaller, code: str, webhook: UUID) -> None:
    """What waits for it is not sent any more."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        await webhooks.remove_webhook(session, str(caller.person), house.now(), code, webhook)


@router.post("/shops/{code}/webhooks/{webhook}/secret", responses=documented(403, 404), summary="Change its secret")
async def rotate_webhook_secret(
    house: TheHouse, caller: TheCaller, code: str, webhook: UUID, body: RotateBody
) -> NewSecret:
    """For the overlap both secrets sign, so that the listener has time to change."""
    caller.enter(code)
    overlap = timedelta(hours=body.overlap_hours)
    async with house.sessions.begin() as session:
        secret = await webhooks.rotate_secret(session, str(caller.person), house.now(), code, webhook, overlap)
    return NewSecret(secret=secret)


@router.post(
    "/shops/{code}/webhooks/{webhook}/ping",
    responses=documented(403, 404, 409),
    status_code=202,
    summary="Send it something that says nothing",
)
async def ping_webhook(house: TheHouse, caller: TheCaller, code: str, webhook: UUID) -> Pinged:
    """See its deliveries for what became of it."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        delivery = await webhooks.ping(session, house.now(), code, webhook)
    await trigger(house.client, WEBHOOKS)
    return Pinged(delivery=delivery)


@router.get(
    "/shops/{code}/webhooks/{webhook}/deliveries", responses=documented(403, 404), summary="What became of its events"
)
async def list_webhook_deliveries(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    webhook: UUID,
    state: WebhookState | None = None,
    limit: Limit = 50,
    before: Annotated[int | None, Query(ge=1, le=2**62, description="`next` of the page before")] = None,
) -> DeliveryPage:
    """The newest first."""
    caller.enter(code)
    async with house.reads() as session:
        await webhooks.webhook_of(session, code, webhook)
        lines = await reads.list_webhook_deliveries(session, webhook, state, limit, before)
    return DeliveryPage(deliveries=lines, next=lines[-1].serial if len(lines) == limit else None)


@router.post(
    "/shops/{code}/webhooks/{webhook}/deliveries/{delivery}/redeliver",
    responses=documented(403, 404, 409),
    status_code=202,
    summary="Send one event again",
)
async def redeliver_webhook(house: TheHouse, caller: TheCaller, code: str, webhook: UUID, delivery: UUID) -> Queued:
    """Under its old id, also where it came through."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        await webhooks.redeliver(session, house.now(), code, webhook, delivery)
    await trigger(house.client, WEBHOOKS)
    return Queued(queued=1)


@router.post(
    "/shops/{code}/webhooks/{webhook}/redeliver",
    responses=documented(403, 404, 409),
    status_code=202,
    summary="Send again what did not come through",
)
async def redeliver_webhook_since(
    house: TheHouse, caller: TheCaller, code: str, webhook: UUID, body: SinceBody
) -> Queued:
    """Everything that happened since a moment, and failed or was missed while the webhook was switched off."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        many = await webhooks.redeliver_since(
            session, str(caller.person), house.now(), code, webhook, body.since, all_of_them=body.all
        )
    await trigger(house.client, WEBHOOKS)
    return Queued(queued=many)
