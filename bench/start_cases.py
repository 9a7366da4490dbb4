"""Cases started through the api until they are registered, triaged, assigned, planned and written down, against bare
workflows of the same payload with as many activities, which do nothing but carry as much: same engine and settings, one
run, in turns.

Most activities of a fresh case are local: they run within a workflow task, which spares the engine a task each. A bare
workflow asks the engine for each of its activities; one whose activities are of the same sorts is printed beside it.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx2
from sqlalchemy import func, select

from bench.bare import BareEngine, bare_engine
from bench.figures import Figure, machine, median, ratio, spread, table
from bench.ground import Ground, ground, rest_for_days, settle
from bench.histories import Recorded, joined, recorded
from bench.processes import Meter, parts, told
from bench.reviews import opening, review
from db.tables.cases import CaseFile

AT_ONCE = 40
ROUNDS = 3
# Until every connection of the house knows its statements.
WARM_UP = 200
SAMPLED = 20
TARGET = 0.6
LOOK_EVERY, SELDOM = 0.05, 0.5
PATIENCE_SECONDS = 120
TRIES = 10


@dataclass
class Run:
    """What one side did: counts and seconds of its rounds, CPU by process, seconds of each start."""

    count: int = 0
    seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    spent: dict[str, float] = field(default_factory=dict)
    starts: list[float] = field(default_factory=list)

    def add(self, count: int, seconds: float, spent: dict[str, float], starts: list[float]) -> None:
        self.count += count
        self.seconds.append(seconds)
        self.rates.append(count / seconds)
        self.starts += starts
        for name, more in spent.items():
            self.spent[name] = self.spent.get(name, 0.0) + more


async def at_once(count: int, start: Callable[[], Awaitable[object]]) -> list[float]:
    """Starts `count` of them, forty at a time, and answers how many seconds each start took."""
    slots, taken = asyncio.Semaphore(AT_ONCE), list[float]()

    async def one() -> None:
        async with slots:
            began = time.perf_counter()
            await start()
            taken.append(time.perf_counter() - began)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(one())
    return taken


class Stuck(Exception):
    """Nothing more gets done."""


async def until(reached: Callable[[], Awaitable[int]], wanted: int, every: float = LOOK_EVERY) -> None:
    """Looks every so many seconds. Raises Stuck when the count has stood still for a while."""
    before, since = -1, time.monotonic()
    while (count := await reached()) < wanted:
        if count > before:
            before, since = count, time.monotonic()
        if time.monotonic() - since > PATIENCE_SECONDS:
            raise Stuck(f"{count} of {wanted} are done, and no more since {PATIENCE_SECONDS} s")
        await asyncio.sleep(every)


async def ready_cases(found: Ground) -> int:
    """Cases whose row shows the planned contact: the last thing that is written when a case is opened."""
    async with found.sessions() as session:
        ready = select(func.count()).select_from(CaseFile).where(CaseFile.due_what.startswith("contact_due"))
        return await session.scalar(ready) or 0


async def last_ready(found: Ground) -> datetime:
    """When the latest case was written down."""
    async with found.sessions() as session:
        at: datetime = (await session.scalars(select(func.max(CaseFile.written_at)))).one()
    return at


async def report(web: httpx2.AsyncClient) -> str:
    """The key of the review. An api with more to do than it can answers 503, and a sender repeats the same."""
    body = review()
    for _ in range(TRIES):
        answer = await web.post("/reviews", json=body)
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
    assert answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED), answer.text
    return str(answer.json()["external_id"])


async def run_cases(found: Ground, count: int, run: Run) -> list[str]:
    """Returns the keys of the reviews."""
    keys: list[str] = []
    before = await ready_cases(found)
    meter = Meter(parts(found.house))
    began = datetime.now(UTC)
    async with found.web("alice", AT_ONCE) as web:

        async def start() -> None:
            keys.append(await report(web))

        starts = await at_once(count, start)
        # Looking is work of its own, so it is done seldom: the cases themselves say when the last one was ready.
        await until(lambda: ready_cases(found), before + count, SELDOM)
    run.add(count, (await last_ready(found) - began).total_seconds(), meter.spent(), starts)
    return keys


async def run_bare(found: Ground, bare: BareEngine, sample: Recorded, local: int, count: int, run: Run) -> None:
    before = bare.finished()
    meter = Meter(parts(found.house, **{"bare worker": bare.child.pid}))
    began = time.perf_counter()

    async def finished() -> int:
        return bare.finished()

    like = opening("A26-57XTE-9K2M8", "7c4f2b9e-3f0a-4a56-9a5e-0d7f0c0b1a2d")

    async def start() -> None:
        await bare.start(opening(like.case, like.review_row), sample.carried, local)

    starts = await at_once(count, start)
    await until(finished, before + count)
    run.add(count, time.perf_counter() - began, meter.spent(), starts)


async def measure(count: int = 360) -> list[Figure]:
    async with ground() as found, bare_engine(found) as bare:
        await rest_for_days(found)
        keys = await run_cases(found, WARM_UP, Run())
        await settle()
        sample = await recorded(found.client, f"review:sandbox:demo:{keys[-1]}")
        cases, plain, alike = Run(), Run(), Run()
        for local in (0, len(sample.local)):
            await run_bare(found, bare, sample, local, WARM_UP, Run())
        for _ in range(ROUNDS):
            for local, run in ((0, plain), (len(sample.local), alike)):
                await settle()
                await run_bare(found, bare, sample, local, count // ROUNDS, run)
            await settle()
            keys = await run_cases(found, count // ROUNDS, cases)
        histories = [await recorded(found.client, f"review:sandbox:demo:{key}") for key in keys[-SAMPLED:]]
        handled = _handled(found)
    return _figures(cases, plain, alike, sample, histories, handled)


def _handled(found: Ground) -> list[float]:
    """The api's own seconds for each `POST /reviews`."""
    lines: list[dict[str, Any]] = []
    for text in found.house.folder.log("api").read_text().splitlines():
        if text.startswith("{"):
            lines.append(json.loads(text))
    posts = [line for line in lines if line.get("event") == "request" and line.get("path") == "/reviews"]
    return [float(line["ms"]) / 1000 for line in posts]


