"""The first page of the queue and of the lists at 1,000, 10,000 and 100,000 cases: database and rows to models as the
api calls them, and the api's own time for the whole request as its log tells it."""

import argparse
import asyncio
import functools
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

from bench.figures import Figure, machine, quantile, table
from bench.ground import BY, Ground, ground, settle
from bench.queue_rows import Desk, rows, write
from db import office
from db.reads.cases import CaseFilter, list_cases
from db.reads.queue import list_queue
from domain.people import Role
from domain.policies.causes import CausesPolicy
from domain.policies.documents import load_shipped
from embedded.demo_cast import SHOP
from embedded.house import DATABASE

SIZES = (1_000, 10_000, 100_000)
PAGE = 50
LIMIT_MS = 20
PLATFORMS = ("taobao", "tmall", "jd", "pinduoduo", "douyin", "kuaishou")
SHOPS = 12
AGENTS_A_SHOP = 5
SEED = 20261121
WARM_UP = 20
ROUNDS = 3
NEVER = "malicious.competitor"

Read = Callable[[AsyncSession], Awaitable[Sequence[object]]]


@dataclass(frozen=True)
class View:
    """One list: how the api reads it, who asks for it over HTTP with which query."""

    name: str
    read: Read
    who: str
    path: str


@dataclass(frozen=True)
class Cast:
    """Two readers: an agent of one shop, and a supervisor of every shop."""

    agent: UUID
    agent_key: str
    head: UUID
    head_key: str
    desks: Sequence[Desk]


def views(cast: Cast, causes: Sequence[str]) -> list[View]:
    mine, here = cast.agent, frozenset({SHOP})
    lead_of = frozenset(desk.shop for desk in cast.desks)
    lead_of_two = frozenset(sorted(lead_of)[:2])

    def listed(**narrowed: Any) -> Read:
        filter = CaseFilter(**({"shops": here} | narrowed))
        return lambda session: list_cases(session, filter, PAGE, None)

    common, rare = causes[0], causes[-1]
    return [
        View("my queue", lambda session: list_queue(session, mine, here, PAGE, None), "agent", "/queue"),
        View("queue of a lead of all shops by name", _queue(cast.head, lead_of), "", ""),
        View("queue of a supervisor of every shop", _queue(cast.head, None), "head", "/queue"),
        View("queue of a supervisor while two shops surge", _queue(cast.head, None, lead_of_two), "", ""),
        View("open cases of a shop", listed(), "agent", "/cases"),
        View("open cases of every shop", listed(shops=None), "head", "/cases"),
        View("unassigned of a shop", listed(unassigned=True), "agent", "/cases?unassigned=true"),
        View("unassigned of every shop", listed(shops=None, unassigned=True), "head", "/cases?unassigned=true"),
        View("stage contacting, every shop", listed(shops=None, stage="contacting"), "head", "/cases?stage=contacting"),
        View("stage paying (1 in 100)", listed(shops=None, stage="paying"), "head", "/cases?stage=paying"),
        View("stage opening (none)", listed(shops=None, stage="opening"), "head", "/cases?stage=opening"),
        View("the commonest cause", listed(shops=None, cause=common), "head", f"/cases?cause={common}"),
        View("the rarest cause", listed(shops=None, cause=rare), "head", f"/cases?cause={rare}"),
        View("a cause that no case has", listed(shops=None, cause=NEVER), "head", f"/cases?cause={NEVER}"),
        View("a platform", listed(shops=None, platform="jd"), "head", "/cases?platform=jd"),
        View("a platform that no case is on", listed(shops=None, platform="ebay"), "head", "/cases?platform=ebay"),
        View("closed cases of a shop", listed(open=False), "agent", "/cases?open=false"),
        View("closed cases of every shop", listed(shops=None, open=False), "head", "/cases?open=false"),
        View("all cases of every shop", listed(shops=None, open=None), "head", "/cases?all=true"),
    ]


def _queue(person: UUID, shops: frozenset[str] | None, surging: frozenset[str] = frozenset()) -> Read:
    return lambda session: list_queue(session, person, shops, PAGE, None, surging)


def cause_codes() -> list[str]:
    policy = load_shipped("causes", CausesPolicy)
    codes = [f"{group}.{sub}" for group, cause in policy.causes.items() for sub in cause.sub]
    return [code for code in codes if code != NEVER]


