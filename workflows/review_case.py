"""The life of one bad or neutral review."""

import asyncio
from datetime import datetime

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.projection import ProjectionActivities
    from activities.requests import Projection
    from domain.errors import Refusal
    from domain.gate import GateMode
    from domain.people import Actor, ActorKind
    from domain.review_case import (
        announcing,
        contacting,
        desk,
        following_up,
        hearing,
        merging,
        paying,
        presence,
        resting,
        rules,
        surging,
    )
    from domain.review_case.agenda import Action, Due, next_due
    from domain.review_case.endings import BuyerWaits
    from domain.review_case.facts import BuyerMessage, PayoutReport, Prepared
    from domain.review_case.needed import due_for_people
    from domain.review_case.state import Answer, Opening, ReviewCaseState
    from domain.review_case.steps import (
        AnswerOffer,
        BeginFollowUp,
        CheckFulfilment,
        Command,
        DecidePayout,
        FulfilOffer,
        MendPayout,
    )
    from domain.step import Step
    from workflows import limits
    from workflows.case_keeping import CaseKeeping, edition_of_this_run, has_change, put_off, refused, unprepared
    from workflows.review_actions import ReviewActions
    from workflows.review_preparing import prepare

# Steps that the payout's own workflow hears of, besides what finance decides about a failed one.
BY_HAND = (FulfilOffer, CheckFulfilment)
# What a case does at its start, one right after the other, each in the database: written down together.
BEGINNING = frozenset({Action.OPEN, Action.ASSIGN, Action.PLAN})


