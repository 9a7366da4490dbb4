"""What cases cost while they wait: queries, CPU, memory, bytes. Intake and archive are off while this is measured, and
the shop rests for some days, so that nothing is due."""

import argparse
import asyncio
import random
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import select

from bench.figures import Figure, machine, table
from bench.ground import Ground, ground, rest_for_days, settle
from bench.processes import Meter, parts, resident
from bench.start_cases import Run, run_cases
from db.tables.cases import CaseFile
from domain.review_case.agenda import next_due
from domain.review_case.state import ReviewCaseState
from embedded.demo_cast import SHOP
from embedded.house import DATABASE
from workflows.review_case import ReviewCase

CACHES = (100, 500)
OURS = ("worker", "api", "PostgreSQL", "sandbox")
AT_ONCE = 20
STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]*): (.*)")


@dataclass(frozen=True)
class Sizes:
    """Bytes on disk."""

    database: int
    engine: int


async def sizes(found: Ground) -> Sizes:
    """After a checkpoint, so that nothing is counted that is only on its way."""
    async with await psycopg.AsyncConnection.connect(_admin(found), autocommit=True) as connection:
        await connection.execute("CHECKPOINT")
        row = await (await connection.execute("SELECT pg_database_size(%s)", (DATABASE,))).fetchone()
    assert row is not None
    engine = sum(path.stat().st_size for path in found.house.folder.engine.glob("engine.db*"))
    return Sizes(row[0], engine)


def _admin(found: Ground) -> str:
    return found.house.postgres.conninfo("postgres")


async def log_statements(found: Ground, what: str) -> None:
    """From now on PostgreSQL logs every statement ("all"), or none. Its own background work is not among them."""
    async with await psycopg.AsyncConnection.connect(_admin(found), autocommit=True) as connection:
        await connection.execute(f"ALTER SYSTEM SET log_statement = {what}".encode())
        await connection.execute("SELECT pg_reload_conf()")


async def next_anything(found: Ground) -> datetime | None:
    """When the first of all open cases has something to do, as its own agenda says."""
    async with found.sessions() as session:
        states = await session.scalars(select(CaseFile.state).where(CaseFile.closed_at.is_(None)))
        dues = [next_due(ReviewCaseState.model_validate(state)) for state in states]
    return min((due.at for due in dues if due), default=None)


async def idle(found: Ground, seconds: int) -> list[Figure]:
    """Statements and CPU while nothing is due."""
    first = await next_anything(found)
    assert first is None or first > datetime.now(UTC) + timedelta(seconds=seconds), "something is due too soon"
    await log_statements(found, "'all'")
    await settle(15)
    log = found.house.postgres.log
    start, meter = log.stat().st_size, Meter(parts(found.house))
    await asyncio.sleep(seconds)
    spent = meter.spent()
    statements = _logged(log, start)
    await _see_that_statements_are_logged(found, log)
    await log_statements(found, "'none'")
    ours = sum(spent[name] for name in OURS)
    shares = ", ".join(f"{name} {100 * spent[name] / seconds:.2f} %" for name in (*OURS, "engine"))
    shown = f" ({statements[0][:80]!r} …)" if statements else ""
    until = f"; the first thing is due {first:%Y-%m-%d %H:%M} UTC" if first else ""
    few = ours < seconds / 100
    return [
        Figure(f"statements in {seconds} s", f"{len(statements)}{shown}{until}", "0", not statements),
        Figure("CPU of ours, of one core", f"{100 * ours / seconds:.2f} % ({shares})", "≤ 1 %", few),
    ]


def _logged(log: Path, start: int) -> list[bytes]:
    with log.open("rb") as file:
        file.seek(start)
        return STATEMENT.findall(file.read())


async def _see_that_statements_are_logged(found: Ground, log: Path) -> None:
    """Else the zero above would mean nothing."""
    before = len(_logged(log, 0))
    async with found.web("alice") as web:
        await web.get("/queue")
    await settle()
    assert len(_logged(log, 0)) > before, "PostgreSQL did not log the statements of a request"


async def touch(found: Ground, keys: list[str]) -> None:
    """Asks every one of these cases something, which brings it into the worker's cache."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def ask(key: str) -> None:
        async with slots:
            await found.client.get_workflow_handle(f"review:sandbox:{SHOP}:{key}").query(ReviewCase.view)

    async with asyncio.TaskGroup() as group:
        for key in keys:
            group.create_task(ask(key))


async def memory(found: Ground, keys: list[str]) -> list[Figure]:
    """The worker's memory, fresh and after it has seen many times more cases than it may keep."""
    figures = []
    for cached in CACHES:
        found.house.environment["AMENDS_WORKER_CACHED_CASES"] = str(cached)
        await found.house.worker.stop()
        await found.house.worker.start()
        await settle(2)
        fresh, seen = resident(found.house.worker.pid), []
        for rounds in (1, 3):
            await touch(found, random.sample(keys, min(len(keys), rounds * max(CACHES))))
            seen.append(resident(found.house.worker.pid))
        after = " and ".join(f"{mib:.0f}" for mib in seen)
        told = f"{after} MiB after {max(CACHES)} and {4 * max(CACHES)} cases were asked; {fresh:.0f} MiB fresh"
        figures.append(Figure(f"worker's memory with {cached} cases cached", told))
    return figures


async def open_many(found: Ground, count: int) -> list[str]:
    """Through the api, with a line of progress every tenth."""
    keys: list[str] = []
    began, step = time.monotonic(), max(1, count // 10)
    while len(keys) < count:
        keys += await run_cases(found, min(step, count - len(keys)), Run())
        print(f"  {len(keys):,} of {count:,} cases wait, {len(keys) / (time.monotonic() - began):.1f}/s", flush=True)
    return keys


async def measure(count: int = 10_000, seconds: int = 60) -> list[Figure]:
    async with ground() as found:
        await rest_for_days(found)
        await run_cases(found, 50, Run())
        before = await sizes(found)
        keys = await open_many(found, count)
        after = await sizes(found)
        figures = await idle(found, seconds)
        figures += await memory(found, keys)
    return [
        *figures,
        _bytes("database", before.database, after.database, count),
        _bytes("engine", before.engine, after.engine, count),
    ]


def _bytes(whose: str, before: int, after: int, count: int) -> Figure:
    each = (after - before) / count / 1024
    return Figure(f"{whose}, for each case", f"{each:.1f} KiB ({after / 2**20:.0f} MiB in all)")


def title(count: int) -> str:
    return f"{count:,} waiting cases; intake and archive turned off, the shop at rest, {machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="waiting cases (%(default)s); 1000 is quick")
    parser.add_argument("--seconds", type=int, default=60, help="how long nothing happens (%(default)s)")
    options = parser.parse_args()
    print(table(title(options.count), asyncio.run(measure(options.count, options.seconds))))


if __name__ == "__main__":
    main()
