"""Stories under skipped time: an engine whose clock can be moved, with the real activities behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import httpx2
import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from db.tables.record import CaseEvent
from domain.contact_terms import CallResult, TalkOutcome
from domain.offers import OfferForm
from domain.review_case import steps
from domain.review_case.agenda import next_due
from domain.review_case.state import Opening, ReviewCaseState
from gateways.wire import trusted
from tests.builders import House, Reviewed, Sandbox, Story, house_at, open_wallets, recorded, settings_for
from tests.conftest import Database
from tests.workflows.leaping import leaping_engine
from tests.workflows.refund_world import RefundStory, apply, apply_for_exchange, opening_of, refunds_policy
from worker import running
from workflows.payloads import as_json
from workflows.review_case import ReviewCase
from workflows.starting import start_options

MONTH = timedelta(days=45)
STUCK_AFTER_SECONDS = 120
AT_IT_SECONDS = 2.0
HISTORIES = Path(__file__).resolve().parent.parent / "histories"


@pytest.fixture
async def env(request: pytest.FixtureRequest) -> AsyncIterator[WorkflowEnvironment]:
    """One for each test: its clock leaps, and a leap must not reach another story."""
    async with leaping_engine(as_json, as_written=request.config.getoption("--record")) as environment:
        yield environment


@pytest.fixture
async def house(env: WorkflowEnvironment, database: Database, sandbox: str, tmp_path: Path) -> AsyncIterator[House]:
    """A shop with its people, a vault, the sandbox, and workers on every queue."""
    async with httpx2.AsyncClient(verify=trusted(), trust_env=False) as http:
        outside = Sandbox(sandbox, http)
        settings = settings_for(database.app_url, sandbox, await open_wallets(outside))
        settings = settings.model_copy(update={"vault_folder": str(tmp_path / "vault")})
        async with house_at(settings, outside, env.client) as built, running(built.parts):
            yield built
        await outside.delete("/control/faults")


@pytest.fixture
def keep_history(request: pytest.FixtureRequest, env: WorkflowEnvironment) -> Callable[[str, str], Awaitable[None]]:
    """With `--record`, writes a workflow's history beside the others, as `<workflow>.<what happens>.json`."""
    return _keeping(request, env.client)


@pytest.fixture
def keep_live_history(request: pytest.FixtureRequest, temporal_client: Client) -> Callable[[str, str], Awaitable[None]]:
    """The same on the real engine."""
    return _keeping(request, temporal_client)


def _keeping(request: pytest.FixtureRequest, client: Client) -> Callable[[str, str], Awaitable[None]]:
    async def keep(workflow_id: str, name: str) -> None:
        if request.config.getoption("--record"):
            history = await client.get_workflow_handle(workflow_id).fetch_history()
            HISTORIES.mkdir(exist_ok=True)
            kept = json.dumps(_without_traces(history.to_json_dict()), indent=2)
            (HISTORIES / f"{name}.json").write_text(kept)

    return keep


def _without_traces(found: Any) -> Any:
    """A failure's stack names the folders of one machine, and no replay looks at it."""
    if isinstance(found, dict):
        return {name: _without_traces(value) for name, value in found.items() if name != "stackTrace"}
    return [_without_traces(value) for value in found] if isinstance(found, list) else found


Keep = Callable[[str, str], Awaitable[None]]
Tell = Callable[..., Awaitable["Told"]]


