"""Refunds under everything at once: `python -m bench.refund_soak` lets thousands of buyers apply for refunds, returns
and exchanges, change their minds, write, ship, and call the platform, while the shop's people work on the cases and the
marketplace times out, answers nonsense, and pushes late, twice and in the wrong order. In the end the marketplace's
clock leaps, so that it acts on whatever is left; then every case is compared with it. `--seed` repeats the dice.
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bench.agreed_cases import settings_of
from bench.figures import Figure, table
from bench.ground import ground
from bench.refund_moves import DECIDES, ENDED, Applied, Street
from db import office
from db.sessions import Sessions, connect, key_ring, sessions
from db.tables.cases import CaseFile
from db.tables.refunds import RefundLine
from domain.refund_case.outcomes import PAID_BACK, RefundOutcome
from domain.refund_case.state import RefundCaseState
from embedded.demo_cast import CAST, SELLER_NICK, SHOP
from embedded.folder import read_variables

AT_ONCE = 24
BACK = {"id": 7, "name": "王仓管", "phone": "13900139000", "address": "浙江省杭州市余杭区仓库路1号"}
LEAP_SECONDS = 90 * 86_400
STALLED_SECONDS = 180.0
LOOK_EVERY_SECONDS = 1.0
HOLD_SECONDS = 3.0
TELL_EVERY_SECONDS = 30.0
PUSHES = "taobao.tmc.messages.consume"
CALLS = ("taobao.refund.get", "taobao.rp.refunds.agree", "taobao.rp.returngoods.agree", "taobao.refund.refuse")
EXCHANGES = tuple(f"tmall.exchange.{what}" for what in ("get", "agree", "returngoods.agree", "consigngoods"))
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "timeout_before"}, {"kind": "timeout_after"}, {"kind": "http_500", "after": True},
    {"kind": "system_error"}, {"kind": "nonsense", "after": True}, {"kind": "rate_limit"},
)  # fmt: skip
CHANCE, PUSH_CHANCE = 0.005, 0.3
# What the house of a soak runs with; who runs it elsewhere sets the same.
ENVIRONMENT = {
    "AMENDS_OUTSIDE_TIMEOUT_SECONDS": "2",
    "AMENDS_INTAKE_SECONDS": "2",
    "AMENDS_MARKETPLACE_CALLS_PER_SECOND": "500",
}


class Stalled(Exception):
    """No case got any further for minutes."""


@dataclass
class Soak:
    """One run: the street, our database, and what was applied for."""

    street: Street
    sessions: Sessions
    applied: list[Applied] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    lived: int = 0

    async def prepare(self, count: int) -> None:
        """Goods may come back, pushes are wanted, and the buyers apply; nothing goes wrong yet."""
        now = datetime.now(UTC)
        async with self.sessions.begin() as session:
            policy = (await office.policy_in_force(session, "refunds", SHOP)).document.model_dump(mode="json")
            policy |= {"return_addresses": [BACK], "executed_by": "finance"}
            await office.put_policy(session, "refunds", SHOP, policy, "bench", "a benchmark runs", now)
        await self.street.post("/control/limits", {"tmc_redelivery_seconds": 3})
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with slots:
                self.applied.append(await self.street.apply(number))

        async with asyncio.TaskGroup() as together:
            for number in range(count):
                together.create_task(one(number))

    async def go_wrong(self) -> None:
        plans = [(PUSHES, {"kind": kind}, PUSH_CHANCE) for kind in ("duplicate_push", "out_of_order_push")]
        plans += [(method, kind, CHANCE) for method in (*CALLS, *EXCHANGES) for kind in KINDS]
        for method, kind, chance in plans:
            fault = {"method": method, "count": None, "probability": chance, "seconds": HOLD_SECONDS, **kind}
            await self.street.post("/control/faults", fault)

    async def live(self) -> None:
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(applied: Applied) -> None:
            await self.street.opened(applied)
            async with slots:
                await self.street.live(applied)
            self.lived += 1

        telling = asyncio.create_task(self._tell())
        try:
            async with asyncio.TaskGroup() as together:
                together.create_task(self._get_to_know())
                for applied in self.applied:
                    together.create_task(one(applied))
        finally:
            telling.cancel()

    async def _tell(self) -> None:
        while True:
            known = sum(applied.case is not None for applied in self.applied)
            print(f"  {known:,} of {len(self.applied):,} have a case, {self.lived:,} have had their turns", flush=True)
            await asyncio.sleep(TELL_EVERY_SECONDS)

    async def _get_to_know(self) -> None:
        """Which case is whose, as the cases come into being."""
        by_id = {applied.refund_id: applied for applied in self.applied}
        before, since = -1, time.monotonic()
        while any(applied.case is None for applied in self.applied):
            with suppress(SQLAlchemyError, OSError):
                for file in await self.files():
                    if file.external_id in by_id:
                        by_id[file.external_id].case = file.number
            known = sum(applied.case is not None for applied in self.applied)
            if known > before:
                before, since = known, time.monotonic()
            elif time.monotonic() - since > STALLED_SECONDS:
                raise Stalled(f"{known} of {len(self.applied)} have a case, and no more for {STALLED_SECONDS:.0f} s")
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def files(self) -> Sequence[CaseFile]:
        async with self.sessions() as session:
            return list(await session.scalars(select(CaseFile).where(CaseFile.shop == SHOP, CaseFile.kind == "refund")))

    async def end(self) -> None:
        """The platform's service rules where it decides, and for all the rest the marketplace's time runs out."""
        self.faults = (await self.street.sandbox.get("/control/faults")).json()
        (await self.street.sandbox.delete("/control/faults")).raise_for_status()
        for applied in self.applied:
            shown = await self.street.shown(applied)
            if shown["cs_status"] == DECIDES and shown["status"] not in ENDED:
                await self.street.post(f"/control/refunds/{applied.refund_id}/intervention", {"what": "for_seller"})
        await self.street.post("/control/clock", {"advance_seconds": LEAP_SECONDS})

    async def differences(self) -> list[str]:
        """Between the cases and the marketplace, once the cases have heard of everything. Pushes tell them; of what no
        push tells, somebody looks."""
        deadline, asked = time.monotonic() + STALLED_SECONDS, set[str]()
        while True:
            wrong = await self._compare()
            if not wrong or time.monotonic() > deadline:
                return sorted(wrong.values())
            for applied in self.applied:
                if applied.refund_id in wrong and applied.case and applied.case not in asked:
                    asked.add(applied.case)
                    await self.street.step(applied.case, "bob", {"step": "check_refund"})
                    deadline = time.monotonic() + STALLED_SECONDS
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _compare(self) -> dict[str, str]:
        """By application, in which way its case is not as the marketplace says."""
        rows = (await self.street.sandbox.get("/buyer/refunds", params={"limit": 5000, "shop": SELLER_NICK})).json()
        market = {row["refund_id_text"]: row for row in rows}
        files: dict[str, list[CaseFile]] = {}
        for file in await self.files():
            files.setdefault(file.external_id, []).append(file)
        async with self.sessions() as session:
            lines = {line.case: line for line in await session.scalars(select(RefundLine))}
        found = {}
        for applied in self.applied:
            cases = files.get(applied.refund_id, [])
            wrong = f"{len(cases)} cases" if len(cases) != 1 else difference(market[applied.refund_id], cases[0], lines)
            if wrong:
                found[applied.refund_id] = f"{applied.refund_id}: {wrong}"
        return found


def difference(shown: Mapping[str, Any], file: CaseFile, lines: Mapping[str, RefundLine]) -> str | None:
    """How a case, or its line of the register, differs from the application on the marketplace; None: not at all."""
    if not file.state:
        return "its case was never written"
    case = RefundCaseState.model_validate(file.state)
    if case.market is None or case.outcome is None:
        return f"the marketplace says {shown['status']}, and the case has no outcome"
    fen = round(float(shown["refund_fee"]) * 100)
    # What buyers write under an application that is over moves its version alone, and a closed case looks no more.
    version = case.market.version if case.closed_at is not None and shown["status"] in ENDED else str(shown["version"])
    seen = (case.market.code, case.market.version, case.market.amount_fen)
    if seen != (shown["status"], version, fen):
        return f"the case saw {seen}, and it is {(shown['status'], shown['version'], fen)}"
    paid = fen if shown["status"] == "SUCCESS" else 0
    if case.refunded_fen != paid or (case.outcome in PAID_BACK) != (paid > 0):
        return f"{paid} fen went back, and the case says {case.outcome} with {case.refunded_fen}"
    if (case.outcome is RefundOutcome.EXCHANGED) != (shown["status"] == "5"):
        return f"the exchange is {shown['status']}, and the case says {case.outcome}"
    line = lines.get(case.opening.case)
    if line is None or (line.outcome, line.refunded_fen) != (case.outcome, paid):
        return "its line of the register tells something else"
    return None


@asynccontextmanager
async def soaking(variables: Mapping[str, str], seed: int) -> AsyncIterator[Soak]:
    """`variables` are those of a running house's running.env."""
    settings = settings_of(variables)
    database = connect(settings, key_ring(settings))
    limits = httpx2.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with (
        httpx2.AsyncClient(base_url=variables["DEMO_API"], timeout=30, trust_env=False, limits=limits) as api,
        httpx2.AsyncClient(base_url=variables["DEMO_SANDBOX"], timeout=60, trust_env=False, limits=limits) as sandbox,
    ):
        keys = {member.login: variables[member.key_name] for member in CAST}
        try:
            yield Soak(Street(api, sandbox, keys, Random(seed), SELLER_NICK), sessions(database))
        finally:
            await sandbox.delete("/control/faults")
            await database.dispose()


