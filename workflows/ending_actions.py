"""What a case does by itself around its end: the last notice, the word to the case it was merged into, the closing."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from activities.follow_ups import FollowUpActivities
    from activities.merging import MergeActivities
    from activities.notices import NoticeActivities
    from activities.offers import OfferActivities
    from activities.requests import FollowUpRequest, NoticeRequest, RelapseRequest, ReleaseRequest, SplitRequest
    from domain.case_record import notice_put_off
    from domain.review_case import agenda, following_up, merging, paying, progress
    from domain.review_case.agenda import Action, Due
    from domain.review_case.state import ReviewCaseState
    from workflows import limits, starting
    from workflows.case_keeping import has_change

BAD_AGAIN = "the review turned bad again"


class EndingActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: ReviewCaseState, lock: asyncio.Lock) -> None:
        self._case = case
        self._lock = lock
        self.doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            Action.TELL_MERGE: self._tell_merge,
            Action.NOTIFY: self._notify,
            Action.PLAN_FOLLOW_UP: self._plan_follow_up,
            Action.FOLLOW_UP_DUE: self._follow_up_due,
            Action.FOLLOW_UP_LAPSED: self._follow_up_lapsed,
            Action.CLOSE: self._close,
        }

    async def go_on(self) -> None:
        """Begin the next run of a case whose review turned bad again while its follow-up visit waited."""
        last, opening = self._case.readings[-1], self._case.opening
        if last.grade is not None:
            request = RelapseRequest(review_row=opening.review_row, grade=last.grade)
            await workflow.execute_activity_method(FollowUpActivities.note_relapse, request, **limits.RECORD)
        following = opening.model_copy(
            update={"run": opening.run + 1, "source": "pull", "why": BAD_AGAIN, "split_from": None}
        )
        options = starting.start_options(following, workflow.info().task_queue)
        try:
            await workflow.start_child_workflow(
                starting.REVIEW_CASE, following, parent_close_policy=workflow.ParentClosePolicy.ABANDON, **options
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("the next run was begun by the intake")

    async def split_off(self, survivor: str) -> None:
        """Undo a merge: messages come here again, and the case that had taken this one in hears of it."""
        case = self._case
        request = SplitRequest(case=case.opening.case, split_from=survivor)
        other = await workflow.execute_activity_method(MergeActivities.split, request, **limits.RECORD)
        async with self._lock:
            merging.split_off(case, workflow.now())
        if other is not None:
            await _tell(other, "case_split_off", case.opening.case)

    async def _tell_merge(self, due: Due) -> None:
        """The case that goes on hears of it."""
        case = self._case
        assert case.merged is not None  # noqa: S101 - the agenda lists it only for a merged case
        await _tell(case.merged.workflow, "case_merged", case.opening.case, case.merged.waits)
        async with self._lock:
            merging.merge_told(case)

    async def _notify(self, due: Due) -> None:
        case = self._case
        assert case.outcome is not None  # noqa: S101 - the agenda lists it only for an ending case
        paid = paying.money_paid(case)
        request = NoticeRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.review_row, outcome=case.outcome,
            stopped=case.stopped is not None, paid_fen=paid, now=workflow.now(),
        )  # fmt: skip
        found = await workflow.execute_activity_method(NoticeActivities.notify, request, **limits.OUTSIDE_PATIENT)
        async with self._lock:
            paying.notified(case, found, workflow.now())
            if found.again_at is not None and has_change(case, "notice-put-off"):
                notice_put_off(case, found.again_at, workflow.now())
            following_up.want(case, workflow.now())

    async def _plan_follow_up(self, due: Due) -> None:
        case, identity = self._case, self._case.identity
        assert identity is not None  # noqa: S101 - a case without it has nothing to notify of
        request = FollowUpRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.review_row,
            review_created_at=identity.review_created_at, assignee=case.assignee,
            preference_hours=case.agreements.hours, preference_written=case.agreements.hours_written,
            number=case.contacts_planned + 1, wanted_at=due.at, now=workflow.now(),
        )  # fmt: skip
        found = await workflow.execute_activity_method(FollowUpActivities.plan_follow_up, request, **limits.RECORD)
        async with self._lock:
            following_up.planned(case, found, workflow.now())

    async def _follow_up_due(self, due: Due) -> None:
        async with self._lock:
            following_up.fell_due(self._case, workflow.now())

    async def _follow_up_lapsed(self, due: Due) -> None:
        async with self._lock:
            if agenda.still_due(self._case, due):
                following_up.lapsed(self._case, workflow.now())

    async def _close(self, due: Due) -> None:
        case = self._case
        request = ReleaseRequest(case=case.opening.case, offer=None, begun=paying.all_begun(case), now=workflow.now())
        await workflow.execute_activity_method(OfferActivities.release, request, **limits.RECORD)
        async with self._lock:
            progress.closed(self._case, workflow.now())


async def _tell(other: str, signal: str, *said: object) -> None:
    """Another case hears of a merge or its undoing; one that has closed meanwhile is found by the key all the same."""
    try:
        await workflow.get_external_workflow_handle(other).signal(signal, args=said)
    except FailureError:
        workflow.logger.info("%s is not running", other)
