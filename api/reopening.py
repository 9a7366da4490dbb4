"""Reopening: a closed case's next run, on the same row, with the numbering going on; a merge undone is one too."""

from uuid import UUID

from api.callers import Caller
from api.errors import NotAllowed
from api.finding import survivor_of
from api.house import House
from api.live import NOT_ANSWERED, ask, stored_state
from api.sealing import text_id
from api.step_bodies import Reopen, SplitOff
from db.sealed_texts import seal_text
from db.tables.cases import CaseFile
from domain.errors import Refusal
from domain.people import DESK, LEADERS
from domain.review_case.keys import workflow_id
from domain.review_case.refusals import MergeRefused
from domain.review_case.state import Opening, ReviewCaseState
from workflows.starting import start_review_case


class CaseOpen(Refusal):
    """The case is open: there is nothing to reopen."""

    code = "CaseOpen"


async def reopen(house: House, caller: Caller, row: CaseFile, body: Reopen, update_id: str) -> ReviewCaseState:
    """Start the next run and answer its first state. A repeat of the same request finds that run by its reason."""
    if not caller.actor(row.shop).holds(DESK if body.buyer_came_back else LEADERS):
        raise NotAllowed("Reopening is a lead's or a supervisor's, unless the buyer came back; ask one of them.")
    text = text_id(update_id, "why")
    why = f"reopened by {caller.person}: {text}"
    if row.closed_at is None:
        return _repeated(row, why, "The case is open; take the step you need.")
    return await _begin(house, row, body.why, text, why)


async def split_off(house: House, caller: Caller, row: CaseFile, body: SplitOff, update_id: str) -> ReviewCaseState:
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


def _repeated(row: CaseFile, why: str, open_says: str) -> ReviewCaseState:
    state = stored_state(row)
    if state.opening.why != why:
        raise CaseOpen(open_says)
    return state


async def _begin(
    house: House, row: CaseFile, words: str, text: UUID, why: str, split_from: str | None = None
) -> ReviewCaseState:
    async with house.sessions.begin() as session:
        await seal_text(session, "reopen.why", words, house.now(), text)
    opening = Opening(
        case=row.number,
        platform=row.platform,
        shop=row.shop,
        external_id=row.external_id,
        review_row=str(row.source_row),
        run=row.run + 1,
        source="person",
        why=why,
        split_from=split_from,
    )
    await start_review_case(house.client, opening, house.settings)
    return await _first_state(house, row, opening)


async def _first_state(house: House, row: CaseFile, opening: Opening) -> ReviewCaseState:
    """The new run's own answer; where no worker gives one in time, what the case ended with, opened anew."""
    try:
        return await ask(house, workflow_id(row.platform, row.shop, row.external_id, opening.run))
    except NOT_ANSWERED:
        return stored_state(row).model_copy(update={"opening": opening, "closed_at": None, "outcome": None})