async def run(soak: Soak, count: int) -> list[str]:
    await soak.prepare(count)
    await soak.go_wrong()
    await soak.live()
    await soak.end()
    return await soak.differences()


async def measure(count: int, seed: int) -> bool:
    async with ground(ENVIRONMENT) as found:
        async with found.web("root") as web:
            (await web.patch(f"/shops/{SHOP}", json={"intake": True})).raise_for_status()
        variables = {**read_variables(found.house.folder.running), **found.house.environment}
        async with soaking(variables, seed) as soak:
            began = time.monotonic()
            wrong = await run(soak, count)
            print(table(title(count, seed), await told(soak, wrong, time.monotonic() - began)))
    return not wrong


async def told(soak: Soak, wrong: Sequence[str], took: float) -> list[Figure]:
    files = await soak.files()
    outcomes = Counter(str(RefundCaseState.model_validate(file.state).outcome) for file in files if file.state)
    hits, right = Counter[str](), len(soak.applied) - len(wrong)
    for fault in soak.faults:
        hits[fault["kind"]] += fault["hits"]
    return [
        Figure("cases that end as the marketplace says", f"{right} of {len(soak.applied)}", "all", not wrong),
        Figure("differences", "; ".join(wrong[:5]) or "none", "none", not wrong),
        Figure("outcomes", _counted(outcomes)),
        Figure("faults of the marketplace", f"{sum(hits.values())}: {_counted(hits)}"),
        Figure("took", f"{took:.0f} s"),
    ]  # fmt: skip


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ×{count}" for name, count in counts.most_common() if count) or "none"


def title(count: int, seed: int) -> str:
    return f"{count} refunds under late, doubled and reordered messages, seed {seed}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000, help="applications (%(default)s)")
    parser.add_argument("--seed", type=int, help="of an earlier run; else a new one is chosen and printed")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else secrets.randbelow(10**6)
    print(title(options.count, seed), flush=True)
    return 0 if asyncio.run(measure(options.count, seed)) else 1


if __name__ == "__main__":
    sys.exit(main())