class Told(Story):
    """A story whose time passes: straight to what is due next, until something is so."""

    async def until(self, so: Callable[[ReviewCaseState], bool], within: timedelta = MONTH) -> ReviewCaseState:
        """Fails when it is not so within the time; between two dues the engine is given a moment to act."""
        async with asyncio.timeout(STUCK_AFTER_SECONDS):
            return await self._until(so, within)

    async def _until(self, so: Callable[[ReviewCaseState], bool], within: timedelta) -> ReviewCaseState:
        ends, since = await self.clock() + within, monotonic()
        while True:
            state = await self.settled()
            if so(state):
                return state
            due, now = next_due(state), await self.clock()
            if due is None and state.payout is not None and not state.payout.settled:
                since = await self._moment(since)  # its payout is about to report
                continue
            assert due is not None, f"nothing is due any more: {state.stage}, {state.outcome}"
            assert due.at <= ends, f"not so within {within}: next is {due.action} at {due.at}"
            await self.pass_time(max(due.at - now, timedelta(seconds=1)))

    async def _moment(self, since: float) -> float:
        """Gives the engine a moment to act; since when it has been at it. What fails is tried again after seconds that
        double, and those pass in this clock only where somebody lets them: on a busy machine they would be minutes."""
        if monotonic() - since < AT_IT_SECONDS:
            await asyncio.sleep(0.01)
            return since
        # The clock does not leap while an activity is at work: a short step ends all the same.
        await self.pass_time(timedelta(seconds=5))
        return monotonic()

    async def settled(self) -> ReviewCaseState:
        """The state once the case has nothing left to do at this moment of its time."""
        since = monotonic()
        while True:
            state = await self.view()
            due = next_due(state)
            if due is None or due.at > await self.clock() or state.closed_at is not None:
                return state
            since = await self._moment(since)

    async def agent(self) -> str:
        """The name of whoever works on the case."""
        state = await self.view()
        return next(name for name, person in self.house.people.items() if person == state.assignee)

    async def call(self, result: CallResult, talk: TalkOutcome | None = None, *, explained: bool = False) -> str:
        """Wait until a contact is due, take it and log how it went."""
        await self.until(lambda case: case.contact is not None and case.contact.due)
        who = await self.agent()
        await self.step(who, steps.BeginContact())
        await self.step(who, steps.LogContact(result=result, talk=talk, explained=explained))
        return who

    async def accepted(self, fen: int = 500, form: OfferForm = OfferForm.CASH_ALIPAY) -> str:
        """Up to an offer, approved where needed, that the buyer accepted: reached, explained, cause confirmed, account
        known."""
        who = await self.call(CallResult.CONNECTED, TalkOutcome.UNDECIDED, explained=True)
        await self.step(who, steps.ConfirmCause(cause="quality.broken"))
        await self.step(who, steps.SetPayee(payee=await self.house.payee(self.opening)))
        made = await self.step(who, steps.MakeOffer(form=form, amount_fen=fen))
        if not made.state.offers[0].approved:
            await self.step("lee", steps.Approve(offer=1, amount_fen=fen))
        await self.step(who, steps.AnswerOffer(offer=1, accepted=True))
        return who

    async def amended(self, reviewed: Reviewed) -> None:
        """The buyer turns the review good, and the marketplace says that something changed."""
        await self.house.sandbox.post(f"/buyer/reviews/{reviewed.oid}/amend")
        await self.handle.signal("review_changed")

    async def closed(self) -> ReviewCaseState:
        """The last state, once everything is written."""
        state = await self.until(lambda case: case.closed_at is not None)
        await self.handle.result()
        return state

    async def events(self) -> list[CaseEvent]:
        """The record in order, once everything so far is written."""
        state = await self.view()
        return await recorded(self.house, state.opening.case, state.version)


@pytest.fixture
def tell(env: WorkflowEnvironment, house: House) -> Tell:
    """Start the case of a review; the story goes on from there."""

    async def told(reviewed: Reviewed | None = None, opening: Opening | None = None) -> Told:
        start = opening or await house.opening(reviewed or await house.review(), await env.get_current_time())
        await env.client.start_workflow(ReviewCase.run, start, **start_options(start, house.parts.settings.task_queue))
        return Told(house, start, env.sleep, env.get_current_time)

    return told


TellRefund = Callable[..., Awaitable[RefundStory]]


@pytest.fixture
def tell_refund(env: WorkflowEnvironment, house: House) -> TellRefund:
    """Start the case of an application; the story goes on from there."""

    async def told(policy: dict[str, Any] | None = None, *, exchange: bool = False, **body: Any) -> RefundStory:
        await refunds_policy(house, **(policy or {}))
        applied = await (apply_for_exchange if exchange else apply)(house, **body)
        opening = await opening_of(house, applied, await env.get_current_time())
        story = RefundStory(house, opening, applied, env.sleep, env.get_current_time)
        await story.start()
        return story

    return told


@pytest.fixture
async def market_clock(house: House) -> AsyncIterator[None]:
    """The sandbox's clock, which a story may move, stands right again afterwards."""
    yield
    await house.sandbox.post("/control/clock", now=datetime.now(UTC).isoformat())
