"""`python -m bench.bare_worker FILE`: a worker with the product's own settings that runs nothing but bare workflows."""

import asyncio
import signal
import sys

from temporalio.worker import Worker

from bench.bare_workflow import QUEUE, Bare, BareChild, BareParent, BareTimer, Done
from settings import Settings
from worker import BEGINNING_AT_ONCE, health
from workflows import connection
from workflows.runner import sandboxed_runner


async def main(path: str) -> None:
    settings = Settings()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connection.connect(settings, identity="bench-bare")
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[Bare, BareTimer, BareParent, BareChild],
        activities=[Done(path).nothing],
        workflow_runner=sandboxed_runner(),
        max_cached_workflows=settings.worker_cached_cases,
        max_concurrent_activities=settings.worker_activities,
        max_concurrent_local_activities=BEGINNING_AT_ONCE,
    )
    async with worker, health(settings, [worker]):
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
