"""Payouts under every fault at once: `python -m bench.payout_campaign` pays thousands of compensations through both
wallets of the sandbox, while these fail in every way they can and worker, api, engine and database are killed with -9
at random moments. At the end all books are compared. `--seed` repeats the choices of a run; which moment a kill meets
is the machine's.
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
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from bench.agreed_cases import SHOP, Agreed, Desk, begin, open_shop, settings_of
from bench.figures import Figure, table
from bench.ground import ground
from bench.payout_audit import Findings, audit, read_books
from db.sessions import Sessions, connect, key_ring, sessions
from db.tables.money import Payout
from db.tables.office import Person
from embedded.folder import read_variables

PARTS = ("worker", "api", "engine", "postgres")
SEND = ("alipay.fund.trans.uni.transfer", "wechat.transfer")
QUERY = ("alipay.fund.trans.common.query", "wechat.query")
# Every way in which a transfer may go wrong, each with its own chance.
SEND_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "timeout_before"},
    {"kind": "timeout_after"},
    {"kind": "http_500"},
    {"kind": "http_500", "after": True},
    {"kind": "system_error"},
    {"kind": "system_error", "after": True},
    {"kind": "nonsense"},
    {"kind": "nonsense", "after": True},
    {"kind": "rate_limit"},
    {"kind": "balance"},
    {"kind": "dealing"},
    {"kind": "dealing", "outcome": "FAIL"},
)
QUERY_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "timeout_before"},
    {"kind": "http_500"},
    {"kind": "system_error"},
    {"kind": "nonsense"},
    {"kind": "rate_limit"},
    {"kind": "dealing"},
)
SEND_CHANCE, QUERY_CHANCE, WRONG_ACCOUNT_CHANCE = 0.035, 0.03, 0.1
HOLD_SECONDS = 1.0
ASKS_AFTER_SECONDS = (1, 2, 4, 8, 16)
AT_ONCE = 24
LOOK_EVERY_SECONDS = 0.5
STALLED_SECONDS = 180.0
# What a case answers that has not been written yet, or is continued as new.
COME_AGAIN = ("NotFound", "CaseOpening", "Draining")
AWAY = (SQLAlchemyError, OSError, RPCError, httpx2.TransportError)

Kill = Callable[[str], Awaitable[None]]


class Stalled(Exception):
    """No payout got any further for minutes."""


@dataclass
class Campaign:
    """One run: the house by its variables, how a part of it is killed, and the dice."""

    variables: Mapping[str, str]
    kill: Kill
    chance: random.Random
    sessions: Sessions
    engine: Client
    api: httpx2.AsyncClient
    sandbox: httpx2.AsyncClient
    kills: list[str] = field(default_factory=list)
    agreed: list[Agreed] = field(default_factory=list)
    rows: list[Payout] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)

    async def prepare(self, count: int) -> None:
        """The shop, the wallets' money, and the cases; nothing goes wrong yet."""
        await open_shop(self.sessions, ASKS_AFTER_SECONDS)
        settings = settings_of(self.variables)
        async with self.sessions() as session:
            alice = (await session.scalars(select(Person.id).where(Person.login == "alice"))).one()
        desk = Desk(self.sessions, key_ring(settings), alice)
        self.agreed = [await desk.agreed(self.chance) for _ in range(count)]
        for wallet in ("/control/wallet", "/control/wechat/wallet"):
            await self._control(wallet, balance="9000000.00")

    async def go_wrong(self) -> None:
        for methods, kinds, chance in ((SEND, SEND_FAULTS, SEND_CHANCE), (QUERY, QUERY_FAULTS, QUERY_CHANCE)):
            for method in methods:
                for kind in kinds:
                    fault = {"method": method, "count": None, "probability": chance, "seconds": HOLD_SECONDS, **kind}
                    await self._control("/control/faults", **fault)

    async def _known(self, payee: Mapping[str, str]) -> None:
        """Let the wallet know an account."""
        if payee["kind"] == "WECHAT_OPENID":
            await self._control("/control/wechat/payees", openid=payee["account"], name=payee["name"])
        else:
            await self._control("/control/wallet/payees", account=payee["account"], name=payee["name"])

    async def _control(self, path: str, **body: Any) -> None:
        (await self.sandbox.post(path, json=body)).raise_for_status()

    async def pay(self) -> None:
        """Each case begins and gets its buyer's account, some of them first a wrong one."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(agreed: Agreed, right: bool) -> None:
            async with slots:
                if right:
                    await self._known(agreed.payee(1))
                await self._begun(agreed)
                await self.step(agreed.number, "alice", "first", step="set_payee", payee=agreed.payee(1))

        async with asyncio.TaskGroup() as together:
            for agreed in self.agreed:
                together.create_task(one(agreed, self.chance.random() > WRONG_ACCOUNT_CHANCE))

    async def _begun(self, agreed: Agreed) -> None:
        while True:
            with suppress(RPCError):
                with suppress(WorkflowAlreadyStartedError):
                    await begin(self.engine, agreed, self.variables.get("AMENDS_TASK_QUEUE", "cases"))
                return
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def step(self, case: str, login: str, key: str, **body: Any) -> bool:
        """As a person would: the same request again until it is answered. False where the case refused it."""
        headers = {"Authorization": f"Bearer {self.variables[f'DEMO_KEY_{login.upper()}']}", "Idempotency-Key": key}
        while True:
            with suppress(httpx2.TransportError):
                answer = await self.api.post(f"/cases/{case}/steps", json=body, headers=headers)
                if answer.status_code == 200:
                    return True
                if 400 <= answer.status_code < 429 and answer.json()["code"] not in COME_AGAIN:
                    return False
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def mend(self, done: asyncio.Event) -> None:
        """Finance and the agent do what a failed payout asks them to, until everything is paid."""
        by_case = {agreed.number: agreed for agreed in self.agreed}
        before, since = -1, time.monotonic()
        while not done.is_set():
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            with suppress(*AWAY):
                rows = await self._rows()
                paid = sum(row.status == "paid" for row in rows)
                if paid > before:
                    before, since = paid, time.monotonic()
                if paid >= len(self.agreed):
                    done.set()
                elif time.monotonic() - since > STALLED_SECONDS:
                    raise Stalled(f"{paid} of {len(self.agreed)} are paid, and no more for {STALLED_SECONDS:.0f} s")
                newest = {row.case: row for row in sorted(rows, key=lambda row: row.attempt)}
                failed = [row for row in newest.values() if row.status == "failed"]
                await asyncio.gather(*(self._mend(by_case[row.case], row) for row in failed[:AT_ONCE]))

    async def _rows(self) -> Sequence[Payout]:
        async with self.sessions() as session:
            return list(await session.scalars(select(Payout).where(Payout.shop == SHOP)))

    async def _mend(self, agreed: Agreed, row: Payout) -> None:
        key = f"{row.key}-{row.sends}-{secrets.token_hex(3)}"
        if row.remedy == "ask_buyer":
            another = agreed.payee(row.attempt + 1)
            await self._known(another)
            await self.step(agreed.number, "alice", key, step="set_payee", payee=another)
        else:
            action = "pay_anew" if row.closed else "send_again"
            await self.step(agreed.number, "fay", key, step="mend_payout", payout=row.key, action=action)

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
                books = await read_books(self.sessions, SHOP, [*listed[0], *listed[1]])
                found = audit(books, owed)
                if not found.wrong or time.monotonic() > deadline:
                    self.rows = list(books.rows.values())
                    self.faults = await self._listed("/control/faults")
                    return found
            await asyncio.sleep(1)

    async def _listed(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.sandbox.get(path)).raise_for_status().json()
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
            yield Campaign(variables, kill, random.Random(seed), sessions(database), engine, api, sandbox)
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
        Figure("faults of the wallets", f"{sum(hits.values())}: {_counted(hits)}"),
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
