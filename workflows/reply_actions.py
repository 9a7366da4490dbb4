"""What a review case does by itself about its public reply: prepare it for a person, and post what was confirmed."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.marketplace import MarketplaceActivities
    from activities.replies import ReplyActivities
    from activities.reply_requests import PostReplyRequest, ReplyRequest
    from domain.review_case import replying
    from domain.review_case.agenda import Action, Due
    from domain.review_case.claims import shown_by
    from domain.review_case.state import ReviewCaseState
    from workflows import limits


class ReplyActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: ReviewCaseState, lock: asyncio.Lock) -> None:
        self._case = case
        self._lock = lock
        self.doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            Action.PREPARE_REPLY: self._prepare,
            Action.POST_REPLY: self._post,
        }

    async def _prepare(self, due: Due) -> None:
        case = self._case
        request = ReplyRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.review_row,
            cause=case.cause or case.suggested_cause, malicious=case.malicious, shown=shown_by(case),
            now=workflow.now(),
        )  # fmt: skip
        found = await workflow.execute_activity_method(ReplyActivities.prepare, request, **limits.RECORD)
        async with self._lock:
            replying.reply_prepared(case, found, workflow.now())

    async def _post(self, due: Due) -> None:
        case = self._case
        assert case.reply is not None  # noqa: S101 - the agenda lists it only with a confirmed text
        assert case.reply.text is not None  # noqa: S101
        request = PostReplyRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.review_row,
            text=case.reply.text.id, now=workflow.now(),
        )  # fmt: skip
        try:
            found = await workflow.execute_activity_method(MarketplaceActivities.post_reply, request, **limits.OUTSIDE)
        except ActivityError:
            found = None
        async with self._lock:
            replying.reply_posted(case, found, workflow.now())
