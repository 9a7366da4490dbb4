"""The first page of the shared register of returns at 1,000, 10,000 and 100,000 cases, for whoever works with it:
database and rows to lines as the api calls them, and the api's own time for the whole request as its log tells it."""

import argparse
import asyncio
import functools
from collections.abc import Sequence

from bench.figures import Figure, machine, table
from bench.ground import Ground, ground, settle
from bench.queue import (
    LIMIT_MS,
    PAGE,
    ROUNDS,
    SEED,
    SIZES,
    WARM_UP,
    Cast,
    View,
    figures_of,
    quietest,
    staff,
    time_reads,
    time_requests,
)
from bench.register_rows import write
from db.reads.refunds import RegisterFilter, register
from domain.refund_case.stages import Owner, RefundStage
from embedded.demo_cast import SHOP
from embedded.house import DATABASE


def views() -> list[View]:
    def read(shops: frozenset[str] | None, owner: Owner | None = None, stage: RefundStage | None = None) -> View:
        where = "a shop" if shops else "every shop"
        narrowed = [f"{name}={value}" for name, value in (("owner", owner), ("stage", stage)) if value]
        query = f"/refunds?{'&'.join(narrowed)}" if narrowed else "/refunds"
        filter = RegisterFilter(shops, owner, stage)
        name = f"register of {where}{', ' if narrowed else ''}{', '.join(narrowed)}"
        return View(name, lambda session: register(session, filter, PAGE, None), "agent" if shops else "head", query)

    here = frozenset({SHOP})
    return [
        read(here),
        read(None),
        read(here, Owner.WAREHOUSE),
        read(None, Owner.WAREHOUSE),
        read(None, Owner.FINANCE),
        read(None, Owner.SUPERVISOR),
        read(None, Owner.LEAD),
        read(here, stage=RefundStage.RELEASING),
        read(None, stage=RefundStage.INTERVENED),
        read(None, stage=RefundStage.OPENING),
    ]


async def measure(times: int = 100, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """Reads and requests at every size; the tables are filled up between them."""
    reads: dict[str, dict[int, list[float]]] = {}
    requests: dict[str, dict[int, list[float]]] = {}
    async with ground() as found:
        await found.house.worker.stop()
        cast, written = await staff(found), 0
        for size in sizes:
            await write(
                found.sessions, found.house.postgres.conninfo(DATABASE), size - written, cast.desks, SEED + written
            )
            written = size
            await settle()
            for view in views():
                taken = await _measured(found, cast, view, times)
                reads.setdefault(view.name, {})[size], requests.setdefault(view.name, {})[size] = taken
    return [figure for name in reads for figure in figures_of(name, reads[name], requests[name])]


async def _measured(found: Ground, cast: Cast, view: View, times: int) -> tuple[list[float], list[float]]:
    await time_reads(found, view, WARM_UP)
    read = await quietest(functools.partial(time_reads, found, view, times))
    return read, await quietest(functools.partial(time_requests, found, cast, view, times))


def title(times: int, sizes: Sequence[int]) -> str:
    counted = ", ".join(f"{size:,}" for size in sizes)
    sampled = f"n={times}, the quietest of {ROUNDS} rounds, limit {LIMIT_MS} ms"
    return f"First page of the register ({PAGE} lines), p50/p99 in ms at {counted} cases; {sampled}, {machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how often each list is asked for (%(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of cases, ascending")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.times, options.sizes))
    print(table(title(options.times, options.sizes), figures))


if __name__ == "__main__":
    main()
