"""What a case does about an undone thing: its clock is reckoned in the desk's hours, and the next one hears of it."""

import asyncio
from collections.abc import Awaitable, Callable

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.escalation import EscalationActivities
    from activities.requests import AnnouncementRequest, ClockRequest
    from domain.escalation import EscalationKind
    from domain.review_case import announcing, fulfilling, investigations, progress
    from domain.review_case.agenda import Action, Due
    from domain.review_case.state import ReviewCaseState
    from workflows import limits
    from workflows.case_keeping import has_change
    from workflows.case_payouts import ask_approvers

APPROVERS = "approvers-at-work"


class EscalationActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: ReviewCaseState, lock: asyncio.Lock) -> None:
        self._case = case
        self._lock = lock
        self.doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            Action.RECKON: self._reckon,
            Action.ESCALATE: self._escalate,
            Action.RECKON_ANNOUNCEMENT: self._reckon_announcement,
            Action.ANNOUNCE: self._announce,
        }

    def _clock_request(self, kind: EscalationKind) -> ClockRequest:
        case = self._case
        clock = case.clocks[kind]
        return ClockRequest(
            case=case.opening.case, shop=case.opening.shop, kind=kind, since=clock.since, severity=case.severity,
            told=clock.told, pauses=clock.pauses, assignee=self._whose(kind), now=workflow.now(),
            roles=fulfilling.whose(case) if kind is EscalationKind.FULFILMENT_WAITING else [],
        )  # fmt: skip

    def _whose(self, kind: EscalationKind) -> str | None:
        """Who hears first: the case's own agent, or whoever was asked to investigate."""
        asked = investigations.overdue(self._case) if kind is EscalationKind.INVESTIGATION else None
        return asked.to if asked else self._case.assignee

    async def _reckon(self, due: Due) -> None:
        request = self._clock_request(EscalationKind(due.subject))
        found = await workflow.execute_activity_method(EscalationActivities.reckon, request, **limits.RECORD)
        async with self._lock:
            progress.reckoned(self._case, found)

    async def _reckon_announcement(self, due: Due) -> None:
        case = self._case
        one, person = announcing.find(case, due.subject)
        request = AnnouncementRequest(
            case=case.opening.case, shop=case.opening.shop, person=person, asked_at=one.at, due_at=one.due_at
        )
        found = await workflow.execute_activity_method(
            EscalationActivities.reckon_announcement, request, **limits.RECORD
        )
        async with self._lock:
            announcing.reckoned(case, due.subject, found)

    async def _announce(self, due: Due) -> None:
        async with self._lock:
            announcing.announce(self._case, due.subject, workflow.now())

    async def _escalate(self, due: Due) -> None:
        kind = EscalationKind(due.subject)
        if kind is EscalationKind.STALE and not progress.still_stale(self._case):
            return
        if kind is EscalationKind.APPROVAL_WAITING and has_change(self._case, APPROVERS):
            await ask_approvers(self._case, self._lock)
            return
        request = self._clock_request(kind)
        found = await workflow.execute_activity_method(EscalationActivities.escalate, request, **limits.RECORD)
        async with self._lock:
            progress.escalated(self._case, found, workflow.now())
