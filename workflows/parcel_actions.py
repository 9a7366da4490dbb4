"""What a refund case does about parcels by itself: ask the couriers, and tell the buyer before they ask."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.refund_notices import RefundNoticeActivities
    from activities.refund_requests import RefundRequest, TellRequest, TraceRequest
    from activities.tracing import TracingActivities
    from domain.refund_case import tracing
    from domain.refund_case.agenda import Action, Due
    from domain.refund_case.facts import Traced
    from domain.refund_case.state import RefundCaseState
    from workflows import limits


class ParcelActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: RefundCaseState, lock: asyncio.Lock, request: Callable[[], RefundRequest]) -> None:
        self._case = case
        self._lock = lock
        self._request = request
        self.doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            Action.TRACE: self._trace,
            Action.TELL: self._tell,
        }

    async def _trace(self, due: Due) -> None:
        parcel = tracing.parcel_of(self._case, due.subject)
        pushed = parcel is not None and parcel.pushed
        request = TraceRequest(**self._request().model_dump(), shipment=due.subject, pushed=pushed)
        found: Traced | None
        try:
            found = await workflow.execute_activity_method(TracingActivities.trace, request, **limits.COURIER)
        except ActivityError:
            found = None
        async with self._lock:
            tracing.traced(self._case, due.subject, found, workflow.now())

    async def _tell(self, due: Due) -> None:
        place = int(due.subject)
        telling = self._case.tellings[place]
        if not tracing.worth_telling(self._case, place):
            async with self._lock:
                tracing.told(self._case, place, False, "it is over", None, workflow.now())
            return
        request = TellRequest(
            **self._request().model_dump(), kind=telling.kind, subject=telling.subject, leg=telling.leg
        )
        try:
            sent = await workflow.execute_activity_method(
                RefundNoticeActivities.tell_buyer, request, **limits.OUTSIDE_PATIENT
            )
        except ActivityError:
            async with self._lock:
                tracing.told(self._case, place, False, "the messenger failed", None, workflow.now())
            return
        async with self._lock:
            tracing.told(self._case, place, sent.sent, sent.why, sent.again_at, workflow.now())
