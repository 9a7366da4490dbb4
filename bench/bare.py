"""Bare workflows on the house's own engine, run by a worker of their own with the house's settings."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from temporalio.client import WorkflowHandle

from bench.bare_workflow import QUEUE, Bare, BareParent, BareTimer, Carried
from bench.ground import Ground
from domain.review_case.state import Opening, ReviewCaseState
from embedded.databases import REPOSITORY
from embedded.ports import LOOPBACK, free_port
from embedded.processes import Child, answers_ok


@dataclass(frozen=True)
class BareEngine:
    found: Ground
    child: Child
    counter: Path

    async def start(self, opening: Opening, carried: Carried, local: int = 0) -> WorkflowHandle[Bare, None]:
        return await self.found.client.start_workflow(
            Bare.run, args=[opening, carried, local], id=f"bare:{opening.external_id}", task_queue=QUEUE
        )

    async def start_timer(self, opening: Opening, moment: datetime, carried: Carried) -> None:
        await self.found.client.start_workflow(
            BareTimer.run,
            args=[opening, moment, carried],
            id=f"bare-timer:{opening.external_id}",
            task_queue=QUEUE,
        )

    async def start_parent(self, opening: Opening, state: ReviewCaseState, carried: Carried) -> None:
        await self.found.client.start_workflow(
            BareParent.run,
            args=[opening, state, carried],
            id=f"bare-parent:{opening.external_id}",
            task_queue=QUEUE,
        )

    def finished(self) -> int:
        """How many bare workflows have run all of their activities."""
        return self.counter.stat().st_size


@asynccontextmanager
async def bare_engine(found: Ground) -> AsyncIterator[BareEngine]:
    """Its worker is a process of its own, as the product's is, so that both are measured alike."""
    port, folder = free_port(), found.house.folder.root
    counter = folder / "bare.done"
    child = Child(
        "The bare worker",
        [sys.executable, "-m", "bench.bare_worker", counter],
        log=folder / "logs" / "bare.log",
        environment=os.environ | found.house.environment | {"AMENDS_WORKER_HEALTH_PORT": str(port)},
        folder=REPOSITORY,
        port=port,
        ready=lambda: answers_ok(LOOPBACK, port, "/healthz"),
    )
    await child.start()
    try:
        yield BareEngine(found, child, counter)
    finally:
        await child.stop()
