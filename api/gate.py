"""The payout gate of a shop: chosen by a named person, with the law acknowledged where that is asked for."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, Text
from api.house import TheHouse
from db import office
from db.reads.gate import GateView, gate_of
from domain.policies.gate import GateMode

router = APIRouter(tags=["office"])


class Signature(BaseModel):
    """Your acceptance of the acknowledgement's text in force; `GET /shops/{code}/gate` shows it with its version."""

    model_config = ConfigDict(extra="forbid")

    text_version: Line
    accepted: Literal[True]


class AcknowledgementBody(Signature):
    """A named person's acceptance of the text in force, to begin with or to renew it."""

    reason: Text


class GateBody(BaseModel):
    """A choice: when money may move in this shop, and why."""

    model_config = ConfigDict(extra="forbid")

    mode: GateMode
    reason: Text
    acknowledgement: Signature | None = Field(default=None, description="where the mode asks for one")


class Acknowledged(BaseModel):
    shop: str
    person: UUID
    text_version: str
    jurisdiction: str
    expires_at: datetime


@router.get("/shops/{code}/gate", responses=documented(403, 404), summary="When money may move, and why it may")
async def show_gate(house: TheHouse, caller: TheCaller, code: str) -> GateView:
    """The mode in force, what marketplace and law say to each mode, the text to sign, who signed it until when, and
    who chose what before."""
    caller.enter(code)
    async with house.reads() as session:
        return await gate_of(session, await office.shop_of(session, code), house.now())


@router.put("/shops/{code}/gate", responses=documented(403, 404, 409), summary="Choose when money may move")
async def choose_gate(house: TheHouse, caller: TheCaller, code: str, body: GateBody) -> GateView:
    """Kept under your name with its reason. Refused where law or marketplace forbid the mode, and where it asks for an
    acknowledgement that is missing."""
    caller.enter(code)
    signed = body.acknowledgement.text_version if body.acknowledgement else None
    async with house.sessions.begin() as session:
        shop = await office.choose_gate(session, code, body.mode, caller.person, body.reason, signed, house.now())
        return await gate_of(session, shop, house.now())


@router.post(
    "/shops/{code}/gate-acknowledgement",
    responses=documented(403, 404),
    status_code=201,
    summary="Acknowledge the law that applies to paying after an amendment, or renew that",
)
async def acknowledge_gate(house: TheHouse, caller: TheCaller, code: str, body: AcknowledgementBody) -> Acknowledged:
    """Logged under the caller's name. It has to be renewed when it ends, when the text changes, and under another
    law; until then the gate stays shut and what was promised waits."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        row = await office.acknowledge_gate(session, code, caller.person, body.text_version, body.reason, house.now())
    return Acknowledged(
        shop=code, person=row.person, text_version=row.text_version, jurisdiction=row.jurisdiction,
        expires_at=row.expires_at,
    )  # fmt: skip
