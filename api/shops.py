"""Shops: onboarding at run time, and settings. The payout gate has api/gate.py."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, Moment, ShopCode, Text
from api.gate import Signature
from api.house import TheHouse
from api.steps import read_if_match
from db import office
from db.reads.office import ShopLine
from db.reads.office import list_shops as read_shops
from domain.platforms import Platform
from domain.policies.compensation import GateMode
from workflows.schedules import ensure_digests, ensure_intake

router = APIRouter(tags=["office"])


class ShopBody(BaseModel):
    """A new shop. `cut_off_at`: older reviews open no case. `credentials` are sealed and never shown again. When money
    may move has no default on a real marketplace: you choose it, under your name."""

    model_config = ConfigDict(extra="forbid")

    code: ShopCode
    name: Line
    platform: Platform
    jurisdiction: Line = "CN"
    seller_nick: Line | None = Field(default=None, description="the marketplace's name of the seller")
    zone: Line = Field(default="Asia/Shanghai", description="of its desk and its budget, a name of the tz database")
    team: ShopCode | None = Field(default=None, description="the service team; its shops share one quota of coupons")
    gate_mode: GateMode | None = Field(
        default=None, description="when money may move; to be chosen for every real marketplace"
    )
    gate_reason: Text | None = Field(default=None, description="why this mode; kept with your name")
    acknowledgement: Signature | None = Field(default=None, description="where the mode asks for one")
    cut_off_at: Moment
    opened_at: Moment | None = Field(default=None, description="when it began to sell; a new shop is blackmailed more")
    intake: bool = Field(default=True, description="whether the marketplace is asked for new reviews")
    credentials: SecretStr | None = Field(default=None, max_length=10_000, description="JSON, as the gateway needs it")


class ShopChange(BaseModel):
    """Fields that are left out stay as they are."""

    model_config = ConfigDict(extra="forbid")

    name: Line | None = None
    jurisdiction: Line | None = None
    seller_nick: Line | None = None
    zone: Line | None = None
    team: ShopCode | Literal[""] | None = Field(default=None, description="empty text: the shop has no team any more")
    cut_off_at: Moment | None = None
    opened_at: Moment | None = None
    intake: bool | None = None
    credentials: SecretStr | None = Field(default=None, max_length=10_000)


@router.get("/shops", responses=documented(403), summary="The shops that I may see")
async def list_shops(house: TheHouse, caller: TheCaller) -> list[ShopLine]:
    async with house.reads() as session:
        return await read_shops(session, caller.shops())


@router.post("/shops", responses=documented(403, 409), status_code=201, summary="Open a shop")
async def open_shop(house: TheHouse, caller: TheCaller, body: ShopBody) -> ShopLine:
    """Its reviews are asked for from now on, without a restart of anything."""
    fields = _plain(body.model_dump(exclude={"seller_nick", "acknowledgement", "gate_reason"}))
    fields |= {"seller_nick": body.seller_nick or body.name, "gate_reason": body.gate_reason or ""}
    fields["signed_text"] = body.acknowledgement.text_version if body.acknowledgement else None
    async with house.sessions.begin() as session:
        shop = await office.add_shop(session, str(caller.person), house.now(), **fields)
    await ensure_intake(house.client, shop, house.settings)
    await ensure_digests(house.client, [shop.code], house.settings)
    return ShopLine.model_validate(shop)


@router.patch("/shops/{code}", responses=documented(403, 404, 409, 412), summary="Change a shop")
async def change_shop(
    house: TheHouse,
    caller: TheCaller,
    code: str,
    body: ShopChange,
    if_match: Annotated[str | None, Header(alias="If-Match", description="the shop's `version`")] = None,
) -> ShopLine:
    caller.enter(code)
    changes = _plain(body.model_dump(exclude_none=True))
    if changes.get("team") == "":
        changes["team"] = None
    async with house.sessions.begin() as session:
        shop = await office.set_shop(
            session, str(caller.person), house.now(), code, changes, expected=read_if_match(if_match)
        )
    await ensure_intake(house.client, shop, house.settings)
    return ShopLine.model_validate(shop)


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {n: value.get_secret_value() if isinstance(value, SecretStr) else value for n, value in fields.items()}
