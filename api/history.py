"""What the engine recorded of a case, decoded beside its timeline: for auditors, who believe both or neither."""

import gzip
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from api.callers import TheCaller
from api.errors import NotFound, documented
from api.finding import case_for
from api.house import House, TheHouse
from db.reads.cases import CaseLine
from db.reads.search import search_cases
from db.tables.cases import CaseFile
from domain.review_case.keys import lives_of
from record import collect
from record.histories import HistoryLine, lines
from record.replay import read_history
from workflows.codec import parse_codec

router = APIRouter(tags=["record"])


class RunLine(BaseModel):
    """One run of a case or of one of its payouts. Without `run` it is the engine's own, still running or not archived
    yet."""

    workflow: str
    run: str | None
    archived_at: datetime | None


class History(BaseModel):
    workflow: str
    events: list[HistoryLine]
    next: int | None = Field(description="`after` of the next page; null where this is the last")


@router.get("/cases/{number}/histories", responses=documented(403, 404), summary="The runs that the engine recorded")
async def list_histories(house: TheHouse, caller: TheCaller, number: str) -> list[RunLine]:
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        kept = await collect.histories(session, row.number)
    found = [RunLine(workflow=one.workflow, run=one.engine_run, archived_at=one.archived_at) for one in kept]
    there = {line.workflow for line in found}
    live = [life for life in lives_of(row.workflow, row.run) if life not in there]
    return found + [RunLine(workflow=life, run=None, archived_at=None) for life in live]


@router.get("/cases/{number}/history", responses=documented(403, 404), summary="What the engine recorded, readable")
async def show_history(
    house: TheHouse,
    caller: TheCaller,
    number: str,
    workflow: Annotated[str | None, Query(max_length=200, description="empty: the case's present run")] = None,
    run: Annotated[str | None, Query(max_length=60, description="one that was archived")] = None,
    after: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> History:
    """Every event with its payloads decoded; no buyer's data is in it, because none ever went in."""
    row = await case_for(house, caller, number)
    wanted = workflow or row.workflow
    history = await _archived(house, row, wanted, run) or await _live(house, row, wanted)
    codec = parse_codec(house.settings.payload_keys.get_secret_value())
    events = await lines(history, codec, after, limit)
    following = events[-1].id if len(events) == limit else None
    return History(workflow=wanted, events=events, next=following)


@router.get("/search/cases", responses=documented(403), summary="Find cases by any number that somebody may have")
async def find_cases(
    house: TheHouse,
    caller: TheCaller,
    q: Annotated[str, Query(min_length=4, max_length=64, description="of a case, review, refund, order or payout")],
) -> list[CaseLine]:
    """In all shops that you may see, open and closed, the newest first."""
    async with house.reads() as session:
        return await search_cases(session, q.strip(), caller.shops())


async def _archived(house: House, row: CaseFile, workflow: str, run: str | None) -> WorkflowHistory | None:
    """The last archived run of the workflow, or the one that is asked for."""
    async with house.reads() as session:
        kept = [one for one in await collect.histories(session, row.number) if one.workflow == workflow]
    found = [one for one in kept if run in (None, one.engine_run) and one.engine_run != collect.GONE]
    return read_history(workflow, gzip.decompress(found[-1].body)) if found else None


async def _live(house: House, row: CaseFile, workflow: str) -> WorkflowHistory:
    """Raises NotFound for what is no workflow of this case, or that the engine does not know."""
    if workflow in lives_of(row.workflow, row.run):
        try:
            return await house.client.get_workflow_handle(workflow).fetch_history()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
    raise NotFound(
        f"There is no history of {workflow} with case {row.number}; GET /cases/{row.number}/histories lists."
    )
