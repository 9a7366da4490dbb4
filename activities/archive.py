"""Histories of closed cases, kept beside the record before the engine forgets them."""

import gzip
import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from db.sessions import Sessions
from db.tables.cases import CaseFile
from db.tables.couriers import CourierClaim
from db.tables.money import Payout
from db.tables.record import HistoryArchive
from domain.courier_claims import claim_id
from domain.review_case.keys import lives_of, payout_id

CASES_A_ROUND = 50
# Workflows that come by the clock and hold nothing that their cases don't.
ROUTINE = (
    "Intake",
    "RefundIntake",
    "Archive",
    "Digest",
    "Notices",
    "Webhooks",
    "Heads",
    "Retention",
    "Reconcile",
)
ROUTINE_KEPT = timedelta(days=1)
FORGOTTEN_AT_ONCE = 2000
# Stands where a run's id would: the engine knew this workflow no more when it was to be archived.
GONE = "gone"

_CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
_LAST_EVENTS = frozenset(
    {
        _CONTINUED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
    }
)


class ArchiveRequest(BaseModel):
    """`after` is the last case of the round before."""

    now: datetime
    after: str = ""


class ForgetRequest(BaseModel):
    now: datetime


class Archived(BaseModel):
    """What a round came to; `last` is None when no case is left."""

    histories: int = 0
    gone: int = 0
    still_running: int = 0
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed case and its workflows: one for each of its runs, each payout and each courier claim."""

    case: str
    closed_at: datetime
    workflows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run's history. `ended` is False for a workflow that is still on its way to its end."""

    id: str
    history: WorkflowHistory
    ended: bool


async def _children(session: AsyncSession, cases: Sequence[str]) -> dict[str, list[str]]:
    """The workflows of each case's payouts and courier claims. A case closes only after they are settled."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    payouts = select(Payout.case, Payout.key).where(Payout.case.in_(cases)).order_by(Payout.key)
    for case, key in await session.execute(payouts):
        found[case].append(payout_id(key))
    claims = select(CourierClaim.case, CourierClaim.key).where(CourierClaim.case.in_(cases)).order_by(CourierClaim.key)
    for case, key in await session.execute(claims):
        found[case].append(claim_id(key))
    return found


class ArchiveActivities:
    def __init__(self, sessions: Sessions, client: Client) -> None:
        self._sessions = sessions
        self._client = client

    @activity.defn
    async def archive(self, request: ArchiveRequest) -> Archived:
        """Archive the next closed cases that have no archive yet. A history that is there already stays as it is."""
        found = await self._closed(request.after)
        archived = Archived(last=found[-1].case if len(found) == CASES_A_ROUND else None)
        for case in found:
            await self._archive(case, request.now, archived)
            activity.heartbeat(case.case)
        return archived

    @activity.defn
    async def forget_routine(self, request: ForgetRequest) -> int:
        """Delete the engine's own record of routine runs that ended a day ago. What they did stands in the cases; kept
        for the engine's retention, a run a minute for each shop would outgrow everything else there."""
        before = (request.now - ROUTINE_KEPT).isoformat()
        names = ", ".join(f"'{name}'" for name in ROUTINE)
        old = f"WorkflowType IN ({names}) AND ExecutionStatus != 'Running' AND CloseTime < '{before}'"
        forgotten = 0
        async for run in self._client.list_workflows(old, limit=FORGOTTEN_AT_ONCE):
            execution = WorkflowExecution(workflow_id=run.id, run_id=run.run_id)
            asked = DeleteWorkflowExecutionRequest(namespace=self._client.namespace, workflow_execution=execution)
            await self._client.workflow_service.delete_workflow_execution(asked)
            forgotten += 1
            activity.heartbeat(forgotten)
        return forgotten

    async def _closed(self, after: str) -> list[Closed]:
        missing = ~exists().where(HistoryArchive.workflow == CaseFile.workflow)
        query = select(CaseFile).where(CaseFile.closed_at.is_not(None), CaseFile.number > after, missing)
        slim = load_only(*(getattr(CaseFile, name) for name in ("closed_at", "workflow", "run")))
        async with self._sessions() as session:
            files = list(await session.scalars(query.options(slim).order_by(CaseFile.number).limit(CASES_A_ROUND)))
            children = await _children(session, [file.number for file in files])
        return [
            Closed(file.number, file.closed_at, (*lives_of(file.workflow, file.run), *children[file.number]))
            for file in files
            if file.closed_at
        ]

    async def _archive(self, case: Closed, now: datetime, archived: Archived) -> None:
        """All runs of all workflows of the case, or none: while one is still ending, the case waits for the next
        round."""
        found: list[tuple[str, list[Run]]] = []
        for workflow in case.workflows:
            runs = await self._known(case, workflow)
            if not all(run.ended for run in runs):
                archived.still_running += 1
                return
            found.append((workflow, runs))
        for workflow, runs in found:
            if not runs:
                archived.gone += await self._keep(case, workflow, GONE, b"", now)
            for run in runs:
                archived.histories += await self._keep(case, workflow, run.id, run.history.to_json().encode(), now)

    async def _known(self, case: Closed, workflow: str) -> list[Run]:
        """No run where the engine has forgotten the workflow."""
        try:
            return [run async for run in self._runs(workflow)]
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            activity.logger.warning("the engine has no history of %s any more (case %s)", workflow, case.case)
            return []

    async def _runs(self, workflow: str) -> AsyncIterator[Run]:
        """From the first run along the continue-as-new chain; not by the engine's lists, which lag behind."""
        described = await self._client.get_workflow_handle(workflow).describe()
        run_id: str = described.raw_description.workflow_execution_info.first_run_id
        while run_id:
            history = await self._client.get_workflow_handle(workflow, run_id=run_id).fetch_history()
            last = history.events[-1]
            yield Run(run_id, history, last.event_type in _LAST_EVENTS)
            continued = last.event_type == _CONTINUED
            run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id if continued else ""

    async def _keep(self, case: Closed, workflow: str, run_id: str, history: bytes, now: datetime) -> bool:
        """False when it was there. The hash is that of the plain JSON, so it holds however the archive is packed."""
        row = insert(HistoryArchive).values(
            workflow=workflow,
            engine_run=run_id,
            case=case.case,
            closed_at=case.closed_at,
            archived_at=now,
            sha256=hashlib.sha256(history).digest(),
            body=gzip.compress(history, mtime=0),
        )
        async with self._sessions.begin() as session:
            made = await session.scalar(row.on_conflict_do_nothing().returning(HistoryArchive.engine_run))
        return made is not None
