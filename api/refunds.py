"""Applications for refunds: reported by a person or another program, read, and listed in the shared register."""

import secrets
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError, RPCStatusCode

from activities.refund_readings import status_of
from api.answers import written
from api.callers import TheCaller
from api.errors import NotFound, documented
from api.fields import Line, MaybeEmpty, Moment
from api.finding import Saw, case_for, read_saw, wait_for
from api.house import House, TheHouse
from api.kinds import REFUND, must_be
from api.paging import Cursor, Limit, read_cursor, write_cursor
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
from db.reads import refunds as reads
from db.reads.refunds import ApplicationText, RegisterFilter, RegisterLine
from db.refunds import Application, KeptRefund, RefundFacts, keep_refund
from db.reviews import case_of
from db.tables.buyers import ShopOrder
from db.tables.cases import CaseKey
from db.tables.office import Shop
from db.tables.refunds import Refund
from domain.case_numbers import mint
from domain.errors import Refusal
from domain.platforms import Platform
from domain.policies.refund_rules import RefundRules, RefundStatus
from domain.refund_case.keys import KIND, check_external_id, workflow_id
from domain.refund_case.market import Intervention, RefundKind
from domain.refund_case.stages import Owner, RefundStage
from domain.refund_case.state import RefundOpening
from domain.waybills import normal
from workflows.refund_starting import REFUND_CHANGED, refund_workflow_id, start_refund_case

router = APIRouter(tags=["refunds"])
log = structlog.get_logger(__name__)
MOST_PIECES = 10_000
ORDER = "register"


class RefundAbovePaid(Refusal):
    """The buyer asks for more than was paid."""

    code = "RefundAbovePaid"


class QuantityAboveOrdered(Refusal):
    """The application is about more pieces than were ordered."""

    code = "QuantityAboveOrdered"


class RefundBody(ReportBody):
    """An application as the marketplace shows it now. Sent again with a newer version it tells what changed; an older
    or repeated one changes nothing."""

    refund_id: OutsideId
    kind: RefundKind
    reason: Line = Field(description="the marketplace's own word for why")
    note: MaybeEmpty = Field(default="", description="what the buyer wrote to it")
    amount_fen: Annotated[int, Field(ge=0, le=100_000_000)]
    bought_fen: Annotated[int, Field(ge=0, le=100_000_000)] | None = Field(
        default=None, description="what was paid for the pieces that it is about"
    )
    quantity: Annotated[int, Field(ge=1, le=MOST_PIECES)] = 1
    ordered_quantity: Annotated[int, Field(ge=1, le=MOST_PIECES)] | None = None
    applied_at: Moment
    status: Line = Field(default=RefundStatus.ASKED, description="the marketplace's own code, or one of our words")
    version: OutsideId | None = None
    phase: OutsideId | None = None
    modified_at: Moment | None = None
    deadline_at: Moment | None = Field(default=None, description="when the marketplace acts by itself, if it says so")
    cannot_refuse: bool = False
    intervention: Intervention = Intervention.NONE
    shipped: bool = Field(default=True, description="whether the order has left")
    signed_at: Moment | None = Field(default=None, description="when the courier showed the order as signed for")
    courier: Line | None = Field(default=None, description="of what comes back")
    waybill: Line | None = Field(default=None, description="of what comes back")
    order_courier: Line | None = Field(default=None, description="of the order itself")
    order_waybill: Line | None = Field(default=None, description="of the order itself; its sign-for starts the 7 days")


class RegisterPage(BaseModel):
    lines: list[RegisterLine]
    next: str | None = Field(description="cursor of the next page; null where this is the last")


@router.post(
    "/refunds",
    responses=documented(403, 404, 409) | {201: {"model": CaseStarted, "description": "A case was started"}},
    summary="Report an application for a refund: starts its case, once",
    response_model=CaseStarted,
)
async def open_refund(house: TheHouse, caller: TheCaller, body: RefundBody, response: Response) -> CaseStarted:
    """201 with `created` where this began the case, 200 for an application that has one already."""
    now = house.now()
    _check_amounts(body)
    async with house.sessions.begin() as session:
        shop = await shop_to_report(session, caller, body.shop)
        check_times(body, ("applied_at", "modified_at", "signed_at", "finished_at"), now)
        check_cut_off(shop, body.applied_at, "applications")
        facts = await _facts(session, house, shop, body)
        await _check_owner(session, shop, facts)
        kept = await keep_refund(session, house.ring, facts, now)
        known = None if kept.new else await case_of(session, KIND, shop.platform, shop.code, facts.external_id)
    answer = await _known(house, known, kept) if known else await _start(house, facts, kept)
    response.status_code = 201 if answer.created else 200
    response.headers["Location"] = f"/cases/{answer.case}"
    return answer


def _check_amounts(body: RefundBody) -> None:
    paid = body.bought_fen if body.bought_fen is not None else body.paid_fen
    if paid is not None and body.amount_fen > paid:
        raise RefundAbovePaid(
            f"{paid} fen were paid and {body.amount_fen} are asked for; check both.", field="amount_fen"
        )
    if body.ordered_quantity is not None and body.quantity > body.ordered_quantity:
        raise QuantityAboveOrdered(
            f"{body.ordered_quantity} pieces were ordered and the application is about {body.quantity}; check both.",
            field="quantity",
        )


