"""Starting a case for a review that a person or another program reports."""

import secrets
from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints
from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError, RPCStatusCode

from api.callers import TheCaller
from api.errors import documented
from api.fields import MaybeEmpty, Moment
from api.house import House, TheHouse
from api.reported import (
    CaseStarted,
    OutsideId,
    ReportBody,
    check_cut_off,
    check_times,
    of_another_shop,
    order_facts,
    shop_to_report,
    started,
)
from db.reads.cases import find_case
from db.reviews import Kept, ReviewFacts, case_of, keep_review
from db.tables.buyers import Review, ShopOrder
from db.tables.cases import CaseKey
from db.tables.office import Shop
from domain.case_numbers import mint
from domain.errors import Refusal
from domain.platforms import Grade, Platform, grade_of
from domain.review_case.keys import KIND, check_external_id, workflow_id
from domain.review_case.state import Opening
from workflows.starting import REVIEW_CHANGED, case_workflow_id, start_review_case

router = APIRouter(tags=["cases"])
log = structlog.get_logger(__name__)
# These marketplaces have no review id of their own: the sub-order is the key, also for the reading of their lists.
KEYED_BY_SUB_ORDER = frozenset({Platform.TAOBAO, Platform.TMALL, Platform.SANDBOX})


class NotNegative(Refusal):
    """A good review needs no case."""

    code = "NotNegative"


class ReviewBody(ReportBody):
    """A bad or neutral review with its order, buyer and item."""

    review_id: OutsideId | None = Field(
        default=None, description="the marketplace's id of the review, where it has one"
    )
    rating: Annotated[str, StringConstraints(max_length=20)] | Annotated[int, Field(ge=-10, le=100)] = Field(
        description="a word or a number of stars on the marketplace's scale"
    )
    text: MaybeEmpty = Field(default="", description="up to 4000 characters; empty for a review of stars alone")
    created_at: Moment = Field(description="when the buyer wrote it, with its offset")
    has_photo: bool = False


@router.post(
    "/reviews",
    responses=documented(403, 404, 409) | {201: {"model": CaseStarted, "description": "A case was started"}},
    summary="Report a review: starts its case, once",
    response_model=CaseStarted,
)
async def open_case(house: TheHouse, caller: TheCaller, body: ReviewBody, response: Response) -> CaseStarted:
    """201 with `created` where this began the case, 200 for a review that has one already."""
    now = house.now()
    async with house.sessions.begin() as session:
        shop = await shop_to_report(session, caller, body.shop)
        grade = await _negative_grade(session, house, shop, body.rating)
        check_times(body, ("created_at", "finished_at"), now)
        check_cut_off(shop, body.created_at, "reviews")
        facts = await _facts(session, house, shop, body, grade)
        await _check_owner(session, shop, facts)
        kept = await keep_review(session, house.ring, facts, now)
        # A review that was new a moment ago has no case: a case is opened from a review's row.
        known = None if kept.new else await case_of(session, KIND, shop.platform, shop.code, facts.external_id)
    answer = await _known(house, known, kept) if known else await _start(house, facts, kept, now)
    response.status_code = 201 if answer.created else 200
    response.headers["Location"] = f"/cases/{answer.case}"
    return answer


async def _negative_grade(session: AsyncSession, house: House, shop: Shop, rating: str | int) -> Grade:
    policy, _ = await house.policies.platforms(session, shop.code)
    grade = grade_of(policy.rules(Platform(shop.platform)), rating)
    if grade is Grade.GOOD:
        raise NotNegative(f"A rating of {str(rating)!r} is a good one; only bad and neutral reviews open cases.")
    return grade


async def _facts(session: AsyncSession, house: House, shop: Shop, body: ReviewBody, grade: Grade) -> ReviewFacts:
    return ReviewFacts(
        **await order_facts(session, house, shop, body),
        external_id=_review_key(Platform(shop.platform), body),
        grade=grade,
        text=body.text,
        created_at=body.created_at,
        has_photo=body.has_photo,
    )


def _review_key(platform: Platform, body: ReviewBody) -> str:
    """The key by which intake would find the same review."""
    by_order = body.sub_order_id or body.order_id
    own = None if platform in KEYED_BY_SUB_ORDER else body.review_id
    return check_external_id(own or by_order)


_OTHERS = select(Shop.code).where(Shop.platform == bindparam("platform"), Shop.code != bindparam("shop"))
_OF_ANOTHER = select(
    exists().where(ShopOrder.external_id == bindparam("order"), ShopOrder.shop.in_(_OTHERS))
    | exists().where(Review.external_id == bindparam("review"), Review.shop.in_(_OTHERS))
)


async def _check_owner(session: AsyncSession, shop: Shop, facts: ReviewFacts) -> None:
    """Nobody reports a review, or an order, that another shop of the same marketplace is known to have."""
    asked = {
        "platform": shop.platform, "shop": shop.code, "order": facts.order_external_id, "review": facts.external_id
    }  # fmt: skip
    if await session.scalar(_OF_ANOTHER, asked):
        raise of_another_shop(shop)


async def _start(house: House, facts: ReviewFacts, kept: Kept, now: datetime) -> CaseStarted:
    opening = Opening(
        case=mint(now.year, secrets.token_bytes(8)),
        platform=facts.platform,
        shop=facts.shop,
        external_id=facts.external_id,
        review_row=str(kept.row),
        source="api",
    )
    created = await start_review_case(house.client, opening, house.settings)
    number = opening.case if created else await _running(house, opening)
    return started(number, created, facts.shop, facts.external_id)


async def _running(house: House, opening: Opening) -> str:
    """The number of a case that somebody else began just now: from its key, else from how it was started."""
    async with house.reads() as session:
        known = await case_of(session, KIND, opening.platform, opening.shop, opening.external_id)
    if known:
        return known.case
    running = await house.client.get_workflow_handle(case_workflow_id(opening)).describe()
    return await running.static_summary() or opening.case


async def _known(house: House, known: CaseKey, kept: Kept) -> CaseStarted:
    if kept.changed:
        await _tell(house, known)
    return started(known.merged_into or known.case, False, known.shop, known.external_id)


async def _tell(house: House, known: CaseKey) -> None:
    """A changed review reaches its open case, or the one that this was merged into; a closed one has ended and needs a
    person's decision."""
    workflow = workflow_id(known.platform, known.shop, known.external_id, known.run)
    if known.merged_into is not None:
        async with house.reads() as session:
            into = await find_case(session, known.merged_into)
        workflow = into.workflow if into else workflow
    try:
        await house.client.get_workflow_handle(workflow).signal(REVIEW_CHANGED)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        log.info("changed review of a closed case", case=known.case)
