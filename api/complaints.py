"""Complaints before they become reviews: taken at once, talked about, and ended with what came of it."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.answers import written
from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, ShopCode, Text
from api.finding import case_for
from api.house import House, TheHouse
from api.paging import Cursor, Limit, read_cursor, write_cursor
from db import complaints as rows
from db.reads import complaints as reads
from db.reads.complaints import ComplaintFigures, ComplaintLine
from domain.causes import remedies_of, severity_of, suggest_cause
from domain.complaints import ComplaintOutcome
from domain.contact_terms import Channel
from domain.fake_reviews import forbid_fake_reviews
from domain.review_case.refusals import BadTime

router = APIRouter(tags=["cases"])
COMPLAINTS = "complaints"
Talk = Literal[Channel.IM, Channel.CALL]


class ComplaintBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shop: ShopCode
    source_id: Line = Field(description="the sender's own id of it; told twice, it counts once")
    channel: Literal[Channel.IM, Channel.CALL, Channel.SMS]
    text: Text
    order: Line | None = Field(default=None, description="the marketplace's number of the order, where it is known")
    said_at: AwareDatetime | None = Field(default=None, description="now, where it is left out")


class ComplaintKept(BaseModel):
    complaint: ComplaintLine
    remedies: list[str] = Field(description="what the causes policy proposes for what it seems to be about")


class EndBody(BaseModel):
    """How the buyer was talked to, what they were told, and what came of it."""

    model_config = ConfigDict(extra="forbid")

    outcome: ComplaintOutcome
    how: Talk
    words: Text


class ComplaintPage(BaseModel):
    complaints: list[ComplaintLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


@router.post(
    "/complaints",
    responses=documented(403, 404, 409) | {200: {"description": "Known already"}},
    status_code=201,
    summary="A buyer complains and has left no review",
    response_model=ComplaintKept,
)
async def keep_complaint(house: TheHouse, caller: TheCaller, body: ComplaintBody) -> Response:
    """It waits for somebody who explains or repairs it, by message or phone, before a review is written; who is late is
    told of to the leads."""
    caller.enter(body.shop)
    if body.said_at is not None and body.said_at > house.now():
        raise BadTime("Nothing was said in the future; send when it was, or leave it out.")
    facts, remedies = await suggested(house, body)
    async with house.sessions.begin() as session:
        desk, _ = await house.policies.desk(session, body.shop)
        id, made = await rows.keep_complaint(session, facts, desk.complaint_minutes, house.now())
        kept = ComplaintKept(complaint=await reads.complaint_line(session, id), remedies=remedies)
    return written(kept, 201 if made else 200)


async def suggested(house: House, body: ComplaintBody) -> tuple[rows.ComplaintFacts, list[str]]:
    """With the cause that its words suggest, and what may be done about that."""
    async with house.reads() as session:
        causes, _ = await house.policies.causes(session, body.shop)
    cause = suggest_cause(body.text, causes).cause
    facts = rows.ComplaintFacts(
        shop=body.shop, source_id=body.source_id, channel=body.channel, text=body.text, order=body.order,
        said_at=body.said_at or house.now(), cause=cause, severity=severity_of(cause, causes),
    )  # fmt: skip
    return facts, list(remedies_of(cause, causes))


@router.get("/complaints", responses=documented(403), summary="Complaints of my shops, the first due first")
async def list_complaints(
    house: TheHouse, caller: TheCaller, ended: bool | None = False, limit: Limit = 50, cursor: Cursor = None
) -> ComplaintPage:
    after = read_cursor(cursor, COMPLAINTS)
    async with house.reads() as session:
        lines = await reads.list_complaints(session, caller.shops(), ended, limit, after)
    behind = write_cursor(COMPLAINTS, lines[-1].due_at, str(lines[-1].id)) if len(lines) == limit else None
    return ComplaintPage(complaints=lines, next=behind)


@router.post("/complaints/{id}/take", responses=documented(403, 404, 409), summary="I talk to this buyer")
async def take_complaint(house: TheHouse, caller: TheCaller, id: UUID) -> ComplaintLine:
    """A second click changes nothing."""
    async with house.sessions.begin() as session:
        row = await rows.open_complaint(session, id)
        caller.enter(row.shop)
        rows.take(row, caller.person, house.now())
        await session.flush()
        return await reads.complaint_line(session, id)


@router.post("/complaints/{id}/end", responses=documented(403, 404, 409), summary="What came of a complaint")
async def end_complaint(house: TheHouse, caller: TheCaller, id: UUID, body: EndBody) -> ComplaintLine:
    """Kept with the words in which it was explained. Fake reviews are no remedy here either."""
    async with house.sessions.begin() as session:
        row = await rows.open_complaint(session, id)
        caller.enter(row.shop)
        texts, _ = await house.policies.texts(session, row.shop)
        forbid_fake_reviews(body.words, texts.wording)
        await rows.end(session, row, caller.person, body.outcome, body.how, body.words, house.now())
        return await reads.complaint_line(session, id)


@router.get("/shops/{code}/complaints", responses=documented(403, 404), summary="How many complaints became reviews")
async def count_complaints(
    house: TheHouse, caller: TheCaller, code: str, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> ComplaintFigures:
    """Of the last days."""
    caller.enter(code)
    until = house.now()
    async with house.reads() as session:
        return await reads.complaint_figures(session, code, until - timedelta(days=days), until + _SECOND)


@router.get("/cases/{number}/complaints", responses=documented(403, 404), summary="What the buyer had said before")
async def show_complaints(house: TheHouse, caller: TheCaller, number: str) -> ComplaintPage:
    """Complaints about the order of this case's review."""
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        found = await reads.complaints_before(session, row.source_row)
    return ComplaintPage(complaints=list(found), next=None)


_SECOND = timedelta(seconds=1)
