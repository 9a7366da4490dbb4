"""The same decision in many cases at once: each is its own, with a result of its own as soon as it is there."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from temporalio.service import RPCError

from api.callers import Caller, TheCaller
from api.engine import StillRunning
from api.errors import Unavailable, documented
from api.fields import Line
from api.house import House, TheHouse
from api.step_bodies import AnyStepBody, StepBody
from api.steps import IdempotencyKey, take_in
from domain.errors import Refusal

router = APIRouter(tags=["cases"])
MOST_AT_ONCE = 100
AT_A_TIME = 8
LINES = "application/x-ndjson"


class BulkBody(BaseModel):
    """One step for many cases. Texts are sealed for each case apart."""

    model_config = ConfigDict(extra="forbid")

    cases: Annotated[list[Line], Field(min_length=1, max_length=MOST_AT_ONCE, description="numbers of cases")]
    step: AnyStepBody


class StepResult(BaseModel):
    """What became of one case. `done` of `of` are answered with this line; a refusal does not stop the others."""

    case: str
    taken: bool
    stage: str | None = None
    version: int | None = None
    code: str | None = Field(default=None, description="of the refusal; `StillRunning`: ask again under the same key")
    detail: str | None = None
    done: int
    of: int


@router.post(
    "/cases/steps",
    responses=documented(403)
    | {200: {"content": {LINES: {"schema": StepResult.model_json_schema()}}, "description": "One line per case"}},
    summary="Take one step in many cases",
    response_class=StreamingResponse,
)
async def take_steps(
    house: TheHouse, caller: TheCaller, body: BulkBody, idempotency_key: IdempotencyKey = None
) -> StreamingResponse:
    """Lines of JSON in the order in which cases answer. Sent again under the same key, it does nothing twice and
    answers the same; a case that is named twice is decided once."""
    key = idempotency_key or uuid4().hex
    cases = list(dict.fromkeys(body.cases))
    return StreamingResponse(_results(house, caller, cases, body.step, key), media_type=LINES)


async def _results(house: House, caller: Caller, cases: list[str], step: StepBody, key: str) -> AsyncIterator[str]:
    slots = asyncio.Semaphore(AT_A_TIME)

    async def one(case: str) -> StepResult:
        async with slots:
            return await _result(house, caller, case, step, key, len(cases))

    running = [asyncio.create_task(one(case)) for case in cases]
    try:
        for done, answer in enumerate(asyncio.as_completed(running), start=1):
            result = (await answer).model_copy(update={"done": done})
            yield result.model_dump_json(exclude_none=True) + "\n"
    finally:
        # A reader who goes away leaves what was begun to its end: each step is a whole.
        await asyncio.gather(*running, return_exceptions=True)


async def _result(house: House, caller: Caller, case: str, step: StepBody, key: str, of: int) -> StepResult:
    try:
        taken = await take_in(house, caller, case, step, key)
    except StillRunning:
        detail = "The case has not answered yet; send the same again."
        return StepResult(case=case, taken=False, code="StillRunning", detail=detail, done=0, of=of)
    except Refusal as refusal:
        return StepResult(case=case, taken=False, code=refusal.code, detail=refusal.message, done=0, of=of)
    except RPCError:
        detail = "The engine can't be reached; send the same again."
        return StepResult(case=case, taken=False, code=Unavailable.code, detail=detail, done=0, of=of)
    return StepResult(case=taken.case, taken=True, stage=taken.stage, version=taken.version, done=0, of=of)
