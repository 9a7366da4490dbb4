"""Quarrels of a case in words, its replay, questions to supervisors, and the rules that their answers became."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, Text
from api.finding import case_for
from api.house import TheHouse
from api.live import live_case
from db.audit import record
from db.questions import retire_rule as retire
from db.reads import disputes as reads
from db.reads.looks import REPLAYED
from db.reads.replay import Moment, replay

router = APIRouter(tags=["disputes"])


class Replay(BaseModel):
    case: str
    moments: list[Moment]


class QuestionsPage(BaseModel):
    questions: list[reads.WaitingQuestion]


class RulesPage(BaseModel):
    rules: list[reads.RuleLine]


class RetireBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: Text


@router.get("/cases/{number}/disputes", responses=documented(403, 404), summary="A case's quarrels, in words")
async def show_disputes(house: TheHouse, caller: TheCaller, number: str) -> reads.DisputesText:
    """Risk flags with what shows them, counter-claims with their papers, questions with their answers, and the rules
    that hold for the case's cause."""
    row = await case_for(house, caller, number)
    state, _ = await live_case(house, row)
    async with house.reads() as session:
        rules = await reads.list_rules(session, row.shop, state.cause or state.suggested_cause)
        return await reads.in_words(session, state.disputes, rules)


@router.get(
    "/cases/{number}/replay", responses=documented(403, 404), summary="Chat, contacts and steps in one time line"
)
async def replay_case(house: TheHouse, caller: TheCaller, number: str, words: bool = True) -> Replay:
    """For complaints about attitude: what was said when by whom, beside what the service did. With words it is a look
    at the buyer's data, which is recorded before the answer leaves (GET /cases/{case}/buyer/looks)."""
    row = await case_for(house, caller, number)
    async with house.sessions.begin() as session:
        if words:
            facts = {"shop": row.shop, "fields": ["words"], "why": "replay"}
            await record(session, str(caller.person), house.now(), REPLAYED, row.number, facts)
        return Replay(case=row.number, moments=await replay(session, row, with_words=words))


@router.get("/questions", responses=documented(403), summary="What waits for a supervisor's answer")
async def open_questions(house: TheHouse, caller: TheCaller) -> QuestionsPage:
    """In the shops where you are a supervisor; answer in the case, with the step `answer_question`."""
    async with house.reads() as session:
        return QuestionsPage(questions=await reads.list_waiting(session, caller.shops()))


@router.get("/shops/{code}/rules", responses=documented(403, 404), summary="What was answered where no rule was")
async def find_rules(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    q: Annotated[Line | None, Query(description="words that stand in it, each of them")] = None,
    cause: Annotated[Line | None, Query(description="like `quality.broken`, or `quality`")] = None,
    kind: Literal["review", "refund"] | None = None,
    retired: Annotated[bool, Query(description="those too that hold no more")] = False,
) -> RulesPage:
    """The newest first; with a cause also those that were asked about no cause."""
    caller.enter(code)
    async with house.reads() as session:
        return RulesPage(rules=await reads.list_rules(session, code, cause, kind, q, retired=retired))


@router.post(
    "/shops/{code}/rules/{rule}/retire", responses=documented(403, 404), status_code=204, summary="Retire a rule"
)
async def retire_rule(house: TheHouse, caller: TheCaller, code: str, rule: UUID, body: RetireBody) -> None:
    """It is found no more; who retired it when and why stands in the office's record."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        await retire(session, code, rule, caller.person, body.why, house.now())
