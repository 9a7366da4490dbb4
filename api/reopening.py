"""Reopening: a closed case's next run, on the same row, with the numbering going on; a merge undone is one too."""

from typing import Any
from uuid import UUID

from api.callers import Caller
from api.errors import NotAllowed
from api.finding import survivor_of
from api.house import House
from api.kinds import REFUND, CaseState, kind_of
from api.live import NOT_ANSWERED, ask, stored_case
from api.sealing import text_id
from api.step_bodies import Reopen, SplitOff
from db.sealed_texts import seal_text
from db.tables.cases import CaseFile
from domain.errors import Refusal
from domain.people import DESK, LEADERS
from domain.refund_case.state import RefundOpening
from domain.review_case.refusals import MergeRefused
from domain.review_case.state import Opening
from workflows.refund_starting import refund_workflow_id, start_refund_case
from workflows.starting import case_workflow_id, start_review_case


class CaseOpen(Refusal):
    """The case is open: there is nothing to reopen."""

    code = "CaseOpen"


async def reopen(
    house: House, caller: Caller, row: CaseFile, named: CaseFile, body: Reopen, update_id: str
) -> CaseState:
    """Start the next run and answer its first state. A repeat of the same request finds that run by its reason. `named`
    is the case that was asked for; `row` another one where that was merged."""
    if not caller.actor(row.shop).holds(DESK if body.buyer_came_back else LEADERS):
        raise NotAllowed("Reopening is a lead's or a supervisor's, unless the buyer came back; ask one of them.")
    text = text_id(update_id, "why")
    why = f"reopened by {caller.person}: {text}"
    if row.closed_at is None:
        merged = f"Case {named.number} goes on in {row.number}, which is open; split_off undoes the merge."
        return _repeated(row, why, "The case is open; take the step you need." if row is named else merged)
    return await _begin(house, row, body.why, text, why)


async def split_off(house: House, caller: Caller, row: CaseFile, body: SplitOff, update_id: str) -> CaseState:
    """Like `reopen`, for a merged case that goes on by itself again. Raises MergeRefused for one that is not merged."""
    if not caller.actor(row.shop).holds(LEADERS):
        raise NotAllowed("Undoing a merge is a lead's or a supervisor's; ask one of them.")
    text = text_id(update_id, "why")
    why = f"split off by {caller.person}: {text}"
    if row.closed_at is None:
        return _repeated(row, why, "The case is open, so it is not merged; one just merged closes in a moment.")
    survivor = await survivor_of(house, row)
    if survivor is None:
        raise MergeRefused(f"Case {row.number} is not merged into another; reopen it instead.", why="not_merged")
    return await _begin(house, row, body.why, text, why, split_from=survivor)


def _repeated(row: CaseFile, why: str, open_says: str) -> CaseState:
    state = stored_case(row)
    if state.opening.why != why:
        raise CaseOpen(open_says)
    return state


async def _begin(
    house: House, row: CaseFile, words: str, text: UUID, why: str, split_from: str | None = None
) -> CaseState:
    async with house.sessions.begin() as session:
        await seal_text(session, "reopen.why", words, house.now(), text)
    known: dict[str, Any] = {
        "case": row.number, "platform": row.platform, "shop": row.shop, "external_id": row.external_id,
        "run": row.run + 1, "source": "person", "why": why,
    }  # fmt: skip
    opening: Opening | RefundOpening
    if kind_of(row) is REFUND:
        opening = RefundOpening(**known, refund_row=str(row.source_row))
        await start_refund_case(house.client, opening, house.settings)
        return await _first_state(house, row, opening, refund_workflow_id(opening))
    opening = Opening(**known, review_row=str(row.source_row), split_from=split_from)
    await start_review_case(house.client, opening, house.settings)
    return await _first_state(house, row, opening, case_workflow_id(opening))


async def _first_state(house: House, row: CaseFile, opening: Opening | RefundOpening, workflow: str) -> CaseState:
    """The new run's own answer; where no worker gives one in time, what the case ended with, opened anew."""
    try:
        return await ask(house, workflow, kind_of(row))
    except NOT_ANSWERED:
        return stored_case(row).model_copy(update={"opening": opening, "closed_at": None, "outcome": None})
