"""Starting a case for a review that a person or another program reports."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError, RPCStatusCode

from api.callers import Caller, TheCaller
from api.errors import BadInput, NotFound, documented
from api.fields import AmountFen, Line, MaybeEmpty, Moment, ShopCode
from api.house import House, TheHouse
from db.buyers import BuyerFacts
from db.reads.cases import find_case
from db.reviews import Kept, ReviewFacts, case_of, keep_review
from db.tables.buyers import Review, ShopOrder
from db.tables.cases import CaseKey
from db.tables.office import Shop
from domain.addresses import address_type
from domain.case_numbers import mint
from domain.errors import Refusal
from domain.platforms import Grade, Platform, grade_of
from domain.review_case.keys import KIND, check_external_id, workflow_id
from domain.review_case.state import Opening
from workflows.starting import REVIEW_CHANGED, case_workflow_id, start_review_case

router = APIRouter(tags=["cases"])
log = structlog.get_logger(__name__)
CLOCKS_APART = timedelta(minutes=5)
# These marketplaces have no review id of their own: the sub-order is the key, also for the reading of their lists.
KEYED_BY_SUB_ORDER = frozenset({Platform.TAOBAO, Platform.TMALL, Platform.SANDBOX})

OutsideId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


class NotNegative(Refusal):
    """A good review needs no case."""

    code = "NotNegative"


class BeforeCutOff(Refusal):
    """The review is older than the day from which on the shop opens cases."""

    code = "BeforeCutOff"


class OrderOfAnotherShop(Refusal):
    """The order, or the review, is known under another shop of the same marketplace."""

    code = "OrderOfAnotherShop"


class BuyerBody(BaseModel):
    """What is known of the buyer; phone and account may be masked."""

    model_config = ConfigDict(extra="forbid")

    id: Line = Field(description="the marketplace's nick or open id")
    nick: Line | None = None
    name: Line | None = None
    phone: Line | None = None
    account: Line | None = Field(default=None, description="wallet account")


class ReviewBody(BaseModel):
    """A bad or neutral review with its order, buyer and item."""

    model_config = ConfigDict(extra="forbid")

    shop: ShopCode
    review_id: OutsideId | None = Field(
        default=None, description="the marketplace's id of the review, where it has one"
    )
    order_id: OutsideId
    sub_order_id: OutsideId | None = Field(default=None, description="empty: the order has one line")
    rating: Annotated[str, StringConstraints(max_length=20)] | Annotated[int, Field(ge=-10, le=100)] = Field(
        description="a word or a number of stars on the marketplace's scale"
    )
    text: MaybeEmpty = Field(default="", description="up to 4000 characters; empty for a review of stars alone")
    created_at: Moment = Field(description="when the buyer wrote it, with its offset")
    has_photo: bool = False
    buyer: BuyerBody
    item_id: OutsideId | None = None
    item_title: Line | None = None
    paid_fen: AmountFen | None = None
    finished_at: Moment | None = Field(default=None, description="when the order was finished")
    province: Line | None = None
    address: Line | None = None


class CaseStarted(BaseModel):
    case: str
    created: bool
    shop: str
    external_id: str = Field(description="the review's key")
    saw: str = Field(description="give this to a list as `saw`, and it will show the case")


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
        shop = await _shop(session, caller, body.shop)
        grade = await _negative_grade(session, house, shop, body.rating)
        _check_times(body, shop, now)
        facts = await _facts(session, house, shop, body, grade)
        await _check_owner(session, shop, facts)
        kept = await keep_review(session, house.ring, facts, now)
        # A review that was new a moment ago has no case: a case is opened from a review's row.
        known = None if kept.new else await case_of(session, KIND, shop.platform, shop.code, facts.external_id)
    started = await _known(house, known, kept) if known else await _start(house, facts, kept, now)
    response.status_code = 201 if started.created else 200
    response.headers["Location"] = f"/cases/{started.case}"
    return started


async def _shop(session: AsyncSession, caller: Caller, code: str) -> Shop:
    shop = await session.get(Shop, code)
    if shop is None or not caller.roles_in(code):
        raise NotFound(f"There is no shop {code!r} that you may see; GET /shops lists them.", field="shop")
    caller.enter(code)
    return shop


async def _negative_grade(session: AsyncSession, house: House, shop: Shop, rating: str | int) -> Grade:
    policy, _ = await house.policies.platforms(session, shop.code)
    grade = grade_of(policy.rules(Platform(shop.platform)), rating)
    if grade is Grade.GOOD:
        raise NotNegative(f"A rating of {str(rating)!r} is a good one; only bad and neutral reviews open cases.")
    return grade


def _check_times(body: ReviewBody, shop: Shop, now: datetime) -> None:
    for field in ("created_at", "finished_at"):
        moment = getattr(body, field)
        if moment is not None and moment > now + CLOCKS_APART:
            raise BadInput(f"{field} lies in the future; send the marketplace's own time with its offset.", field=field)
    if body.created_at < shop.cut_off_at:
        day = shop.cut_off_at.date().isoformat()
        raise BeforeCutOff(
            f"Shop {shop.code} opens cases for reviews since {day}; an earlier cut-off is set with PATCH /shops.",
            cut_off_at=shop.cut_off_at.isoformat(),
        )


async def _facts(session: AsyncSession, house: House, shop: Shop, body: ReviewBody, grade: Grade) -> ReviewFacts:
    contact, _ = await house.policies.contact(session, shop.code)
    return ReviewFacts(
        shop=shop.code,
        platform=shop.platform,
        external_id=_review_key(Platform(shop.platform), body),
        order_external_id=body.order_id,
        grade=grade,
        text=body.text,
        created_at=body.created_at,
        buyer=BuyerFacts(
            platform=shop.platform,
            platform_id=body.buyer.id,
            nick=body.buyer.nick or body.buyer.id,
            name=body.buyer.name,
            phone=body.buyer.phone,
            account=body.buyer.account,
        ),
        source="api",
        has_photo=body.has_photo,
        item_id=body.item_id,
        item_title=body.item_title,
        paid_fen=body.paid_fen,
        finished_at=body.finished_at,
        province=body.province,
        address_type=address_type(body.address, contact) if body.address else None,
        address=body.address,
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
        raise OrderOfAnotherShop(
            f"This order belongs to another shop than {shop.code}; check the shop and the order id.", field="order_id"
        )


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
    return _started(number, created, facts.shop, facts.external_id)


async def _running(house: House, opening: Opening) -> str:
    """The number of a case that somebody else began just now: from its key, else from how it was started."""
    async with house.reads() as session:
        known = await case_of(session, KIND, opening.platform, opening.shop, opening.external_id)
    if known:
        return known.case
    started = await house.client.get_workflow_handle(case_workflow_id(opening)).describe()
    return await started.static_summary() or opening.case


async def _known(house: House, known: CaseKey, kept: Kept) -> CaseStarted:
    if kept.changed:
        await _tell(house, known)
    return _started(known.merged_into or known.case, False, known.shop, known.external_id)


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


def _started(number: str, created: bool, shop: str, external_id: str) -> CaseStarted:
    return CaseStarted(case=number, created=created, shop=shop, external_id=external_id, saw=f"{number}:1")
