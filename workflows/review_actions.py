"""What a review case does by itself: each entry of the agenda, as an activity and the fact it brings back.

Activities run outside the case's lock, so that a slow marketplace holds up no person; what they found is applied
under it, and every function of progress looks again whether it still counts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.assignment import AssignmentActivities
    from activities.contacts import ContactActivities
    from activities.marketplace import MarketplaceActivities
    from activities.offers import OfferActivities
    from activities.opening import OpeningActivities
    from activities.payout_gate import PayoutGate
    from activities.replacement import ReplacementActivities
    from activities.requests import (
        AssignRequest,
        LogRequest,
        OpenRequest,
        PayoutRequest,
        PlanRequest,
        ReleaseRequest,
        ReplaceRequest,
        ReviewRequest,
    )
    from domain.amendment import Reading
    from domain.contact_terms import CallResult
    from domain.disputes import counter_claims, questions
    from domain.fulfilment import needs_payee
    from domain.people import TIMER, Actor, ActorKind
    from domain.review_case import (
        agenda,
        closing,
        decisions,
        desk,
        fulfilling,
        hearing,
        investigations,
        paying,
        progress,
        promises,
        replying,
    )
    from domain.review_case.agenda import Action, Due
    from domain.review_case.facts import StepRequest
    from domain.review_case.state import Identity, Offer, OfferStatus, ReviewCaseState
    from domain.review_case.steps import LogContact, Step
    from workflows import limits
    from workflows.case_keeping import CaseKeeping, has_change
    from workflows.case_payouts import start_payout, tell, tell_decision
    from workflows.ending_actions import EndingActions
    from workflows.escalation_actions import EscalationActions
    from workflows.payout import Payout, PayoutOrder
    from workflows.reply_actions import ReplyActions

READ_AGAIN_BEFORE_PAYING = timedelta(minutes=10)


class ReviewActions:
    """Acts on one case. `lock` is held only while the state changes."""

    def __init__(self, case: ReviewCaseState, lock: asyncio.Lock, keeping: CaseKeeping) -> None:
        self._case = case
        self._lock = lock
        self._keeping = keeping
        self.ending = EndingActions(case, lock)
        self._doing: dict[Action, Callable[[Due], Awaitable[None]]] = {
            Action.OPEN: self._open,
            Action.ASSIGN: self._assign,
            Action.REPLACE: self._replace,
            Action.PLAN: self._plan,
            Action.CONTACT_DUE: self._contact_due,
            Action.LOG_MESSAGE: self._log_message,
            Action.READ: self._read_review,
            Action.RELEASE: self._release,
            Action.PAY: self._pay,
            Action.PROMISE_DUE: self._agreed(promises.fell_due),
            Action.PROMISE_BROKEN: self._agreed(promises.broke),
            Action.INVESTIGATION_DUE: self._agreed(investigations.fell_due),
            Action.DECISION_DUE: self._agreed(decisions.fell_due),
            Action.CLAIM_DUE: self._agreed(counter_claims.fell_due),
            Action.QUESTION_DUE: self._agreed(questions.fell_due),
            **ReplyActions(case, lock).doing,
            **EscalationActions(case, lock).doing,
            **self.ending.doing,
        }

    async def take(self, due: Due) -> None:
        """Do what is due: what needs the world as an activity, what only the clock decides on the spot."""
        doing = self._doing.get(due.action)
        if doing is not None:
            await doing(due)
            return
        async with self._lock:
            if agenda.still_due(self._case, due):
                self._by_the_clock(due.action)

    def _by_the_clock(self, action: Action) -> None:
        case, now = self._case, workflow.now()
        match action:
            case Action.CONTACT_MISSED:
                progress.contact_missed(case, now)
            case Action.CONTACT_LAPSED:
                progress.contact_lapsed(case, now)
            case Action.OFFER_EXPIRES:
                progress.offer_expired(case, now)
            case Action.WANT_REPLY:
                replying.reply_wanted(case, now)
            case Action.REPLY_CLOSES:
                replying.reply_closed(case, now)
            case Action.RESUME:
                desk.resume_by_timer(case, now)
            case Action.END:
                closing.end(case, TIMER, agenda.outcome_at_end(self._case), now)
            case _:
                raise AssertionError(f"no way to do {action}")

    def _agreed(self, change: Callable[[ReviewCaseState, int, datetime], None]) -> Callable[[Due], Awaitable[None]]:
        async def happens(due: Due) -> None:
            async with self._lock:
                change(self._case, int(due.subject), workflow.now())

        return happens

    @property
    def _identity(self) -> Identity:
        assert self._case.identity is not None  # noqa: S101 - the agenda has nothing but OPEN before it is there
        return self._case.identity

    async def _open(self, due: Due) -> None:
        request = OpenRequest(opening=self._case.opening, workflow=workflow.info().workflow_id, now=workflow.now())
        found = await self._keeping.ask(OpeningActivities.open_case, request)
        async with self._lock:
            progress.opened(self._case, found, workflow.now())
        if self._case.opening.split_from is not None:
            await self.ending.split_off(self._case.opening.split_from)

    async def _assign(self, due: Due) -> None:
        case = self._case
        request = AssignRequest(
            case=case.opening.case, shop=case.opening.shop, severity=case.severity,
            cause=case.cause or case.suggested_cause, taken_from=case.taken_from,
            contact_due_at=case.contact.due_at if case.contact and not case.contact.due else None, now=workflow.now(),
        )  # fmt: skip
        found = await self._keeping.ask(AssignmentActivities.assign, request)
        async with self._lock:
            progress.assigned(case, found, workflow.now())

    async def _replace(self, due: Due) -> None:
        case, before = self._case, self._case.assignee
        assert before is not None  # noqa: S101 - the agenda lists it only for a case with an agent
        request = ReplaceRequest(
            plan=self._plan_request(workflow.now()), severity=case.severity, cause=case.cause or case.suggested_cause
        )
        found = await workflow.execute_activity_method(ReplacementActivities.replace, request, **limits.RECORD)
        async with self._lock:
            progress.replaced(self._case, found, before, workflow.now())

    async def _plan(self, due: Due) -> None:
        """What was planned from facts that somebody has changed meanwhile does not count: it is planned anew."""
        asked = self._plan_request(workflow.now())
        found = await self._keeping.ask(ContactActivities.plan, asked)
        async with self._lock:
            overtaken = self._plan_request(asked.now) != asked
            if not overtaken or not has_change(self._case, "plans-overtaken"):
                progress.planned(self._case, found, workflow.now())

    def _plan_request(self, now: datetime) -> PlanRequest:
        case, identity = self._case, self._identity
        return PlanRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.review_row,
            review_created_at=identity.review_created_at, window_ends_at=identity.persistence_ends_at,
            assignee=case.assignee, preference_at=case.preference_at, preference_stated_at=case.preference_stated_at,
            preference_hours=case.agreements.hours, preference_written=case.agreements.hours_written,
            online_seen_at=case.online_seen_at, presence_again_at=case.presence_again_at,
            number=case.contacts_planned + 1, now=now,
        )  # fmt: skip

    async def _log_message(self, due: Due) -> None:
        """What the buyer wrote is a contact too: it counts against no cap, and a silence has ended."""
        case = self._case
        heard = next(one for one in hearing.unlogged(case) if one.number == int(due.subject))
        by = Actor(kind=ActorKind.SYSTEM, person=heard.by)
        step = StepRequest(case=case.opening.case, shop=case.opening.shop, actor=by, now=heard.at, update_id=heard.text)
        request = LogRequest(
            step=step, review_row=case.opening.review_row, number=int(due.subject), channel=heard.channel, attempt=None,
            log=LogContact(result=CallResult.CONNECTED, inbound=True, channel=heard.channel),
        )  # fmt: skip
        await workflow.execute_activity_method(ContactActivities.log, request, **limits.RECORD)
        async with self._lock:
            hearing.logged(case, int(due.subject))

    async def _contact_due(self, due: Due) -> None:
        """Nobody calls about a review that was amended since: it is read first, and called about all the same when the
        marketplace does not answer."""
        if self._identity.read_by_machine:
            await self._read()
        async with self._lock:
            progress.contact_due(self._case, workflow.now())

    async def _read_review(self, due: Due) -> None:
        await self._read()

    async def _read(self) -> Reading | None:
        case = self._case
        request = ReviewRequest(
            case=case.opening.case, shop=case.opening.shop, review_row=case.opening.review_row, now=workflow.now()
        )
        reading: Reading | None
        try:
            reading = await workflow.execute_activity_method(MarketplaceActivities.read_review, request, **limits.LOOK)
        except ActivityError:
            reading = None
        async with self._lock:
            progress.read(case, reading, workflow.now())
        return reading

    async def _release(self, due: Due) -> None:
        case, number = self._case, int(due.subject)
        request = ReleaseRequest(case=case.opening.case, offer=number, begun=paying.all_begun(case), now=workflow.now())
        await workflow.execute_activity_method(OfferActivities.release, request, **limits.RECORD)
        async with self._lock:
            progress.offer_released(self._case, number)

    async def _pay(self, due: Due) -> None:
        """The review is read once more, the gate asked, and the payout started under its permanent key."""
        if self._identity.read_by_machine and await self._read() is None:
            self._case.pay_again_at = workflow.now() + READ_AGAIN_BEFORE_PAYING
            return
        offer = self._case.accepted_offer
        if offer is None or not agenda.ready_to_pay(self._case):
            return
        request = self._payout_request(offer)
        found = await workflow.execute_activity_method(PayoutGate.open_payout, request, **limits.RECORD)
        async with self._lock:
            paying.payout_opened(self._case, found, workflow.now())
        if found.key is not None and paying.begun(self._case, found.key):
            by_hand = bool(found.give_roles)
            order = PayoutOrder(key=found.key, case=request.case, shop=request.shop, form=offer.form, by_hand=by_hand)
            await start_payout(order)

    def _payout_request(self, offer: Offer) -> PayoutRequest:
        case, identity = self._case, self._identity
        payee = case.payee.id if case.payee is not None and needs_payee(offer.form) else None
        return PayoutRequest(
            case=case.opening.case, shop=case.opening.shop, case_serial=identity.case_serial,
            shop_serial=identity.shop_serial, installation=identity.installation, offer=offer.number,
            amount_fen=offer.amount_fen, form=offer.form, attempt=len(case.payouts) + 1, payee=payee,
            accepted=offer.status is OfferStatus.ACCEPTED, approved=offer.approved,
            within_policy=offer.policy is not None, cause_confirmed=case.cause is not None,
            amendment_verified=case.amendment is not None, malicious_block=case.suspected or case.malicious,
            promised=identity.gate_mode, cause=case.cause, amendment=case.amendment,
            approved_by=[given.person for given in offer.approvals], absorbed=case.absorbed, now=workflow.now(),
        )  # fmt: skip

    async def tell_payout(self, actor: Actor, step: Step) -> None:
        """What a person decided about a payout, or did by hand."""
        told = fulfilling.moves(self._case, actor, step, workflow.now())
        if told is None:
            await tell_decision(actor, step)
            return
        for move in told[1]:
            await tell(told[0], Payout.by_hand, move)
