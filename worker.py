"""Composes and runs a worker: the database, the outside parties, every workflow and activity, on all task queues."""

import asyncio
import contextlib
import gc
import inspect
import py_compile
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import uvloop
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.worker import Worker

from activities.approvals import ApprovalActivities
from activities.assignment import AssignmentActivities
from activities.buyers import BuyerActivities
from activities.clocks import DeskClock
from activities.contacts import ContactActivities
from activities.coupons import CouponActivities, CouponQueries
from activities.digests import DigestActivities
from activities.escalation import EscalationActivities
from activities.evidence import EvidenceActivities
from activities.follow_ups import FollowUpActivities
from activities.fulfilment import FulfilmentActivities
from activities.handback import HandbackActivities
from activities.intake import IntakeActivities
from activities.investigations import InvestigationActivities
from activities.letters import Letters, messenger
from activities.marketplace import MarketplaceActivities
from activities.marketplace_clients import Marketplaces
from activities.merging import MergeActivities
from activities.notices import NoticeActivities
from activities.offers import OfferActivities
from activities.opening import OpeningActivities
from activities.payout_gate import PayoutGate
from activities.payouts import PayoutActivities
from activities.policies import Policies
from activities.projection import ProjectionActivities
from activities.pulse import Pulse
from activities.reconciling import ReconcilingActivities
from activities.record_keeping import record_keeping
from activities.refund_counter import RefundCounter
from activities.refund_intake import RefundIntakeActivities
from activities.refund_market import RefundMarketActivities
from activities.refund_notices import RefundNoticeActivities
from activities.refund_work import of_refunds, with_couriers
from activities.replacement import ReplacementActivities
from activities.replies import ReplyActivities
from activities.surging import SurgeActivities
from activities.telling_staff import telling_staff
from activities.wallets import Wallets
from db.office import ensure_installation
from db.sealing import KeyRing
from db.sessions import Sessions, connect, key_ring, sessions
from db.surges import unfinished
from db.tables.office import Shop
from domain.fulfilment import WalletName
from gateways.webhooks import webhook_client
from gateways.wire import quiet_http_log, trusted
from logs import configure as log_as_json
from settings import Settings
from vault.setup import vault_of
from vault.vault import Vault
from workflows import connection, limits
from workflows.archive import Archive
from workflows.courier_claim import CourierClaim
from workflows.digest import Digest
from workflows.handback import Handback
from workflows.heads import Heads
from workflows.intake import Intake
from workflows.notices import Notices
from workflows.payout import Payout
from workflows.reconcile import Reconcile
from workflows.refund_case import RefundCase
from workflows.refund_intake import RefundIntake
from workflows.retention import Retention
from workflows.review_case import ReviewCase
from workflows.runner import ContextFreeRunner, sandboxed_runner
from workflows.schedules import (
    ensure_all,
    ensure_digests,
    ensure_house,
    ensure_reconciling,
)
from workflows.starting import start_surge
from workflows.surge import Surge
from workflows.webhooks import Webhooks

WORKFLOWS = [
    ReviewCase,
    RefundCase,
    RefundIntake,
    Payout,
    CourierClaim,
    Intake,
    Archive,
    Handback,
    Surge,
    Digest,
    Notices,
    Heads,
    Retention,
    Webhooks,
    Reconcile,
]
# More of them would wait for each other: for the processor, and for the lock on their shop's assignments.
BEGINNING_AT_ONCE = 8
PULSE = [Pulse(limits.PULSE.total_seconds())]


def compile_stories() -> None:
    """The sandbox imports a story's module anew for every case. Compiled code beside it spares each case the compiling,
    also where the interpreter writes none by itself; where it can't be written, everything works all the same."""
    for story in WORKFLOWS:
        with contextlib.suppress(OSError):
            py_compile.compile(inspect.getfile(story))


@dataclass(frozen=True)
class Parts:
    """What the activities are made of."""

    settings: Settings
    sessions: Sessions
    ring: KeyRing
    http: httpx2.AsyncClient
    client: Client
    vault: Vault | None = None
    outbound: httpx2.AsyncClient | None = None


def track_and_end(parts: Parts, policies: Policies, contacts: ContactActivities) -> list[Callable[..., Any]]:
    """The activities of the malicious track, of merging, and of the visit after a case's end."""
    evidence = EvidenceActivities(parts.sessions, policies)
    follow_ups, merging = FollowUpActivities(parts.sessions, policies, contacts), MergeActivities(parts.sessions)
    return [
        evidence.judge_evidence, evidence.find_files, evidence.judge_report, merging.merge, merging.split,
        follow_ups.plan_follow_up, follow_ups.note_relapse,
    ]  # fmt: skip


