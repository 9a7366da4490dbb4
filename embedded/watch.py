"""Keeping children up: each that ends is started again, unless it keeps ending."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from embedded.faults import CannotStart
from embedded.processes import Child

RESTARTS_ALLOWED = 5
RESTARTS_WITHIN_SECONDS = 60.0
PAUSE_SECONDS = 0.5

Say = Callable[[str], None]


class KeepsEnding(CannotStart):
    """A part was started again several times within a minute and ended each time."""


async def keep_up(children: Sequence[Child], say: Say) -> None:
    """Starts again whatever ends, until it is cancelled. Raises KeepsEnding when that does not help."""
    async with asyncio.TaskGroup() as together:
        for child in children:
            together.create_task(_keep_one_up(child, say))


async def _keep_one_up(child: Child, say: Say) -> None:
    ends: deque[float] = deque(maxlen=RESTARTS_ALLOWED)
    while True:
        code = await child.wait()
        if len(ends) == RESTARTS_ALLOWED and time.monotonic() - ends[0] < RESTARTS_WITHIN_SECONDS:
            raise KeepsEnding(child.story(f"ended {RESTARTS_ALLOWED + 1} times within a minute"))
        ends.append(time.monotonic())
        say(f"{child.name} ended ({told(code)}); starting it again.")
        await asyncio.sleep(PAUSE_SECONDS * (len(ends) - 1))
        await _start_again(child, say)


async def _start_again(child: Child, say: Say) -> None:
    started = time.monotonic()
    try:
        await child.start()
    except CannotStart as error:
        say(str(error))
        await child.stop()
    else:
        say(f"{child.name} is back after {time.monotonic() - started:.1f} s.")


def told(code: int) -> str:
    """An exit code in words: a negative one is the signal that ended the process."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


async def run_until(stopped: Awaitable[object], work: Awaitable[None]) -> None:
    """Runs the work until it ends or `stopped` does, whichever is first; an error of the work is raised."""
    working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(stopped)
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    for task in (working, waiting):
        task.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    try:
        await working
    except asyncio.CancelledError:
        return