async def staff(found: Ground) -> Cast:
    """Twelve shops with five agents each; the demo's Alice is one of the first shop's."""
    now = datetime.now(UTC)
    async with found.sessions.begin() as session:
        desks = [Desk(SHOP, "sandbox", [found.people["alice"], *await _agents(session, SHOP, now)])]
        for number in range(1, SHOPS):
            code, platform = f"shop-{number}", PLATFORMS[number % len(PLATFORMS)]
            cut_off = now - timedelta(days=200)
            await office.add_shop(
                session, BY, now, code=code, name=code, platform=platform, gate_mode="on_resolution",
                cut_off_at=cut_off, intake=False,
            )  # fmt: skip
            desks.append(Desk(code, platform, await _agents(session, code, now)))
        head = await office.add_person(session, BY, now, login="head", name="Head")
        await office.grant(session, BY, now, head.id, Role.SUPERVISOR, None)
        key, _ = await office.issue_key(session, BY, now, head.id, BY)
    return Cast(found.people["alice"], found.key("alice"), head.id, key, desks)


async def _agents(session: AsyncSession, shop: str, now: datetime) -> list[UUID]:
    made = []
    for number in range(AGENTS_A_SHOP):
        person = await office.add_person(session, BY, now, login=f"{shop}-{number}", name=f"{shop} {number}")
        await office.grant(session, BY, now, person.id, Role.AGENT, shop)
        made.append(person.id)
    return made


async def time_reads(found: Ground, view: View, times: int) -> list[float]:
    """Seconds of each read, with its session and the models that it answers."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        async with found.sessions() as session:
            await view.read(session)
        taken.append(time.perf_counter() - began)
    return taken


async def time_requests(found: Ground, cast: Cast, view: View, times: int) -> list[float]:
    """Seconds that the api spent on each request, in its own words."""
    key = {"agent": cast.agent_key, "head": cast.head_key}[view.who]
    log = found.house.folder.log("api")
    start = log.stat().st_size
    async with httpx2.AsyncClient(
        base_url=found.house.url("api"), headers={"Authorization": f"Bearer {key}"}, trust_env=False
    ) as web:
        for _ in range(times):
            (await web.get(view.path)).raise_for_status()
    await asyncio.sleep(0.1)
    with log.open("rb") as file:
        file.seek(start)
        lines = [json.loads(line) for line in file.read().decode().splitlines() if line.startswith("{")]
    return [line["ms"] / 1000 for line in lines if line.get("event") == "request"]


async def quietest(measured: Callable[[], Awaitable[list[float]]]) -> list[float]:
    """The round with the lowest p99: what else runs on the machine only ever adds."""
    rounds = [await measured() for _ in range(ROUNDS)]
    return min(rounds, key=lambda taken: quantile(taken, 0.99))


async def measure(times: int = 100, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """Reads and requests at every size; the table is filled up between them."""
    reads: dict[str, dict[int, list[float]]] = {}
    requests: dict[str, dict[int, list[float]]] = {}
    causes = cause_codes()
    async with ground() as found:
        await found.house.worker.stop()
        cast, written = await staff(found), 0
        for size in sizes:
            await write(
                found.house.postgres.conninfo(DATABASE), rows(size - written, cast.desks, causes, SEED + written)
            )
            written = size
            await settle()
            for view in views(cast, causes):
                await time_reads(found, view, WARM_UP)
                reads.setdefault(view.name, {})[size] = await quietest(
                    functools.partial(time_reads, found, view, times)
                )
                if view.path:
                    again = await quietest(functools.partial(time_requests, found, cast, view, times))
                    requests.setdefault(view.name, {})[size] = again
    return [figure for name in reads for figure in figures_of(name, reads[name], requests.get(name, {}))]


def figures_of(name: str, reads: dict[int, list[float]], requests: dict[int, list[float]]) -> list[Figure]:
    told = [_flat(f"{name}: read", reads)]
    if requests:
        told.append(_flat(f"{name}: request", requests))
    return told


def _flat(what: str, by_size: dict[int, list[float]]) -> Figure:
    """p50/p99 at every size; met when the p99 of the largest is within the limit."""
    cells = [f"{1000 * quantile(taken, 0.5):5.1f}/{1000 * quantile(taken, 0.99):5.1f}" for taken in by_size.values()]
    met = all(1000 * quantile(taken, 0.99) <= LIMIT_MS for taken in by_size.values())
    return Figure(what, "   ".join(cells), f"p99 ≤ {LIMIT_MS} ms", met)


def title(times: int, sizes: Sequence[int]) -> str:
    told = ", ".join(f"{size:,}" for size in sizes)
    sampled = f"n={times}, the quietest of {ROUNDS} rounds"
    return f"First page ({PAGE} lines), p50/p99 in ms at {told} cases; {sampled}, {machine()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how often each list is asked for (%(default)s)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of cases, ascending")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.times, options.sizes))
    print(table(title(options.times, options.sizes), figures))


if __name__ == "__main__":
    main()
