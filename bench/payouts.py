"""Payouts from the open gate to the settled case, through the sandbox's wallet, against bare parents that start a bare
child with as many activities that do nothing: same engine, same payload, one run, in turns."""

import argparse
import asyncio
import random
import time

import httpx2
from sqlalchemy import func, select

from bench.agreed_cases import SHOP, Agreed, Desk, begin, open_shop
from bench.bare import BareEngine, bare_engine
from bench.bare_workflow import Carried
from bench.figures import Figure, machine, median, ratio, spread, table
from bench.ground import Ground, ground, rest_for_days, settle
from bench.histories import Recorded, joined, recorded
from bench.processes import Meter, parts, told
from bench.start_cases import Run, at_once, until
from db.tables.cases import CaseFile
from db.tables.money import Payout
from domain.offers import OfferForm
from domain.review_case.keys import payout_id
from workflows.starting import case_workflow_id

AT_ONCE = 40
ROUNDS = 3
WARM_UP = 40
SAMPLED = 20
TARGET = 0.5
ASKS_AFTER_SECONDS = (1, 2, 4, 8, 16)


class Buyers:
    """Agreed cases whose buyers the wallet knows: nothing but the payment is left."""

    def __init__(self, found: Ground, sandbox: httpx2.AsyncClient) -> None:
        self._desk = Desk(found.sessions, found.ring, found.people["alice"])
        self._sandbox = sandbox
        self._chance = random.Random(7)

    async def agreed(self, count: int) -> list[Agreed]:
        made = []
        for _ in range(count):
            one = await self._desk.agreed(self._chance, (OfferForm.CASH_ALIPAY,), payee=True)
            payee = one.payee(1)
            body = {"account": payee["account"], "name": payee["name"]}
            (await self._sandbox.post("/control/wallet/payees", json=body)).raise_for_status()
            made.append(one)
        return made


async def settled(found: Ground) -> int:
    """Cases whose row says that they were paid and ended: the last thing that is written of a payout."""
    async with found.sessions() as session:
        paid = select(func.count()).select_from(CaseFile).where(CaseFile.shop == SHOP, CaseFile.outcome.is_not(None))
        return await session.scalar(paid) or 0


async def run_payouts(found: Ground, agreed: list[Agreed], run: Run) -> None:
    waiting = list(agreed)
    before = await settled(found)
    meter = Meter(parts(found.house))
    began = time.perf_counter()

    async def start() -> None:
        await begin(found.client, waiting.pop(), "cases")

    starts = await at_once(len(agreed), start)
    await until(lambda: settled(found), before + len(agreed))
    run.add(len(agreed), time.perf_counter() - began, meter.spent(), starts)


async def run_bare(found: Ground, bare: BareEngine, carried: Carried, agreed: list[Agreed], run: Run) -> None:
    """`agreed` are other cases, which are never begun: their payload is what counts."""
    waiting = list(agreed)
    before = bare.finished()
    meter = Meter(parts(found.house, **{"bare worker": bare.child.pid}))
    began = time.perf_counter()

    async def finished() -> int:
        return bare.finished()

    async def start() -> None:
        one = waiting.pop()
        await bare.start_parent(one.opening, one.state, carried)

    starts = await at_once(len(agreed), start)
    await until(finished, before + len(agreed))
    run.add(len(agreed), time.perf_counter() - began, meter.spent(), starts)


async def histories(found: Ground, agreed: list[Agreed]) -> list[tuple[Recorded, Recorded]]:
    """Of each case and of its payout."""
    async with found.sessions() as session:
        rows = await session.execute(select(Payout.case, Payout.key).where(Payout.shop == SHOP))
        keys: dict[str, str] = dict(list(rows))
    return [
        (
            await recorded(found.client, case_workflow_id(one.opening)),
            await recorded(found.client, payout_id(keys[one.number])),
        )
        for one in agreed
    ]


async def measure(count: int = 240) -> list[Figure]:
    each = count // ROUNDS
    async with ground() as found, bare_engine(found) as bare:
        await rest_for_days(found)
        await open_shop(found.sessions, ASKS_AFTER_SECONDS)
        async with httpx2.AsyncClient(base_url=found.house.url("sandbox"), trust_env=False, timeout=60) as sandbox:
            (await sandbox.post("/control/wallet", json={"balance": "9000000.00"})).raise_for_status()
            buyers = Buyers(found, sandbox)
            warm = await buyers.agreed(WARM_UP)
            batches = [(await buyers.agreed(each), await buyers.agreed(each)) for _ in range(ROUNDS)]
        await run_payouts(found, warm, Run())
        await settle()
        sample = (await histories(found, warm[-1:]))[0]
        carried = [each for one in sample for each in one.carried]
        await run_bare(found, bare, carried, warm, Run())
        payouts, plain = Run(), Run()
        for ours, theirs in batches:
            await settle()
            await run_bare(found, bare, carried, theirs, plain)
            await settle()
            await run_payouts(found, ours, payouts)
        await settle()
        looked = await histories(found, batches[-1][0][-SAMPLED:])
    return _figures(payouts, plain, sample, looked)


def _figures(
    payouts: Run, plain: Run, sample: tuple[Recorded, Recorded], looked: list[tuple[Recorded, Recorded]]
) -> list[Figure]:
    ours, bare = median(payouts.rates), median(plain.rates)
    case, payout = sample
    shape = ", ".join(one.named for one in sample)
    figures = [
        ratio("payouts settled ÷ bare children settled, per second", ours, bare, least=TARGET),
        Figure("payouts settled per second", f"{ours:.1f} ({_each(payouts)}; n={payouts.count})"),
        Figure("bare children per second", f"{bare:.1f} ({_each(plain)}; n={plain.count})"),
        Figure("activities", f"{case.activities + payout.activities} ({shape})"),
        Figure("events of case and payout", f"{case.events} and {payout.events}"),
        Figure("CPU of a payout", told(payouts.spent, payouts.count)),
        Figure("CPU of a bare child", told(plain.spent, plain.count)),
    ]
    waits, runs = joined([one for pair in looked for one in pair])
    for name, taken in runs.items():
        figures.append(Figure(f"  activity {name}: waits", spread(waits[name])))
        figures.append(Figure(f"  activity {name}: runs, with its database", spread(taken)))
    return figures


def _each(run: Run) -> str:
    return ", ".join(f"{rate:.1f}" for rate in run.rates)


def title() -> str:
    return f"Payouts through the sandbox's wallet, {AT_ONCE} at once, {ROUNDS} rounds each in turns, {machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=240, help="payouts, and as many bare children (%(default)s)")
    print(table(title(), asyncio.run(measure(parser.parse_args().count))))


if __name__ == "__main__":
    main()
