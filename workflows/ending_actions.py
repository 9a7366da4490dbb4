"""What a case does by itself around its end: the last notice, the word to the case it was merged into, the closing."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.notices import NoticeActivities
    from activities.offers import OfferActivities
    from activities.requests import NoticeRequest, ReleaseRequest
    from domain.payouts import PayoutStatus
    from domain.review_case import merging, paying, progress
    from domain.review_case.agenda import Action, Due
    from domain.review_case.state import ReviewCaseState
    from workflows import limits


class EndingActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: ReviewCaseState, lock: asyncio.Lock) -> None:
        self._case = case
        self._lock = lock
        self.doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            Action.TELL_MERGE: self._tell_merge,
            Action.NOTIFY: self._notify,
            Action.CLOSE: self._close,
        }

    async def _tell_merge(self, due: Due) -> None:
        """The case that goes on hears of it; one that has closed meanwhile is found by the key all the same."""
        case = self._case
        assert case.merged is not None  # noqa: S101 - the agenda lists it only for a merged case
        try:
            await workflow.get_external_workflow_handle(case.merged.workflow).signal("case_merged", case.opening.case)
        except FailureError:
            workflow.logger.info("case %s is not running", case.merged.into)
        async with self._lock:
            merging.merge_told(case)

    async def _notify(self, due: Due) -> None:
        case = self._case
        assert case.outcome is not None  # noqa: S101 - the agenda lists it only for an ending case
        paid = sum(payout.amount_fen for payout in case.payouts if payout.status is PayoutStatus.PAID)
        request = NoticeRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.review_row, outcome=case.outcome,
            stopped=case.stopped is not None, paid_fen=paid, now=workflow.now(),
        )  # fmt: skip
        found = await workflow.execute_activity_method(NoticeActivities.notify, request, **limits.OUTSIDE_PATIENT)
        async with self._lock:
            paying.notified(case, found, workflow.now())

    async def _close(self, due: Due) -> None:
        request = ReleaseRequest(case=self._case.opening.case, offer=None, now=workflow.now())
        await workflow.execute_activity_method(OfferActivities.release, request, **limits.RECORD)
        async with self._lock:
            progress.closed(self._case, workflow.now())