async def _facts(session: AsyncSession, house: House, shop: Shop, body: RefundBody) -> RefundFacts:
    """Raises UnknownRefundStatus, BadWaybill, BadRefundKey."""
    policy, _ = await house.policies.platforms(session, shop.code)
    rules = policy.rules(Platform(shop.platform)).refund or RefundRules()
    for waybill in (body.waybill, body.order_waybill):
        if waybill is not None:
            normal(waybill)
    same = {name: getattr(body, name) for name in _SAME}
    return RefundFacts(
        **await order_facts(session, house, shop, body),
        external_id=check_external_id(body.refund_id),
        sub_order_id=body.sub_order_id,
        application=Application(**same, kind=body.kind, status=_code(rules, body.status)),
        applied_at=body.applied_at,
        note=body.note,
        quantity=body.quantity,
        bought_fen=body.bought_fen,
        order_courier=body.order_courier,
        order_waybill=body.order_waybill,
    )


_SAME = (
    *("amount_fen", "reason", "phase", "version", "modified_at", "deadline_at", "cannot_refuse", "intervention"),
    *("shipped", "signed_at", "courier", "waybill"),
)


def _code(rules: RefundRules, status: str) -> str:
    """The marketplace's code, also where our own word was sent for it. Raises UnknownRefundStatus."""
    if rules.stage(status) is None and status in set(RefundStatus):
        found = next((stage.code for stage in rules.stages if stage.status == status), None)
        status = found or status
    status_of(rules, status)
    return status


_OTHERS = select(Shop.code).where(Shop.platform == bindparam("platform"), Shop.code != bindparam("shop"))
_OF_ANOTHER = select(
    exists().where(ShopOrder.external_id == bindparam("order"), ShopOrder.shop.in_(_OTHERS))
    | exists().where(Refund.external_id == bindparam("refund"), Refund.shop.in_(_OTHERS))
)


async def _check_owner(session: AsyncSession, shop: Shop, facts: RefundFacts) -> None:
    """Nobody reports an application, or an order, that another shop of the same marketplace is known to have."""
    asked = {
        "platform": shop.platform, "shop": shop.code, "order": facts.order_external_id, "refund": facts.external_id
    }  # fmt: skip
    if await session.scalar(_OF_ANOTHER, asked):
        raise of_another_shop(shop)


async def _start(house: House, facts: RefundFacts, kept: KeptRefund) -> CaseStarted:
    opening = RefundOpening(
        case=mint(house.now().year, secrets.token_bytes(8)),
        platform=facts.platform,
        shop=facts.shop,
        external_id=facts.external_id,
        refund_row=str(kept.row.id),
    )
    created = await start_refund_case(house.client, opening, house.settings)
    number = opening.case if created else await _running(house, opening)
    return started(number, created, facts.shop, facts.external_id)


async def _running(house: House, opening: RefundOpening) -> str:
    """The number of a case that somebody else began just now: from its key, else from how it was started."""
    async with house.reads() as session:
        known = await case_of(session, KIND, opening.platform, opening.shop, opening.external_id)
    if known:
        return known.case
    running = await house.client.get_workflow_handle(refund_workflow_id(opening)).describe()
    return await running.static_summary() or opening.case


async def _known(house: House, known: CaseKey, kept: KeptRefund) -> CaseStarted:
    if kept.changed:
        await _tell(house, known)
    return started(known.case, False, known.shop, known.external_id)


async def _tell(house: House, known: CaseKey) -> None:
    workflow = workflow_id(known.platform, known.shop, known.external_id, known.run)
    try:
        await house.client.get_workflow_handle(workflow).signal(REFUND_CHANGED)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        log.info("changed application of a closed case", case=known.case)


@router.get("/refunds", responses=documented(403), summary="The register of returns", response_model=RegisterPage)
async def list_refunds(
    house: TheHouse,
    caller: TheCaller,
    shop: Annotated[str | None, Query(max_length=32)] = None,
    owner: Annotated[Owner | None, Query(description="who has to move")] = None,
    stage: RefundStage | None = None,
    dispute: Annotated[str | None, Query(max_length=30, description="like damaged_in_transit")] = None,
    saw: Saw = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Open cases of service, warehouse and finance in one list, the first due first: who has to move, since when, what
    it waits for, and what the marketplace does if nobody moves."""
    await wait_for(house.reads, read_saw(saw))
    shops = caller.shops()
    if shop is not None:
        shops = frozenset({shop}) if shops is None or shop in shops else frozenset()
    async with house.reads() as session:
        filter = RegisterFilter(shops, owner, stage, dispute)
        lines = await reads.register(session, filter, limit, read_cursor(cursor, ORDER))
    more = write_cursor(ORDER, lines[-1].due_at, lines[-1].case) if len(lines) == limit else None
    return written(RegisterPage(lines=lines, next=more))


@router.get("/cases/{number}/refund", responses=documented(403, 404), summary="The application's own words")
async def show_refund(house: TheHouse, caller: TheCaller, number: str) -> ApplicationText:
    """What the buyer asks for, with the buyer masked, what to tell them about the item, and other cases about the same
    order."""
    row = await case_for(house, caller, number)
    must_be(row, REFUND)
    async with house.reads() as session:
        application = await reads.read_application(session, row)
        policy, _ = await house.policies.refunds(session, row.shop)
    if application is None:
        raise NotFound(f"Case {row.number} has no application.")
    return application.model_copy(update={"tips": policy.tips_for(application.item_id)})
