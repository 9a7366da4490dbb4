"""Payouts under every fault at once: `python -m bench.payout_campaign` pays thousands of compensations through both
wallets of the sandbox and its marketplace's coupons, while these fail in every way they can and worker, api, engine and
database are killed with -9 at random moments. At the end all books are compared. `--seed` repeats the choices of a run;
which moment a kill meets is the machine's.

What asking can't find out is a person's here as everywhere; the campaign's finance looks at the marketplace itself. Its
policy scales the schedule from hours to seconds.
"""

import argparse
import asyncio
import os
import random
import secrets
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from bench.agreed_cases import SHOP, Agreed, Desk, open_shop, settings_of
from bench.figures import Figure, table
from bench.ground import ground
from bench.payout_audit import Findings, audit, read_books
from bench.payout_faults import planned
from bench.payout_hands import LOOK_EVERY_SECONDS, STALLED_SECONDS, Hands, Stalled
from db.sessions import connect, key_ring, sessions
from db.tables.money import Payout
from db.tables.office import Person
from domain.fulfilment import in_faces
from domain.offers import OfferForm
from embedded.folder import read_variables

PARTS = ("worker", "api", "engine", "postgres")
WRONG_ACCOUNT_CHANCE = 0.1
ASKS_AFTER_SECONDS = (1, 2, 4, 8, 16)
PERSON_AFTER_SECONDS = 20
FORMS = (OfferForm.CASH_ALIPAY, OfferForm.CASH_WECHAT, OfferForm.COUPON_DIRECT)
AT_ONCE = 24
TELL_EVERY_SECONDS = 30.0
AWAY = (SQLAlchemyError, OSError, RPCError, httpx2.TransportError)

Kill = Callable[[str], Awaitable[None]]


@dataclass
class Campaign:
    """One run: the hands that work with the house, how a part of it is killed, and the dice."""

    hands: Hands
    kill: Kill
    chance: random.Random
    kills: list[str] = field(default_factory=list)
    agreed: list[Agreed] = field(default_factory=list)
    rows: list[Payout] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)

    async def prepare(self, count: int) -> None:
        """The shop, the wallets' money, and the cases; nothing goes wrong yet."""
        credentials = {name: secrets.token_hex(8) for name in ("app_key", "app_secret", "session")}
        await self.hands.control("/control/shops", seller_nick=SHOP, **credentials)
        await open_shop(self.hands.sessions, ASKS_AFTER_SECONDS, PERSON_AFTER_SECONDS, credentials)
        settings = settings_of(self.hands.variables)
        async with self.hands.sessions() as session:
            alice = (await session.scalars(select(Person.id).where(Person.login == "alice"))).one()
        desk = Desk(self.hands.sessions, key_ring(settings), alice)
        self.agreed = [await desk.agreed(self.chance, FORMS) for _ in range(count)]
        for one in self.agreed:
            if in_faces(one.form):
                await self.hands.member(one.owner)
        for wallet in ("/control/wallet", "/control/wechat/wallet"):
            await self.hands.control(wallet, balance="9000000.00")

    async def go_wrong(self) -> None:
        for fault in planned():
            await self.hands.control("/control/faults", **fault)

    async def pay(self) -> None:
        """Each case begins and gets its buyer's account, some of them first a wrong one."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(agreed: Agreed, right: bool) -> None:
            async with slots:
                if in_faces(agreed.form):
                    await self.hands.begun(agreed)
                    return
                if right:
                    await self.hands.known(agreed.payee(1))
                await self.hands.begun(agreed)
                await self.hands.step(agreed.number, "alice", "first", step="set_payee", payee=agreed.payee(1))

        async with asyncio.TaskGroup() as together:
            for agreed in self.agreed:
                together.create_task(one(agreed, self.chance.random() > WRONG_ACCOUNT_CHANCE))

    async def mend(self, done: asyncio.Event) -> None:
        """Finance and the agent do what a failed payout asks them to, until everything is paid. Raises Stalled."""
        by_case = {agreed.number: agreed for agreed in self.agreed}
        before, since, told = -1, time.monotonic(), time.monotonic()
        while not done.is_set():
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            with suppress(*AWAY):
                rows = await self.hands.rows()
                paid = sum(row.status == "paid" for row in rows)
                if paid > before:
                    before, since = paid, time.monotonic()
                if paid >= len(self.agreed):
                    done.set()
                elif time.monotonic() - since > STALLED_SECONDS:
                    raise Stalled(f"nothing more is paid for {STALLED_SECONDS:.0f} s: {self._standing(rows)}")
                elif time.monotonic() - told > TELL_EVERY_SECONDS:
                    told = time.monotonic()
                    print(f"  {self._standing(rows)}", flush=True)
                newest = {row.case: row for row in sorted(rows, key=lambda row: row.attempt)}
                await self._help(by_case, list(newest.values()))

    async def _help(self, by_case: Mapping[str, Agreed], newest: list[Payout]) -> None:
        late = datetime.now(UTC) - timedelta(seconds=PERSON_AFTER_SECONDS)
        failed = [row for row in newest if row.status == "failed"][:AT_ONCE]
        lost = [row for row in newest if row.status == "unknown" and row.sent_at and row.sent_at < late]
        coupons = [row for row in lost if in_faces(OfferForm(row.form))][:AT_ONCE]
        await asyncio.gather(
            *(self.hands.mend(by_case[row.case], row) for row in failed),
            *(self.hands.look_up(by_case[row.case], row) for row in coupons),
        )

    def _standing(self, rows: Sequence[Payout]) -> str:
        """How many are where, and why."""
        newest = {row.case: row for row in sorted(rows, key=lambda row: row.attempt)}
        stands = Counter(f"{row.status} {row.code or ''} {row.remedy or ''}".strip() for row in newest.values())
        stands["without a payout"] = len(self.agreed) - len(newest)
        return f"of {len(self.agreed)}: {_counted(stands)}; killed: {_counted(Counter(self.kills))}"

    async def kill_parts(self, done: asyncio.Event, parts: Sequence[str], pause: tuple[float, float]) -> None:
        """One after the other, each at a random moment after the one before is back."""
        for part in parts:
            with suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), self.chance.uniform(*pause))
                return
            await self.kill(part)
            self.kills.append(part)

    async def books(self) -> Findings:
        """Compared once everything is written; what the cases record may be a moment behind."""
        owed = {agreed.number: agreed.amount_fen for agreed in self.agreed}
        deadline = time.monotonic() + STALLED_SECONDS
        while True:
            with suppress(*AWAY):
                listed = [await self._listed(f"/control{wallet}/transfers") for wallet in ("", "/wechat")]
                coupons = [one for one in await self._listed("/control/coupons") if one["shop"] == SHOP]
                books = await read_books(self.hands.sessions, SHOP, [*listed[0], *listed[1]], coupons)
                found = audit(books, owed)
                if not found.wrong or time.monotonic() > deadline:
                    self.rows = list(books.rows.values())
                    self.faults = await self._listed("/control/faults")
                    return found
            await asyncio.sleep(1)

    async def _listed(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.hands.sandbox.get(path)).raise_for_status().json()
        return found


@asynccontextmanager
async def campaign(variables: Mapping[str, str], kill: Kill, seed: int) -> AsyncIterator[Campaign]:
    """`variables` are those of a running house's running.env."""
    settings = settings_of(variables)
    database = connect(settings, key_ring(settings))
    engine = await Client.connect(
        variables["TEMPORAL_ADDRESS"], namespace=variables["TEMPORAL_NAMESPACE"], data_converter=pydantic_data_converter
    )
    limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with (
        httpx2.AsyncClient(base_url=variables["DEMO_API"], timeout=20, trust_env=False, limits=limits) as api,
        httpx2.AsyncClient(base_url=variables["DEMO_SANDBOX"], timeout=60, trust_env=False) as sandbox,
    ):
        try:
            hands = Hands(variables, sessions(database), engine, api, sandbox)
            yield Campaign(hands, kill, random.Random(seed))
        finally:
            await sandbox.delete("/control/faults")
            await database.dispose()


