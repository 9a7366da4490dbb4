"""What a refund case does by itself: each entry of the agenda, as an activity and the fact it brings back.

Activities run outside the case's lock, so that a slow marketplace holds up no person; what they found is applied
under it, and every function of progress looks again whether it still counts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.assignment import AssignmentActivities
    from activities.contacts import ContactActivities
    from activities.escalation import EscalationActivities
    from activities.refund_desk import RefundDeskActivities
    from activities.refund_market import RefundMarketActivities
    from activities.refund_notices import RefundNoticeActivities
    from activities.refund_opening import RefundOpeningActivities
    from activities.refund_requests import (
        AgreeRequest,
        MessageRequest,
        OpenRefundRequest,
        OrderRequest,
        RefundNoticeRequest,
        RefundRequest,
        WarnRequest,
    )
    from activities.requests import AssignRequest, ClockRequest, LogRequest, PlanRequest
    from domain.case_clocks import escalated, reckoned
    from domain.case_record import notice_put_off
    from domain.contact_terms import CallResult
    from domain.disputes import counter_claims, questions
    from domain.escalation import EscalationKind
    from domain.people import Actor, ActorKind
    from domain.refund_case import (
        calls,
        clocks,
        deadlines,
        desk,
        handling_goods,
        hearing,
        paying,
        progress,
        talking,
        writing,
    )
    from domain.refund_case.agenda import Action, Due, still_due
    from domain.refund_case.facts import RefundPrepared
    from domain.refund_case.market import Reading
    from domain.refund_case.state import RefundCaseState
    from domain.review_case.facts import StepRequest
    from domain.review_case.steps import LogContact
    from workflows import limits
    from workflows.case_keeping import CaseKeeping, has_change
    from workflows.case_payouts import ask_approvers
    from workflows.claim_actions import ClaimActions
    from workflows.parcel_actions import ParcelActions
    from workflows.refund_paying import RefundPaying


class RefundActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: RefundCaseState, lock: asyncio.Lock, keeping: CaseKeeping) -> None:
        self._case = case
        self._lock = lock
        self._keeping = keeping
        self.paying = RefundPaying(case, lock)
        self._doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            **self.paying.doing,
            Action.OPEN: self._open,
            Action.ASSIGN: self._assign,
            Action.READ: self._read_refund,
            Action.WARN: self._warn,
            Action.ACT: self._act,
            Action.ORDER: self._order,
            Action.CALL: self._call,
            Action.LOG_MESSAGE: self._log_message,
            Action.WRITE: self._write_message,
            Action.RECKON: self._reckon,
            Action.ESCALATE: self._escalate,
            Action.NOTIFY: self._notify,
            Action.CLAIM_DUE: self._fell_due,
            Action.QUESTION_DUE: self._fell_due,
            Action.CLAIM: ClaimActions(case, lock).act,
            **ParcelActions(case, lock, self._request).doing,
        }

    async def take(self, due: Due) -> None:
        """Do what is due, and see to the clocks."""
        await self.act(due)
        clocks.follow(self._case, workflow.now())

    async def act(self, due: Due) -> None:
        """What needs the world as an activity, what only the clock decides on the spot."""
        doing = self._doing.get(due.action)
        if doing is not None:
            await doing(due)
            return
        async with self._lock:
            if still_due(self._case, due):
                self._by_the_clock(due.action)

    async def _fell_due(self, due: Due) -> None:
        fell_due = counter_claims.fell_due if due.action is Action.CLAIM_DUE else questions.fell_due
        async with self._lock:
            fell_due(self._case, int(due.subject), workflow.now())

    def _by_the_clock(self, action: Action) -> None:
        case, now = self._case, workflow.now()
        match action:
            case Action.TRIAL_ENDS:
                talking.trial_over(case, now)
            case Action.RESUME:
                desk.resume_by_timer(case, now)
            case Action.GIVE_UP_GOODS:
                handling_goods.goods_given_up(case, now)
            case Action.CLOSE:
                progress.closed(case, now)
            case _:
                raise AssertionError(f"no way to do {action}")

    def _request(self) -> RefundRequest:
        opening = self._case.opening
        return RefundRequest(case=opening.case, shop=opening.shop, refund_row=opening.refund_row, now=workflow.now())

    async def _open(self, due: Due) -> None:
        opening = self._case.opening
        request = OpenRefundRequest(opening=opening, workflow=workflow.info().workflow_id, now=workflow.now())
        try:
            found = await self._keeping.ask(RefundOpeningActivities.open_refund, request)
        except ActivityError:
            # A status that the policy does not know yet: it can be added there, and nothing is lost meanwhile.
            progress.not_opened(self._case, workflow.now())
            return
        async with self._lock:
            progress.opened(self._case, found, workflow.now())

    async def _assign(self, due: Due) -> None:
        case = self._case
        request = AssignRequest(
            case=case.opening.case, shop=case.opening.shop, severity=case.severity,
            cause=case.cause or case.suggested_cause, taken_from=case.taken_from, now=workflow.now(),
        )  # fmt: skip
        found = await self._keeping.ask(AssignmentActivities.assign, request)
        async with self._lock:
            progress.assigned(case, found, workflow.now())

    async def _read_refund(self, due: Due) -> None:
        await self._read()

    async def _read(self) -> Reading | None:
        reading: Reading | None
        try:
            reading = await workflow.execute_activity_method(
                RefundMarketActivities.read_refund, self._request(), **limits.DEADLINE
            )
        except ActivityError:
            reading = None
        async with self._lock:
            if self._case.outcome is None:
                progress.read(self._case, reading, workflow.now())
        return reading

    async def _call(self, due: Due) -> None:
        """Nobody calls about an application that has ended since: it is read before, and called about all the same
        when the marketplace does not answer."""
        if due.subject == "plan":
            await self._plan_call()
            return
        if due.subject == "due" and self._case.handling.by_machine:
            await self._read()
        async with self._lock:
            if still_due(self._case, due):
                calls.by_the_clock(self._case, due.subject, workflow.now())

    async def _plan_call(self) -> None:
        """What was planned from facts that somebody has changed meanwhile does not count: it is planned anew."""
        asked = self._call_request(workflow.now())
        found = await workflow.execute_activity_method(ContactActivities.plan, asked, **limits.RECORD)
        async with self._lock:
            overtaken = self._call_request(asked.now) != asked
            if not overtaken or not has_change(self._case, "plans-overtaken"):
                calls.planned(self._case, found, workflow.now())

    def _call_request(self, now: datetime) -> PlanRequest:
        case, identity = self._case, self._case.identity
        assert identity is not None  # noqa: S101 - the agenda lists it only for registered cases
        return PlanRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.refund_row,
            review_created_at=identity.applied_at, window_ends_at=calls.window_ends_at(case), assignee=case.assignee,
            preference_at=case.calls.preference_at, preference_stated_at=case.calls.preference_stated_at,
            online_seen_at=None, number=case.calls.planned + 1, now=now,
        )  # fmt: skip

    async def _log_message(self, due: Due) -> None:
        """What the buyer wrote is a contact too: it counts against no cap, and a silence has ended."""
        opening, number = self._case.opening, int(due.subject)
        heard = next(one for one in hearing.unlogged(self._case) if one.number == number)
        by = Actor(kind=ActorKind.SYSTEM, person=heard.by)
        step = StepRequest(case=opening.case, shop=opening.shop, actor=by, now=heard.at, update_id=heard.text)
        request = LogRequest(
            step=step, review_row=opening.refund_row, number=number, channel=heard.channel, attempt=None,
            log=LogContact(result=CallResult.CONNECTED, inbound=True, channel=heard.channel),
        )  # fmt: skip
        await workflow.execute_activity_method(ContactActivities.log, request, **limits.RECORD)
        async with self._lock:
            hearing.logged(self._case, number)

    async def _warn(self, due: Due) -> None:
        case = self._case
        hours = deadlines.hours_due(case, workflow.now())
        if hours is None:
            return
        request = WarnRequest(
            **self._request().model_dump(),
            hours=hours,
            role=deadlines.role_to_warn(case, hours),
            assignee=case.assignee,
        )
        found = await workflow.execute_activity_method(RefundDeskActivities.whom_to_warn, request, **limits.RECORD)
        async with self._lock:
            deadlines.warned(case, found, workflow.now())

    async def _act(self, due: Due) -> None:
        """The application is read once more; what is then to be done is done under the version just seen."""
        watch = self._case.watch
        if await self._read() is None:
            async with self._lock:
                deadlines.not_reached(self._case, workflow.now())
            return
        if self._case.watch is not watch or watch is None or watch.decided is not None:
            return
        found = await self._judge_rule()
        async with self._lock:
            if self._case.watch is watch:
                deadlines.act(self._case, found, workflow.now())

    async def _judge_rule(self) -> RefundPrepared:
        case = self._case
        if deadlines.safe_action(case)[0] is None:
            return RefundPrepared()
        request = AgreeRequest(
            **self._request().model_dump(), cause=case.cause or case.suggested_cause, abuse=case.abuse is not None,
            by_person=False,
        )  # fmt: skip
        return await workflow.execute_activity_method(RefundOpeningActivities.judge_agreement, request, **limits.RECORD)

    async def _order(self, due: Due) -> None:
        number = int(due.subject)
        request = OrderRequest(**self._request().model_dump(), order=self._case.orders[number - 1])
        try:
            found = await workflow.execute_activity_method(RefundMarketActivities.obey, request, **limits.DEADLINE)
        except ActivityError:
            found = None
        async with self._lock:
            progress.ordered(self._case, number, found, workflow.now())

    async def _write_message(self, due: Due) -> None:
        number = int(due.subject)
        request = MessageRequest(**self._request().model_dump(), message=self._case.messages[number - 1])
        try:
            found = await workflow.execute_activity_method(
                RefundMarketActivities.write_message, request, **limits.DEADLINE
            )
        except ActivityError:
            found = None
        async with self._lock:
            status, trouble = (found.status, found.trouble) if found else (None, None)
            writing.written(self._case, number, status, trouble, workflow.now())

    def _clock_request(self, kind: EscalationKind) -> ClockRequest:
        case = self._case
        clock = case.clocks[kind]
        return ClockRequest(
            case=case.opening.case, shop=case.opening.shop, kind=kind, since=clock.since, severity=case.severity,
            told=clock.told, pauses=clock.pauses, assignee=case.assignee, now=workflow.now(),
        )  # fmt: skip

    async def _reckon(self, due: Due) -> None:
        request = self._clock_request(EscalationKind(due.subject))
        found = await workflow.execute_activity_method(EscalationActivities.reckon, request, **limits.RECORD)
        async with self._lock:
            reckoned(self._case, found)

    async def _escalate(self, due: Due) -> None:
        kind = EscalationKind(due.subject)
        if kind is EscalationKind.APPROVAL_WAITING:
            await ask_approvers(self._case, self._lock)
            return
        if kind is EscalationKind.STALE and not progress.still_stale(self._case):
            return
        request = self._clock_request(kind)
        found = await workflow.execute_activity_method(EscalationActivities.escalate, request, **limits.RECORD)
        async with self._lock:
            escalated(self._case, found, workflow.now())

    async def _notify(self, due: Due) -> None:
        case = self._case
        assert case.outcome is not None  # noqa: S101 - the agenda lists it only for an ending case
        request = RefundNoticeRequest(
            **self._request().model_dump(),
            outcome=case.outcome,
            refunded_fen=case.refunded_fen,
            given_fen=paying.paid_fen(case),
            paid_fen=paying.money_paid(case),
        )
        found = await workflow.execute_activity_method(
            RefundNoticeActivities.notify_refund, request, **limits.OUTSIDE_PATIENT
        )
        async with self._lock:
            progress.notified(case, found.sent, found.why, found.again_at, workflow.now())
            if found.again_at is not None and has_change(case, "notice-put-off"):
                notice_put_off(case, found.again_at, workflow.now())
