"""Lists of cases, one case, its timeline, its review, and what was refused in it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.answers import written
from api.callers import TheCaller
from api.errors import BadInput, NotFound, documented
from api.fields import Moment
from api.finding import Saw, case_for, read_saw, survivor_of, wait_for
from api.house import TheHouse
from api.kinds import stage_in
from api.live import allowed_in, live_case, live_state
from api.paging import Cursor, Limit, cursor_behind, place_of
from db.audit import record
from db.reads import cases as reads
from db.reads import office, reviews, timeline
from db.reads.cases import CaseFilter, CaseLine
from db.reads.looks import SHOWN
from db.reads.refunds import related_cases
from domain.errors import Refusal
from domain.people import DESK, Role
from domain.platforms import Platform
from domain.refund_case.stages import RefundStage
from domain.refund_case.state import RefundCaseState
from domain.review_case.state import ReviewCaseState, Stage

router = APIRouter(tags=["cases"])
TEXT_READERS = DESK | {Role.AUDITOR}


class CasePage(BaseModel):
    cases: list[CaseLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


class CaseView(BaseModel):
    """A case as it is now. `live` says that the case itself answered; else `state` is what was known last."""

    review_created_at: datetime = Field(description="when the buyer reviewed or applied")
    age_days: int = Field(description="whole days since then; success falls with age")
    case: str
    stage: Stage | RefundStage
    version: int = Field(description="seq of the case's last event; `saw` takes it as `<case>:<version>`")
    person_step: int = Field(description="the last person's step, as `If-Match` takes it")
    live: bool
    merged_into: str | None = Field(default=None, description="number of the case that goes on in place of this one")
    allowed_steps: list[str] = Field(description="what the asking person may do now")
    state: ReviewCaseState | RefundCaseState


class Timeline(BaseModel):
    case: str
    events: list[timeline.TimelineLine]
    next: int | None = Field(description="`after` of the next page; null where this is the last")


class PhoneNumber(BaseModel):
    phone: str = Field(description="as it is dialled; an extension stands behind `ext`")


class ContactNotTaken(Refusal):
    """A number is shown to whoever has taken the contact, while they have it."""

    code = "ContactNotTaken"


@router.get("/cases", responses=documented(403), summary="List cases", response_model=CasePage)
async def list_cases(
    house: TheHouse,
    caller: TheCaller,
    shop: Annotated[str | None, Query(max_length=32)] = None,
    stage: Stage | RefundStage | None = None,
    assignee: Annotated[UUID | None, Query(description="id of a person")] = None,
    unassigned: bool = False,
    platform: Platform | None = None,
    cause: Annotated[str | None, Query(max_length=60)] = None,
    due_before: Moment | None = None,
    kind: Annotated[str | None, Query(max_length=20)] = None,
    open: Annotated[bool, Query(description="true: open ones, false: closed ones")] = True,
    all: Annotated[bool, Query(description="open and closed ones")] = False,
    saw: Saw = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Open cases come by what is due first, closed ones by the last closed, `all` by the last opened."""
    if unassigned and assignee:
        raise BadInput("Ask for one assignee or for unassigned cases, not for both.", field="unassigned")
    await wait_for(house.reads, read_saw(saw))
    filter = CaseFilter(
        shops=_narrowed(caller.shops(), shop),
        stage=stage,
        assignee=assignee,
        unassigned=unassigned,
        platform=platform,
        cause=cause,
        kind=kind,
        due_before=due_before,
        open=None if all else open,
    )
    after = place_of(cursor, filter.order)
    async with house.reads() as session:
        lines = await reads.list_cases(session, filter, limit, after)
    return written(CasePage(cases=lines, next=cursor_behind(lines, filter.order, limit)))


@router.get(
    "/cases/{number}",
    responses=documented(403, 404),
    summary="One case, and what I may do in it now",
    response_model=CaseView,
)
async def show_case(house: TheHouse, caller: TheCaller, number: str) -> Response:
    """Asks the case itself; `ETag` is its last person's step, for `If-Match`."""
    row = await case_for(house, caller, number)
    state, live = await live_case(house, row)
    view = CaseView(
        review_created_at=row.review_created_at,
        age_days=max(0, (house.now() - row.review_created_at).days),
        case=row.number,
        stage=stage_in(state),
        version=state.version,
        person_step=state.person_step,
        live=live,
        merged_into=await survivor_of(house, row),
        allowed_steps=allowed_in(state, caller, house),
        state=state,
    )
    return written(view, ETag=f'"{state.person_step}"')


@router.get(
    "/cases/{number}/timeline",
    responses=documented(403, 404),
    summary="Everything that happened in a case",
    response_model=Timeline,
)
async def show_timeline(
    house: TheHouse,
    caller: TheCaller,
    number: str,
    after: Annotated[int, Query(ge=0, le=2**31, description="seq of the last event that is known already")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    actor: Annotated[str | None, Query(max_length=40, description="a person's id, or person, timer, platform")] = None,
    kind: Annotated[str | None, Query(max_length=60, description="like `offer_made`")] = None,
    policy: Annotated[
        str | None, Query(max_length=80, description="a version like `contact:demo:3`, or `contact`")
    ] = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Response:
    """In the order in which it happened; `texts` holds what people wrote, for the desk and auditors."""
    row = await case_for(house, caller, number)
    with_texts = bool(caller.roles_in(row.shop) & TEXT_READERS)
    async with house.reads() as session:
        of = timeline.Of(actor, kind, policy, since, until)
        events = await timeline.timeline(session, row.number, after, limit, with_texts, of)
    following = events[-1].seq if len(events) == limit else None
    return written(Timeline(case=row.number, events=events, next=following))


@router.get("/cases/{number}/review", responses=documented(403, 404), summary="The review's own words")
async def show_review(house: TheHouse, caller: TheCaller, number: str) -> reviews.ReviewText:
    """What the buyer wrote, with the buyer masked, and other cases about the same order."""
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        review = await reviews.read_review(session, row.source_row)
        orders = {review.order, review.external_id} if review else set()
        related = await related_cases(session, row, orders)
    if review is None:
        raise NotFound(f"Case {row.number} has no review.")
    return review.model_copy(update={"related": related})


@router.get("/cases/{number}/phone", responses=documented(403, 404, 409), summary="The number to dial")
async def show_phone(house: TheHouse, caller: TheCaller, number: str) -> PhoneNumber:
    """For whoever has begun the contact and not logged it yet; each look is in the office's record."""
    row = await case_for(house, caller, number)
    state, _ = await live_state(house, row)
    if state.contact is None or state.contact.taken_by != str(caller.person):
        raise ContactNotTaken(
            "The number is shown to whoever has begun the contact: take the step begin_contact first."
        )
    async with house.sessions.begin() as session:
        phone = await reviews.phone_of(session, row.source_row)
        if phone is None:
            raise NotFound("No number of this buyer is known; enter one with the step set_phone.")
        await record(session, str(caller.person), house.now(), SHOWN, row.number, {"contact": state.contact.number})
    return PhoneNumber(phone=phone)


@router.get("/cases/{number}/refused-steps", responses=documented(403, 404), summary="Steps that were refused")
async def list_refused_steps(house: TheHouse, caller: TheCaller, number: str) -> list[office.RefusedLine]:
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        return await office.list_refused(session, row.number)


def _narrowed(visible: frozenset[str] | None, shop: str | None) -> frozenset[str] | None:
    """One shop of those that are visible; none where it is not among them."""
    if shop is None:
        return visible
    return frozenset({shop}) if visible is None or shop in visible else frozenset()
