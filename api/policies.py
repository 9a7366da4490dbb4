"""Policies: the document in force and every one before it, what a change would do, and saving the next version."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import written
from api.callers import Caller, TheCaller
from api.errors import BadInput, NotFound, documented
from api.fields import ShopCode, Text
from api.house import TheHouse
from api.steps import read_if_match
from db import office
from db.policy_rows import SHIPPED, InForce, check_policy, newest_version
from db.reads import policies as reads
from domain.errors import Refusal
from domain.policies.changes import Change, differences
from domain.policies.compensation import CompensationPolicy
from domain.policies.effects import RangeChange, range_changes

router = APIRouter(tags=["office"])
OfShop = Annotated[str | None, Query(max_length=32, description="empty: the house's own")]
Number = Annotated[int | None, Query(ge=1, le=2**31)]
# More would make the preview slow and nobody reads them.
CASES_LOOKED_AT = 200


class VersionMissing(Refusal):
    """Whoever changes a policy says which version they have read, so that two changes never undo one another."""

    code = "VersionMissing"


class PolicyView(BaseModel):
    """`shop` null: the house's; version 0: the one that ships with the product."""

    kind: str
    shop: str | None
    version: int
    made_by: str | None
    made_at: datetime | None
    why: str | None
    document: dict[str, Any]


class PolicyDraft(BaseModel):
    """The whole document; what is left out is not kept from the version before."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any]
    shop: ShopCode | None = Field(
        default=None, description="the same as `?shop=`; empty: for every shop without its own"
    )


class PolicyBody(PolicyDraft):
    why: Text


class PolicyHistory(BaseModel):
    versions: list[reads.PolicyVersion]
    next: int | None = Field(description="`before` of the next page; null where this is the last")


class CaseEffect(BaseModel):
    case: str
    forms: list[RangeChange]


class PolicyPreview(BaseModel):
    """What saving this document would change. Offers that were made keep what they were made with."""

    if_match: int = Field(description="the version to save it on")
    changes: list[Change]
    cases_looked_at: int = Field(description="open cases, the first due first; others are not looked at")
    cases: list[CaseEffect] = Field(description="those of them in which another amount could be offered")


@router.get(
    "/policies/{kind}",
    responses=documented(403, 404),
    summary="A policy in force, or an earlier version",
    response_model=PolicyView,
)
async def show_policy(
    house: TheHouse, caller: TheCaller, kind: str, shop: OfShop = None, version: Number = None
) -> Response:
    """`ETag` is what `If-Match` takes to save the next version for this shop, or for the house."""
    if shop is not None:
        caller.enter(shop)
    async with house.reads() as session:
        if version is None:
            return await _in_force(session, kind, shop)
        found = await reads.policy_version(session, kind, shop, version)
        if found is None:
            raise NotFound(f"{kind} has no version {version} here; GET /policies/{kind}/history lists them.")
        return written(_view(found))


@router.get("/policies/{kind}/history", responses=documented(403, 404), summary="Who changed a policy, when and why")
async def show_policy_history(
    house: TheHouse,
    caller: TheCaller,
    kind: str,
    shop: OfShop = None,
    before: Number = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> PolicyHistory:
    """Field by field, the newest first."""
    if shop is not None:
        caller.enter(shop)
    async with house.reads() as session:
        versions = await reads.history(session, kind, shop, before, limit)
    behind = versions[-1].version if len(versions) == limit and versions[-1].version > SHIPPED + 1 else None
    return PolicyHistory(versions=versions, next=behind)


@router.post("/policies/{kind}/preview", responses=documented(403, 404), summary="What a change would do")
async def preview_policy(
    house: TheHouse, caller: TheCaller, kind: str, body: PolicyDraft, shop: OfShop = None
) -> PolicyPreview:
    """Checks the document as saving would, and saves nothing."""
    owner = _owner(caller, shop, body)
    async with house.reads() as session:
        if owner is not None:
            await office.shop_of(session, owner)
        drafted = await check_policy(session, kind, owner, body.document)
        current = (await office.policy_in_force(session, kind, owner)).document
        newest = await newest_version(session, kind, owner)
        looked_at, effects = 0, list[CaseEffect]()
        if isinstance(drafted, CompensationPolicy) and isinstance(current, CompensationPolicy):
            cases = await reads.open_cases(session, kind, owner, CASES_LOOKED_AT)
            looked_at = len(cases)
            effects = [CaseEffect(case=case, forms=range_changes(one, current, drafted)) for case, one in cases.items()]
    plain = [document.model_dump(mode="json", by_alias=True) for document in (current, drafted)]
    return PolicyPreview(
        if_match=newest,
        changes=differences(*plain),
        cases_looked_at=looked_at,
        cases=[effect for effect in effects if effect.forms],
    )


@router.put(
    "/policies/{kind}",
    responses=documented(403, 404, 412, 428),
    summary="Save a policy's next version",
    response_model=PolicyView,
)
async def put_policy(
    house: TheHouse,
    caller: TheCaller,
    kind: str,
    body: PolicyBody,
    shop: OfShop = None,
    if_match: Annotated[str | None, Header(alias="If-Match", description="required: the version that you read")] = None,
) -> Response:
    """Cases go on with the version that each of their decisions used; what is decided from now on uses this one. Of
    two people who have read the same version, the second is refused."""
    owner = _owner(caller, shop, body)
    expected = read_if_match(if_match)
    if expected is None:
        raise VersionMissing("Say which version you have changed: send the ETag of GET /policies as If-Match.")
    async with house.sessions.begin() as session:
        if owner is not None:
            await office.shop_of(session, owner)
        await office.put_policy(
            session, kind, owner, body.document, str(caller.person), body.why, house.now(), expected=expected
        )
        return await _in_force(session, kind, owner)


def _owner(caller: Caller, asked: str | None, body: PolicyDraft) -> str | None:
    """Whose policy is meant: the address says it as in GET, or else the body does; None: the house's, which every shop
    without one of its own follows. Raises BadInput where they differ."""
    if asked is not None and body.shop is not None and asked != body.shop:
        raise BadInput(f"The address says shop {asked!r}, the body {body.shop!r}; send one of them.", field="shop")
    owner = asked if asked is not None else body.shop
    if owner is None:
        caller.enter_house()
    else:
        caller.enter(owner)
    return owner


async def _in_force(session: AsyncSession, kind: str, shop: str | None) -> Response:
    found = await office.policy_in_force(session, kind, shop)
    return written(_view(found), ETag=f'"{await newest_version(session, kind, shop)}"')


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
