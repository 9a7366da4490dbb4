"""A sign of life while an activity runs, so that the engine notices within seconds that a worker has died."""

import asyncio
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

BEATS_A_TIMEOUT = 4


class Pulse(Interceptor):
    """For activities whose `heartbeat_timeout` is `seconds` at most; those that tell of their own progress have longer
    ones and are left alone."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Beating(next, self._seconds)


class _Beating(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, seconds: float) -> None:
        super().__init__(next)
        self._seconds = seconds

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        listened = activity.info().heartbeat_timeout
        if listened is None or not 0 < listened.total_seconds() <= self._seconds:
            return await self.next.execute_activity(input)
        beating = asyncio.create_task(_beat(listened.total_seconds() / BEATS_A_TIMEOUT))
        try:
            return await self.next.execute_activity(input)
        finally:
            beating.cancel()


async def _beat(every: float) -> None:
    while True:
        await asyncio.sleep(every)
        activity.heartbeat()
