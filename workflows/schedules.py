"""The engine's schedules: one intake and one digest for each shop, and the closer that archives histories."""

import asyncio
import contextlib
import zlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.marketplace_clients import TOP_PLATFORMS
from db.tables.office import Shop
from domain.fulfilment import WalletName
from settings import Settings
from workflows import priorities
from workflows.archive import Archive, ArchiveOrder
from workflows.digest import Digest
from workflows.heads import Heads
from workflows.intake import Intake, IntakeOrder
from workflows.notices import Notices
from workflows.reconcile import Reconcile
from workflows.refund_intake import RefundIntake, RefundIntakeOrder
from workflows.retention import Retention
from workflows.webhooks import Webhooks

ARCHIVE = "archive"
RECONCILE_EVERY = timedelta(hours=1)
ARCHIVE_EVERY = timedelta(minutes=10)
DIGEST_EVERY = timedelta(minutes=10)
HEADS = "heads"
HEADS_EVERY = timedelta(hours=1)
NOTICES = "notices"
WEBHOOKS = "webhooks"
RETENTION = "retention"
RETENTION_EVERY = timedelta(hours=6)
AT_ONCE = 10
# What a schedule missed while the engine was down is not made up for: one run reads all of it.
CATCH_UP = timedelta(minutes=1)


def intake_id(shop: str) -> str:
    return f"intake:{shop}"


def refund_intake_id(shop: str) -> str:
    return f"refund-intake:{shop}"


async def ensure_intake(client: Client, shop: Shop | str, settings: Settings) -> None:
    """Make the shop's schedules, of its reviews and its refunds, or bring them to these settings; a pause that an
    operator set stays. A shop whose intake is off, or whose marketplace lets no machine read it, loses them; a bare
    code is taken as one to have."""
    if isinstance(shop, Shop):
        if not shop.intake or shop.platform not in TOP_PLATFORMS:
            await remove_intake(client, shop.code)
            return
        shop = shop.code
    options: dict[str, Any] = {
        "task_queue": settings.task_queue,
        "priority": replace(priorities.INTAKE, fairness_key=shop),
        "static_summary": shop,
    }
    reviews = ScheduleActionStartWorkflow(Intake.run, IntakeOrder(shop=shop), id=intake_id(shop), **options)
    refunds = ScheduleActionStartWorkflow(
        RefundIntake.run, RefundIntakeOrder(shop=shop), id=refund_intake_id(shop), **options
    )
    every = timedelta(seconds=settings.intake_seconds)
    await _ensure(client, intake_id(shop), _schedule(reviews, every, shop), at_once=True)
    await _ensure(client, refund_intake_id(shop), _schedule(refunds, every, refund_intake_id(shop)), at_once=True)


async def remove_intake(client: Client, shop: str) -> None:
    """Take the shop's schedules away; runs that are under way end by themselves."""
    for schedule in (intake_id(shop), refund_intake_id(shop)):
        try:
            await client.get_schedule_handle(schedule).delete()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


async def ensure_house(client: Client, settings: Settings) -> None:
    """The schedules that the house has once, whatever its shops."""
    for ensure in (ensure_archive, ensure_heads, ensure_notices, ensure_webhooks, ensure_retention):
        await ensure(client, settings)


async def ensure_archive(client: Client, settings: Settings) -> None:
    action = ScheduleActionStartWorkflow(
        Archive.run,
        ArchiveOrder(),
        id=ARCHIVE,
        task_queue=settings.task_queue,
        priority=priorities.INTAKE,
        static_summary="histories of closed cases",
    )
    await _ensure(client, ARCHIVE, _schedule(action, ARCHIVE_EVERY, ARCHIVE))


async def ensure_retention(client: Client, settings: Settings) -> None:
    action = ScheduleActionStartWorkflow(
        Retention.run,
        args=["", 0],
        id=RETENTION,
        task_queue=settings.task_queue,
        priority=priorities.INTAKE,
        static_summary="forgetting what is kept long enough",
    )
    await _ensure(client, RETENTION, _schedule(action, RETENTION_EVERY, RETENTION))


