"""Policies: the document in force, and saving the next version of one."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field

from api.callers import Caller, TheCaller
from api.errors import documented
from api.fields import ShopCode, Text
from api.house import House, TheHouse
from api.steps import read_if_match
from db import office
from db.policy_rows import InForce

router = APIRouter(tags=["office"])
OfShop = Annotated[str | None, Query(max_length=32, description="empty: the house's own")]


class PolicyView(BaseModel):
    """`shop` null: the house's; version 0: the one that ships with the product."""

    kind: str
    shop: str | None
    version: int
    made_by: str | None
    made_at: datetime | None
    why: str | None
    document: dict[str, Any]


class PolicyBody(BaseModel):
    """The whole document; what is left out is not kept from the version before."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    why: Text
    shop: ShopCode | None = Field(default=None, description="empty: for every shop without one of its own")


@router.get("/policies/{kind}", responses=documented(403, 404), summary="A policy in force")
async def show_policy(house: TheHouse, caller: TheCaller, kind: str, shop: OfShop = None) -> PolicyView:
    if shop is not None:
        caller.enter(shop)
    return await _in_force(house, kind, shop)


@router.put("/policies/{kind}", responses=documented(403, 404, 412), summary="Save a policy's next version")
async def put_policy(
    house: TheHouse,
    caller: TheCaller,
    kind: str,
    body: PolicyBody,
    if_match: Annotated[str | None, Header(alias="If-Match", description="the version you have changed")] = None,
) -> PolicyView:
    """Cases go on with the version that each of their decisions used; what is decided from now on uses this one."""
    _may_change(caller, body.shop)
    async with house.sessions.begin() as session:
        if body.shop is not None:
            await office.shop_of(session, body.shop)
        await office.put_policy(
            session,
            kind,
            body.shop,
            body.document,
            str(caller.person),
            body.why,
            house.now(),
            expected=read_if_match(if_match),
        )
    return await _in_force(house, kind, body.shop)


def _may_change(caller: Caller, shop: str | None) -> None:
    if shop is None:
        caller.enter_house()
    else:
        caller.enter(shop)


async def _in_force(house: House, kind: str, shop: str | None) -> PolicyView:
    async with house.reads() as session:
        return _view(await office.policy_in_force(session, kind, shop))


def _view(found: InForce) -> PolicyView:
    return PolicyView(
        kind=found.kind,
        shop=found.shop,
        version=found.version,
        made_by=found.made_by,
        made_at=found.made_at,
        why=found.why,
        document=found.document.model_dump(mode="json", by_alias=True),
    )
