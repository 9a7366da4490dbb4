"""The life of one application for a refund, a return or an exchange."""

import asyncio
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.refund_projection import RefundProjectionActivities
    from activities.refund_requests import RefundProjection
    from domain.errors import Refusal
    from domain.refund_case import calls, claiming, clocks, desk, hearing, paying, rules, tracing
    from domain.refund_case.agenda import Action, Due, due_for_people, next_due
    from domain.refund_case.claims import ClaimReport
    from domain.refund_case.facts import RefundPrepared
    from domain.refund_case.stages import stage_of
    from domain.refund_case.state import RefundAnswer, RefundCaseState, RefundOpening
    from domain.refund_case.steps import RefundCommand
    from domain.review_case.facts import BuyerMessage, PayoutReport
    from domain.review_case.payout_steps import DecidePayout, MendPayout
    from workflows import limits
    from workflows.case_keeping import CaseKeeping, edition_of_this_run, has_change, put_off, refused, unprepared
    from workflows.case_payouts import tell_decision
    from workflows.refund_actions import RefundActions
    from workflows.refund_preparing import prepare

# What a case does at its start goes to the database in one write.
BEGINNING = frozenset({Action.OPEN, Action.ASSIGN})


@workflow.defn(name="RefundCase")
class RefundCase:
    """Register, ask the buyer, explain, propose something better; then agree or refuse before the marketplace's clock
    runs out. What comes back is received, inspected and paid by finance, exchanged, or disputed. The marketplace's own
    word is the truth about the application; each of its deadlines is warned of, and ends in an action of ours or in a
    recorded decision to let it pass. People's steps come as updates, the marketplace's news as a signal.
    """

    @workflow.init
    def __init__(self, opening: RefundOpening, carried: RefundCaseState | None = None) -> None:
        self._case = carried or RefundCaseState(opening=opening, opened_at=workflow.now())
        self._case.edition = edition_of_this_run()
        self._lock = asyncio.Lock()
        self._keeping = CaseKeeping(self._case, self._write, beginning=carried is None)
        self._actions = RefundActions(self._case, self._lock, self._keeping)

    @workflow.run
    async def run(self, opening: RefundOpening, carried: RefundCaseState | None = None) -> str:
        projector = asyncio.create_task(self._keeping.project())
        while self._case.closed_at is None:
            if self._keeping.should_continue:
                await self._keeping.drain()
                if self._case.closed_at is None:
                    workflow.continue_as_new(args=[opening, self._case])
            due = next_due(self._case)
            if due is not None and due.at <= workflow.now():
                self._keeping.beginning = self._keeping.beginning and due.action in BEGINNING
                await self._actions.take(due)
            else:
                await self._rest(due)
        self._show(None)
        await self._keeping.drain()
        projector.cancel()
        return str(self._case.outcome)

    async def _rest(self, due: Due | None) -> None:
        self._show(due_for_people(self._case) or due)
        await self._keeping.wait(due.at if due else None, due.action if due else None, lambda: self._moved(due))

    def _moved(self, due: Due | None) -> bool:
        case = self._case
        return next_due(case) != due or not self._keeping.shows(stage_of(case), case.assignee)

    def _show(self, due: Due | None) -> None:
        self._keeping.show(stage_of(self._case), self._case.assignee, due.at if due else None)

    async def _write(self) -> None:
        due = due_for_people(self._case) or next_due(self._case)
        batch = RefundProjection(
            workflow=workflow.info().workflow_id,
            state=self._case.view(),
            events=list(self._case.unwritten),
            due_at=due.at if due else workflow.now(),
            due_what=f"{due.action} {due.subject}".strip() if due else "",
        )
        await workflow.execute_activity_method(RefundProjectionActivities.project_refund, batch, **limits.WRITE)

    @workflow.update
    async def advance(self, command: RefundCommand) -> RefundAnswer:
        """Carry out one step of a person; a repeat of a known command answers what the first one did."""
        decided = False
        async with self._lock:
            if self._keeping.digest_of_repeat is None:
                self._check(command, workflow.now())
                found = await self._prepare(command)
                rules.apply(self._case, command, workflow.now(), found)
                self._keeping.remember(command.digest)
                self._keeping.changed()
                decided = isinstance(command.step, MendPayout | DecidePayout)
        if decided:
            await tell_decision(command.actor, command.step)
        digest = self._keeping.digest_of_repeat or command.digest
        return RefundAnswer(digest=digest, version=self._case.version, state=self._case.view())

    @advance.validator
    def _may_advance(self, command: RefundCommand) -> None:
        self._keeping.refuse_while_draining()
        if self._keeping.digest_of_repeat is None:
            self._check(command, workflow.now())

    def _check(self, command: RefundCommand, now: datetime) -> None:
        try:
            rules.check(self._case, command, now)
        except Refusal as refusal:
            raise refused(refusal) from None

    async def _prepare(self, command: RefundCommand) -> RefundPrepared:
        if not rules.RULES[type(command.step)].prepared:
            return RefundPrepared()
        try:
            return await prepare(self._case, command)
        except ActivityError as error:
            refusal = unprepared(error)
            if put_off(self._case, command.step, refusal):
                calls.put_off(self._case, command.actor, workflow.now(), refusal.message)
                self._keeping.changed()
            raise refusal from None

    @workflow.signal
    async def refund_changed(self) -> None:
        """The marketplace, or whoever reports for it, says that something about the application changed."""
        if self._case.outcome is None:
            self._case.read_again_at = workflow.now()
            self._keeping.changed()

    @workflow.signal
    async def parcel_moved(self, shipment: str) -> None:
        """A courier has pushed what it scanned."""
        async with self._lock:
            tracing.pushed(self._case, shipment, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def claim_moved(self, report: ClaimReport) -> None:
        """A claim's own story says how it stands."""
        async with self._lock:
            claiming.reported(self._case, report, workflow.now())
            clocks.follow(self._case, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def payout_settled(self, report: PayoutReport) -> None:
        """A payout of this case tells how it went."""
        async with self._lock:
            paying.reported(self._case, report, workflow.now())
            clocks.follow(self._case, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def buyer_wrote(self, message: BuyerMessage) -> None:
        """The buyer sent a message by themselves; one that asks for silence ends calls at once."""
        if not has_change(self._case, "refunds-hear-the-buyer"):
            return  # it came when refund cases had no ear for it
        await workflow.wait_condition(lambda: self._case.identity is not None or self._case.closed_at is not None)
        async with self._lock:
            hearing.received(self._case, message, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def agent_away(self, person: str) -> None:
        """This person does not work on the shop's cases any more, or not for now: the case looks for somebody else."""
        async with self._lock:
            desk.take_back(self._case, person, workflow.now())
            clocks.follow(self._case, workflow.now())
            self._keeping.changed()

    @workflow.signal
    def refresh(self) -> None:
        """Continue as new, so that code deployed since then applies."""
        self._keeping.refresh()

    @workflow.query
    def view(self) -> RefundCaseState:
        return self._case.view()