def money_worker(parts: Parts, policies: Policies, payouts: PayoutActivities, market: Marketplaces) -> Worker:
    """On a queue of its own, so that nothing else of the house can hold up a payout or be held up by a wallet."""
    return Worker(
        parts.client,
        task_queue=limits.MONEY_QUEUE,
        activities=[
            payouts.send_payout,
            payouts.query_payout,
            payouts.cancel_payout,
            payouts.settle_payout,
            CouponActivities(parts.sessions, policies, market, payouts).send_coupon,
            ReconcilingActivities(parts.sessions, payouts.wallets).reconcile,
        ],
        max_concurrent_activities=parts.settings.worker_activities,
        interceptors=PULSE,
        graceful_shutdown_timeout=parts.settings.grace,
    )  # fmt: skip


def courier_worker(parts: Parts, policies: Policies) -> Worker:
    """On a queue of its own, at the rate that the couriers' contracts allow."""
    return Worker(
        parts.client,
        task_queue=limits.COURIER_QUEUE,
        activities=with_couriers(parts.settings, parts.sessions, parts.http, policies, parts.vault),
        max_concurrent_activities=parts.settings.worker_activities,
        max_task_queue_activities_per_second=parts.settings.courier_calls_per_second,
        interceptors=PULSE,
        graceful_shutdown_timeout=parts.settings.grace,
    )


def before_and_by_hand(parts: Parts, policies: Policies) -> list[Callable[..., Any]]:
    """The activities of a payout that touch no wallet: the gate, and what people give by hand."""
    return [PayoutGate(parts.sessions, policies).open_payout, FulfilmentActivities(parts.sessions).keep_move]


def of_the_desk(parts: Parts, policies: Policies, clock: DeskClock) -> list[Callable[..., Any]]:
    """The activities of who works on what, and of who must hear of it."""
    assignment = AssignmentActivities(parts.sessions, policies, clock)
    escalation = EscalationActivities(parts.sessions, policies, clock)
    surges = SurgeActivities(parts.sessions)
    replacement = ReplacementActivities(parts.sessions, policies, clock, assignment)
    return [
        assignment.assign, assignment.claim, assignment.hand_on, HandbackActivities(parts.sessions).open_work,
        escalation.reckon, escalation.escalate, escalation.reckon_announcement,
        DigestActivities(parts.sessions, policies, clock).gather,
        InvestigationActivities(parts.sessions).ask, BuyerActivities(parts.sessions).describe,
        surges.surge_stage, surges.surged,
        replacement.replace, ApprovalActivities(parts.sessions, policies, clock).ask_approvers,
    ]  # fmt: skip


def at_the_marketplace(parts: Parts, policies: Policies, marketplaces: Marketplaces) -> list[Callable[..., Any]]:
    """The activities that call the marketplace or the messenger."""
    settings = parts.settings
    letters = Letters(settings, parts.sessions, policies, marketplaces, messenger(settings, parts.http))
    reviews = MarketplaceActivities(parts.sessions, marketplaces, policies)
    counter = RefundCounter(parts.sessions, policies, parts.vault)
    refunds = RefundMarketActivities(parts.sessions, marketplaces, parts.ring, policies, counter)
    applications = RefundIntakeActivities(parts.sessions, marketplaces, parts.ring, policies)
    intake = IntakeActivities(parts.sessions, marketplaces, parts.ring, policies)
    notices = RefundNoticeActivities(settings, parts.sessions, letters)
    return [
        reviews.read_review, reviews.post_reply, NoticeActivities(settings, parts.sessions, letters).notify,
        refunds.read_refund, refunds.obey, refunds.write_message, notices.notify_refund, notices.tell_buyer,
        intake.consume_pushes, intake.fetch, intake.settle,
        applications.fetch_refunds, applications.settle_refunds,
    ]  # fmt: skip