@workflow.defn(name="ReviewCase")
class ReviewCase:
    """Register and triage, assign, then the contact loop: plan an hour, be due, a person calls, plan again. An offer is
    approved where needed, accepted, and paid once the shop's gate lets it: by default after the amended review was
    seen on the marketplace. At the month's end, and before the reply window closes, a person confirms a public reply.
    People's steps come as updates, the world's facts as signals, and one agenda says what is due next.
    """

    @workflow.init
    def __init__(self, opening: Opening, carried: ReviewCaseState | None = None) -> None:
        self._case = carried or ReviewCaseState(opening=opening, opened_at=workflow.now())
        self._case.edition = edition_of_this_run()
        self._lock = asyncio.Lock()
        self._keeping = CaseKeeping(self._case, self._write, beginning=carried is None)
        self._actions = ReviewActions(self._case, self._lock, self._keeping)

    @workflow.run
    async def run(self, opening: Opening, carried: ReviewCaseState | None = None) -> str:
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
        if self._case.relapsed:
            await self._actions.ending.go_on()
        projector.cancel()
        return str(self._case.outcome)

    async def _rest(self, due: Due | None) -> None:
        self._show(due_for_people(self._case) or due)
        await self._keeping.wait(due.at if due else None, due.action if due else None, lambda: self._moved(due))

    def _moved(self, due: Due | None) -> bool:
        case = self._case
        return next_due(case) != due or not self._keeping.shows(case.stage, case.assignee)

    def _show(self, due: Due | None) -> None:
        self._keeping.show(self._case.stage, self._case.assignee, due.at if due else None)

    async def _write(self) -> None:
        due = due_for_people(self._case) or next_due(self._case)
        batch = Projection(
            workflow=workflow.info().workflow_id,
            state=self._case.view(),  # turned into a payload before anything else runs, so no copy is needed
            events=list(self._case.unwritten),
            due_at=due.at if due else workflow.now(),
            due_what=f"{due.action} {due.subject}".strip() if due else "",
        )
        await workflow.execute_activity_method(ProjectionActivities.project, batch, **limits.WRITE)

    @workflow.update
    async def advance(self, command: Command) -> Answer:
        """Carry out one step of a person; a repeat of a known command answers what the first one did."""
        async with self._lock:
            repeated = self._keeping.digest_of_repeat is not None
            if not repeated:
                self._check(command, workflow.now(), accepted=True)
                found = await self._prepare(command)
                rules.apply(self._case, command, workflow.now(), found)
                self._follow(command.step)
                self._keeping.remember(command.digest)
                self._keeping.changed()
        if isinstance(command.step, MendPayout | DecidePayout) or (isinstance(command.step, BY_HAND) and not repeated):
            await self._actions.tell_payout(command.actor, command.step)
        return self._answer(command)

    def _follow(self, step: Step) -> None:
        """What a step brings with it beside its own change."""
        subject = announcing.subject_of(step)
        if isinstance(step, AnswerOffer) and step.accepted:
            resting.rest(self._case, workflow.now())
        elif subject is not None and has_change(self._case, "announced-before-due"):
            announcing.wanted(self._case, subject)

    @advance.validator
    def _may_advance(self, command: Command) -> None:
        self._keeping.refuse_while_draining()
        if self._keeping.digest_of_repeat is None:
            self._check(command, workflow.now())

    def _check(self, command: Command, now: datetime, *, accepted: bool = False) -> None:
        try:
            rules.check(self._case, command, now, accepted=accepted)
        except Refusal as refusal:
            raise refused(refusal) from None

    async def _prepare(self, command: Command) -> Prepared:
        if not rules.RULES[type(command.step)].prepared:
            return Prepared()
        try:
            return await prepare(self._case, command)
        except ActivityError as error:
            refusal = unprepared(error)
            if put_off(self._case, command.step, refusal):
                visit = isinstance(command.step, BeginFollowUp)
                anew = following_up.put_off if visit else contacting.put_off
                anew(self._case, command.actor, workflow.now(), refusal.message)
                self._keeping.changed()
            raise refusal from None

    def _answer(self, command: Command) -> Answer:
        """The digest is that of the body that was carried out; the api refuses another body under the same key."""
        digest = self._keeping.digest_of_repeat or command.digest
        return Answer(digest=digest, version=self._case.version, state=self._case.view())

    @workflow.signal
    async def review_changed(self) -> None:
        """The marketplace says that something about this review changed: read it now."""
        self._case.read_again_at = workflow.now()
        self._keeping.changed()

    @workflow.signal
    async def case_merged(self, number: str, waits: BuyerWaits | None = None) -> None:
        """Another case of this buyer about this order goes on here, with what its buyer waits for."""
        async with self._lock:
            merging.absorbed(self._case, number, workflow.now(), waits)
            if has_change(self._case, "planned-from-all-contacts"):
                merging.plan_from_all_contacts(self._case, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def case_split_off(self, number: str) -> None:
        """A case that was merged into this one by mistake goes on by itself."""
        async with self._lock:
            merging.given_back(self._case, number, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def payout_settled(self, report: PayoutReport) -> None:
        """A payout of this case tells how it went."""
        async with self._lock:
            paying.payout_reported(self._case, report, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def gate_changed(self, mode: GateMode) -> None:
        """The shop chose this mode, or renewed its acknowledgement."""
        async with self._lock:
            paying.gate_changed(self._case, mode, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def buyer_online(self, person: str) -> None:
        """The buyer of this case is online, says a program (by its person's id)."""
        async with self._lock:
            presence.seen_by_platform(self._case, Actor(kind=ActorKind.SYSTEM, person=person), workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def buyer_wrote(self, message: BuyerMessage) -> None:
        """The buyer sent a message by themselves; one that asks for silence ends contact at once."""
        await workflow.wait_condition(lambda: self._case.identity is not None or self._case.closed_at is not None)
        async with self._lock:
            hearing.received(self._case, message, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def agent_away(self, person: str) -> None:
        """This person does not work on the shop's cases any more, or not for now: the case looks for somebody else."""
        async with self._lock:
            desk.take_back(self._case, person, workflow.now())
            self._keeping.changed()

    @workflow.signal
    async def surge_changed(self, began: bool) -> None:
        """The shop has more to do than hands, or no longer."""
        async with self._lock:
            surging.surge_changed(self._case, began, workflow.now())
            self._keeping.changed()

    @workflow.signal
    def refresh(self) -> None:
        """Continue as new, so that code deployed since then applies."""
        self._keeping.refresh()

    @workflow.query
    def view(self) -> ReviewCaseState:
        return self._case.view()