async def ensure_heads(client: Client, settings: Settings) -> None:
    action = ScheduleActionStartWorkflow(
        Heads.run,
        id=HEADS,
        task_queue=settings.task_queue,
        priority=priorities.INTAKE,
        static_summary="the record's head of the day",
    )
    await _ensure(client, HEADS, _schedule(action, HEADS_EVERY, HEADS), at_once=True)


async def ensure_reconciling(client: Client, wallets: Iterable[WalletName], settings: Settings) -> None:
    """For each wallet that tells what has moved a schedule that compares it with our payouts."""
    for wallet in wallets:
        name = f"reconcile:{wallet}"
        action = ScheduleActionStartWorkflow(
            Reconcile.run,
            wallet,
            id=name,
            task_queue=settings.task_queue,
            priority=priorities.INTAKE,
            static_summary=wallet,
        )
        await _ensure(client, name, _schedule(action, RECONCILE_EVERY, name))


async def ensure_notices(client: Client, settings: Settings) -> None:
    action = ScheduleActionStartWorkflow(
        Notices.run,
        id=NOTICES,
        task_queue=settings.task_queue,
        priority=priorities.INTAKE,
        static_summary="what the staff is told",
    )
    await _ensure(client, NOTICES, _schedule(action, timedelta(seconds=settings.sending_seconds), NOTICES))


async def ensure_webhooks(client: Client, settings: Settings) -> None:
    action = ScheduleActionStartWorkflow(
        Webhooks.run,
        id=WEBHOOKS,
        task_queue=settings.task_queue,
        priority=priorities.INTAKE,
        static_summary="what other systems listen to",
    )
    await _ensure(client, WEBHOOKS, _schedule(action, timedelta(seconds=settings.sending_seconds), WEBHOOKS))


async def trigger(client: Client, schedule: str) -> None:
    """Let it run now; where it is not there yet, its first run does the same."""
    with contextlib.suppress(RPCError):
        await client.get_schedule_handle(schedule).trigger()


def digest_id(shop: str) -> str:
    return f"digest:{shop}"


async def ensure_digests(client: Client, shops: Iterable[str], settings: Settings) -> None:
    """For each shop a schedule that tells its people what they must hear."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def ensure(shop: str) -> None:
        action = ScheduleActionStartWorkflow(
            Digest.run,
            shop,
            id=digest_id(shop),
            task_queue=settings.task_queue,
            priority=replace(priorities.INTAKE, fairness_key=shop),
            static_summary=shop,
        )
        async with slots:
            await _ensure(client, digest_id(shop), _schedule(action, DIGEST_EVERY, digest_id(shop)))

    await asyncio.gather(*(ensure(shop) for shop in shops))


async def ensure_all(client: Client, shops: Iterable[Shop | str], settings: Settings) -> None:
    """Every schedule that this house needs, at the start of a worker."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def ensure(shop: Shop | str) -> None:
        async with slots:
            await ensure_intake(client, shop, settings)

    await asyncio.gather(ensure_archive(client, settings), *(ensure(shop) for shop in shops))


def _schedule(action: ScheduleActionStartWorkflow, every: timedelta, name: str) -> Schedule:
    """Each name gets its own place within the interval, so that many shops do not all begin in one second."""
    offset = timedelta(seconds=zlib.crc32(name.encode()) % max(1, int(every.total_seconds())))
    return Schedule(
        action=action,
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every, offset=offset)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP),
    )


async def _ensure(client: Client, id: str, wanted: Schedule, *, at_once: bool = False) -> None:
    try:
        await client.create_schedule(id, wanted, trigger_immediately=at_once)
    except ScheduleAlreadyRunningError:

        def keeping_the_pause(found: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(replace(wanted, state=found.description.schedule.state))

        await client.get_schedule_handle(id).update(keeping_the_pause)