def workers(parts: Parts) -> list[Worker]:
    """One worker per task queue: the cases with their database work, the marketplace at its rate, the money."""
    settings, policies = parts.settings, Policies()
    clock = DeskClock(policies)
    market = Marketplaces(settings, parts.sessions, parts.http, policies)
    wallets = Wallets.of_settings(settings, parts.http, policies, CouponQueries(parts.sessions, market))
    payouts = PayoutActivities(parts.sessions, policies, wallets)
    opening = OpeningActivities(parts.sessions, policies, clock)
    contacts = ContactActivities(parts.sessions, policies)
    offers = OfferActivities(parts.sessions, policies)
    replies = ReplyActivities(parts.sessions, policies)
    return [
        Worker(
            parts.client,
            task_queue=settings.task_queue,
            workflows=WORKFLOWS,
            activities=[
                opening.open_case, opening.judge_cause, opening.score_signals,
                *of_the_desk(parts, policies, clock),
                contacts.plan, contacts.take, contacts.log, contacts.stop, contacts.lift_stops,
                *track_and_end(parts, policies, contacts),
                *of_refunds(parts.sessions, policies, clock),
                *telling_staff(settings, parts.sessions, parts.http, policies, parts.outbound),
                offers.reserve, offers.reserve_thanks, offers.validity, offers.release,
                replies.prepare, replies.check_words,
                *before_and_by_hand(parts, policies), payouts.whom_to_tell,
                ProjectionActivities(parts.sessions).project,
                *record_keeping(settings, parts.sessions, parts.client, parts.vault),
            ],
            workflow_runner=ContextFreeRunner(sandboxed_runner()),
            max_cached_workflows=settings.worker_cached_cases,
            max_concurrent_activities=settings.worker_activities,
            max_concurrent_local_activities=BEGINNING_AT_ONCE,
            interceptors=PULSE,
            graceful_shutdown_timeout=settings.grace,
        ),
        Worker(
            parts.client,
            task_queue=limits.MARKETPLACE_QUEUE,
            activities=at_the_marketplace(parts, policies, market),
            max_concurrent_activities=settings.worker_activities,
            max_task_queue_activities_per_second=settings.marketplace_calls_per_second,
            interceptors=PULSE,
            graceful_shutdown_timeout=settings.grace,
        ),
        courier_worker(parts, policies),
        money_worker(parts, policies, payouts, market),
    ]  # fmt: skip


@contextlib.asynccontextmanager
async def composed(settings: Settings, client: Client) -> AsyncIterator[Parts]:
    """Database and HTTP client, closed again at the end."""
    ring = key_ring(settings)
    engine: AsyncEngine = connect(settings, ring)
    try:
        http_client = httpx2.AsyncClient(verify=trusted(), trust_env=False)
        async with http_client as http, webhook_client() as outbound, vault_of(settings, ring) as vault:
            yield Parts(settings, sessions(engine), ring, http, client, vault, outbound)
    finally:
        await engine.dispose()


async def set_up_schedules(parts: Parts) -> None:
    """The installation's prefix, every schedule, and whatever follows a surge; repeating it changes nothing."""
    async with parts.sessions.begin() as session:
        await ensure_installation(session, datetime.now(UTC))
        shops = list(await session.scalars(select(Shop)))
        surges = await unfinished(session, datetime.now(UTC))
    await ensure_all(parts.client, shops, parts.settings)
    await ensure_digests(parts.client, [shop.code for shop in shops], parts.settings)
    await ensure_house(parts.client, parts.settings)
    await ensure_reconciling(parts.client, WalletName, parts.settings)
    for surge in surges:
        await start_surge(parts.client, str(surge), parts.settings)


@contextlib.asynccontextmanager
async def running(parts: Parts) -> AsyncIterator[list[Worker]]:
    """All workers, until the block ends; then each finishes what it has begun, within the grace."""
    async with contextlib.AsyncExitStack() as stack:
        started = [await stack.enter_async_context(worker) for worker in workers(parts)]
        yield started


@contextlib.asynccontextmanager
async def health(settings: Settings, started: list[Worker]) -> AsyncIterator[None]:
    """`GET /healthz` answers 200 while every worker runs; nothing listens where no port is set."""
    if not settings.worker_health_port:
        yield
        return

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        alive = all(worker.is_running for worker in started)
        status = "200 OK" if alive else "503 Service Unavailable"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", settings.worker_health_port):
        yield


async def main() -> None:
    settings = Settings()
    log_as_json(settings.log_level)
    quiet_http_log()
    compile_stories()
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    client = await connection.connect(settings, identity="amends-worker")
    gc.freeze()  # what was loaded by now lives as long as the process: nobody need look through it for garbage
    async with composed(settings, client) as parts:
        await set_up_schedules(parts)
        async with running(parts) as started, health(settings, started):
            await stop.wait()


if __name__ == "__main__":
    uvloop.run(main())
