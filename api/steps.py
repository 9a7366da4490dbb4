"""The one endpoint that advances a case."""

import hashlib
import re
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, Field

from api.answers import written
from api.callers import Caller, TheCaller
from api.engine import CaseNotRunning, StillRunning, advance, earlier_answer, same_body
from api.errors import BadInput, documented
from api.finding import case_for, surviving_case
from api.house import House, TheHouse
from api.kinds import CaseAnswer, CaseState, check, kind_of, stage_in
from api.live import allowed_in, live_case
from api.public_words import check_public_words
from api.refused import keep_refusal
from api.remedy_words import check_remedy_words
from api.reopening import reopen, split_off
from api.rule_words import check_rule_words
from api.sealing import SealedStep, seal_step, touches_rows, unseal
from api.step_bodies import AnyStepBody, Reopen, SplitOff, StepBody, rehearsed
from db import chain
from db.tables.cases import CaseFile
from domain.errors import Refusal
from domain.refund_case.stages import RefundStage
from domain.refund_case.state import RefundCaseState
from domain.review_case.refusals import CaseClosed
from domain.review_case.state import ReviewCaseState, Stage
from domain.step import Step

router = APIRouter(tags=["cases"])
_TAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')
# Whoever gets these may send the same again, so their sealed texts stay.
MAY_BE_REPEATED = frozenset({"Unavailable", "IdempotencyKeyReused"})

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="recommended: a repeat under the same key answers what the first request did",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=20,
        description="the last person's step that you have seen (`ETag`); the step is refused if there is a later one",
    ),
]


class CaseMerged(Refusal):
    """The sender looked at a case that goes on in another one."""

    code = "CaseMerged"


class StepTaken(BaseModel):
    """The case after the step."""

    case: str
    stage: Stage | RefundStage
    version: int = Field(description="`saw` takes it as `<case>:<version>`")
    person_step: int
    allowed_steps: list[str]
    state: ReviewCaseState | RefundCaseState


class StepPending(BaseModel):
    """The step is with the case, which has not answered yet. Send the same request again with this key, or look."""

    case: str
    idempotency_key: str
    look: str = Field(description="address of the case")


@router.post(
    "/cases/{number}/steps",
    responses=documented(403, 404, 409, 412, 429) | {202: {"model": StepPending, "description": "Not answered yet"}},
    summary="Take a step in a case",
    response_model=StepTaken,
)
async def take_step(
    house: TheHouse,
    caller: TheCaller,
    number: str,
    body: AnyStepBody,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """`step` says which; a refusal names its reason and what to do instead. A step in a merged case is taken in the
    case that goes on, which the answer names; only `split_off` is the merged case's own."""
    key = idempotency_key or uuid4().hex
    try:
        taken = await take_in(house, caller, number, body, key, read_if_match(if_match))
    except StillRunning:
        return written(StepPending(case=number, idempotency_key=key, look=f"/cases/{number}"), 202)
    return written(taken, ETag=f'"{taken.person_step}"')


async def take_in(
    house: House, caller: Caller, number: str, body: StepBody, key: str, seen: int | None = None
) -> StepTaken:
    """Take a step in one case. Raises the refusal, which is kept, or StillRunning."""
    named = await case_for(house, caller, number)
    row = named if isinstance(body, SplitOff) else await surviving_case(house, caller, named)
    if row is not named and seen is not None:
        raise CaseMerged(f"Case {named.number} goes on as {row.number}; look at that one.", merged_into=row.number)
    update_id = hashlib.sha256(f"{caller.person}|{row.number}|{key}".encode()).hexdigest()
    try:
        kind_of(row).take(body.step_name)
        state: CaseState
        if isinstance(body, Reopen):
            state = await reopen(house, caller, row, named, body, update_id)
        elif isinstance(body, SplitOff):
            state = await split_off(house, caller, row, body, update_id)
        else:
            state = (await _advance(house, caller, row, body, update_id, seen)).state
    except Refusal as refusal:
        await keep_refusal(house, caller, row, body.step_name, refusal)
        raise
    return _taken(state, caller, house)


async def _advance(
    house: House, caller: Caller, row: CaseFile, body: StepBody, update_id: str, seen: int | None
) -> CaseAnswer:
    kind = kind_of(row)
    digest = hashlib.sha256(chain.canonical(body.model_dump(mode="json"))).hexdigest()
    try:
        if touches_rows(body):
            await _rehearse(house, caller, row, body)
        await check_public_words(house, row, body)
        await check_rule_words(house, row, body)
        await check_remedy_words(house, row, body)
    except Refusal:
        earlier = await earlier_answer(house, row.workflow, update_id, kind.answer)
        if earlier is None:
            raise
        return same_body(earlier, digest)
    sealed = await seal_step(house, caller, row, body, update_id)
    command = kind.command.model_validate(
        _command(caller, row, sealed.step, house) | {"digest": digest, "if_version": seen}
    )
    try:
        return await advance(house, row.workflow, command, update_id, kind.answer)
    except Refusal as refusal:
        await _forget(house, sealed, refusal)
        if isinstance(refusal, CaseNotRunning) and row.closed_at is not None:
            # The engine forgets a closed case after its retention; its row does not.
            raise CaseClosed("The case is closed; a lead or supervisor may reopen it.") from None
        raise


async def _forget(house: House, sealed: SealedStep, refusal: Refusal) -> None:
    if refusal.code not in MAY_BE_REPEATED:
        await unseal(house, sealed)


async def _rehearse(house: House, caller: Caller, row: CaseFile, body: StepBody) -> None:
    """Ask the rules before any row is touched; raises the Refusal that the case would give."""
    state, _ = await live_case(house, row)
    command = kind_of(row).command.model_validate(_command(caller, row, rehearsed(body), house) | {"digest": ""})
    check(state, command, house.now())


def _command(caller: Caller, row: CaseFile, step: Step, house: House) -> dict[str, Any]:
    return {"actor": caller.actor(row.shop), "step": step, "sent_at": house.now()}


def read_if_match(given: str | None) -> int | None:
    """Raises BadInput for what is not a number."""
    if given is None or given.strip() == "*":
        return None
    tag = _TAG.fullmatch(given.strip())
    if tag is None:
        raise BadInput('If-Match must be a version, like "12": take it from the ETag.', field="If-Match")
    return int(tag.group(1))


def _taken(state: CaseState, caller: Caller, house: House) -> StepTaken:
    return StepTaken(
        case=state.opening.case,
        stage=stage_in(state),
        version=state.version,
        person_step=state.person_step,
        allowed_steps=allowed_in(state, caller, house),
        state=state,
    )