async def run(fight: Campaign, count: int, parts: Sequence[str], pause: tuple[float, float]) -> Findings:
    await fight.prepare(count)
    await fight.go_wrong()
    done = asyncio.Event()
    async with asyncio.TaskGroup() as together:
        together.create_task(fight.pay())
        together.create_task(fight.mend(done))
        together.create_task(fight.kill_parts(done, parts, pause))
    return await fight.books()


async def measure(count: int, seed: int) -> bool:
    chance = random.Random(seed)
    parts = [chance.choice(PARTS) for _ in range(max(4, count // 25))]
    async with ground({"AMENDS_OUTSIDE_TIMEOUT_SECONDS": "3"}) as found:
        children = {
            "worker": found.house.worker, "api": found.house.api,
            "engine": found.house.engine.child, "postgres": found.house.postgres.child,
        }  # fmt: skip

        async def kill(part: str) -> None:
            child = children[part]
            os.kill(child.pid, signal.SIGKILL)
            await child.wait()
            await child.start()
            print(f"  {time.monotonic() - began:6.0f} s  {part} killed with -9, and back", flush=True)

        variables = {**read_variables(found.house.folder.running), **found.house.environment}
        async with campaign(variables, kill, seed) as fight:
            began = time.monotonic()
            findings = await run(fight, count, parts, (2.0, 8.0))
            print(table(title(count, seed), told(fight, findings, time.monotonic() - began)))
    return not findings.wrong


def told(fight: Campaign, found: Findings, took: float) -> list[Figure]:
    owed = sum(agreed.amount_fen for agreed in fight.agreed)
    hits = Counter[str]()
    for fault in fight.faults:
        hits[f"{fault['kind']}{' after' if fault['after'] else ''}"] += fault["hits"]
    return [
        Figure("compensations paid, each once", f"{found.payouts} of {len(fight.agreed)}", "all", not found.wrong),
        Figure("fen paid", f"{found.paid_fen:,}", f"{owed:,}", found.paid_fen == owed),
        Figure("differences between the books", "; ".join(found.wrong) or "none", "none", not found.wrong),
        Figure("numbers used", f"{len(fight.rows)}, for {sum(row.sends for row in fight.rows)} sends"),
        Figure("faults of wallets and marketplace", f"{sum(hits.values())}: {_counted(hits)}"),
        Figure("killed with -9", _counted(Counter(fight.kills))),
        Figure("took", f"{took:.0f} s"),
    ]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ×{count}" for name, count in counts.most_common() if count) or "none"


def title(count: int, seed: int) -> str:
    return f"{count} payouts under faults and kills, seed {seed}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000, help="compensations (%(default)s)")
    parser.add_argument("--seed", type=int, help="of an earlier run; else a new one is chosen and printed")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else secrets.randbelow(10**6)
    print(title(options.count, seed), flush=True)
    return 0 if asyncio.run(measure(options.count, seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