def _figures(
    cases: Run, plain: Run, alike: Run, sample: Recorded, histories: list[Recorded], handled: list[float]
) -> list[Figure]:
    ours, bare = median(cases.rates), median(plain.rates)
    carried = sum(took + answered for took, answered in sample.carried)
    shape = (
        f"{sample.activities} ({sample.named}); {sample.events} events, {sample.tasks} workflow tasks, {carried} bytes"
    )
    waits, runs = joined(histories)
    figures = [
        ratio("cases through the api ÷ bare workflows, per second", ours, bare, least=TARGET),
        Figure("cases ready per second", f"{ours:.1f} ({_each(cases)}; n={cases.count})"),
        Figure("bare workflows per second", f"{bare:.1f} ({_each(plain)}; n={plain.count})"),
        Figure("bare workflows with as many local ones per second", f"{median(alike.rates):.1f} ({_each(alike)})"),
        Figure("activities of a fresh case", shape),
        Figure("CPU of a case", told(cases.spent, cases.count)),
        Figure("CPU of a bare workflow", told(plain.spent, plain.count)),
        Figure("CPU of a bare workflow with as many local ones", told(alike.spent, alike.count)),
        Figure("POST /reviews as its sender sees it, 40 at once", spread(cases.starts)),
        Figure("POST /reviews inside the api", spread(handled)),
        Figure("start of a bare workflow, 40 at once", spread(plain.starts)),
    ]
    for name, taken in runs.items():
        figures.append(Figure(f"  activity {name}: waits", spread(waits[name])))
        figures.append(Figure(f"  activity {name}: runs, with its database", spread(taken)))
    return figures


def _each(run: Run) -> str:
    return ", ".join(f"{rate:.1f}" for rate in run.rates)


def title() -> str:
    return f"Starting cases, {AT_ONCE} at once, {ROUNDS} rounds each in turns, {machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=360, help="cases, and as many bare workflows (%(default)s)")
    print(table(title(), asyncio.run(measure(parser.parse_args().count))))


if __name__ == "__main__":
    main()
