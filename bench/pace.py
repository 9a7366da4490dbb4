"""How fast the processor is just now: where others share it, two phases of one run may find it differently."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

EVERY_SECONDS = 0.4
# Some three milliseconds of a processor of 2023, so that asking takes less than a hundredth of one core.
ROUNDS = 30_000


@dataclass
class Pace:
    """Milliseconds of processor time that the same small piece of work took, again and again, each with its moment."""

    seen: list[tuple[float, float]] = field(default_factory=list)

    async def watch(self) -> None:
        while True:
            self.seen.append((time.time(), _work()))
            await asyncio.sleep(EVERY_SECONDS)

    def during(self, began: datetime, seconds: float) -> float:
        """The mean over these seconds and a breath around them; the longer, the slower the processor was."""
        first = began.timestamp() - EVERY_SECONDS
        last = began.timestamp() + seconds + EVERY_SECONDS
        took = [milliseconds for at, milliseconds in self.seen if first <= at <= last]
        return sum(took) / len(took)


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[Pace]:
    pace = Pace()
    watching = asyncio.create_task(pace.watch())
    try:
        yield pace
    finally:
        watching.cancel()


def _work() -> float:
    """Counted in time of the thread itself, so that having to wait for a core does not count."""
    began, total = time.thread_time(), 0
    for number in range(ROUNDS):
        total += number * number % 7
    return 1000 * (time.thread_time() - began)
