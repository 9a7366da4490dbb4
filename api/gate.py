"""The payout gate of a shop: chosen by a named person, with the law acknowledged where that is asked for."""

import asyncio
import contextlib
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from temporalio.service import RPCError

from api.callers import TheCaller
from api.errors import documented
from api.fields import Line, Text
from api.house import House, TheHouse
from db import office
from db.reads.gate import GateView, gate_of
from db.tables.cases import CaseFile
from domain.policies.gate import GateMode
from workflows.starting import GATE_CHANGED

router = APIRouter(tags=["office"])
AT_ONCE = 20


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
async def choose_gate(
    house: TheHouse, caller: TheCaller, code: str, body: GateBody, after: BackgroundTasks
) -> GateView:
    """Kept under your name with its reason. Refused where law or marketplace forbid the mode, and where it asks for an
    acknowledgement that is missing. Open cases follow to on_resolution, and never to the stricter mode."""
    caller.enter(code)
    signed = body.acknowledgement.text_version if body.acknowledgement else None
    async with house.sessions.begin() as session:
        shop = await office.choose_gate(session, code, body.mode, caller.person, body.reason, signed, house.now())
        view = await gate_of(session, shop, house.now())
    after.add_task(tell_cases, house, code, body.mode)
    return view


@router.post(
    "/shops/{code}/gate-acknowledgement",
    responses=documented(403, 404),
    status_code=201,
    summary="Acknowledge the law that applies to paying after an amendment, or renew that",
)
async def acknowledge_gate(
    house: TheHouse, caller: TheCaller, code: str, body: AcknowledgementBody, after: BackgroundTasks
) -> Acknowledged:
    """Logged under the caller's name. It has to be renewed when it ends, when the text changes, and under another
    law; until then the gate stays shut and what was promised waits. Cases that waited for it go on at once."""
    caller.enter(code)
    async with house.sessions.begin() as session:
        shop = await office.shop_of(session, code)
        row = await office.acknowledge_gate(session, code, caller.person, body.text_version, body.reason, house.now())
    after.add_task(tell_cases, house, code, GateMode(shop.gate_mode))
    return Acknowledged(
        shop=code, person=row.person, text_version=row.text_version, jurisdiction=row.jurisdiction,
        expires_at=row.expires_at,
    )  # fmt: skip


async def tell_cases(house: House, shop: str, mode: GateMode) -> None:
    """Every open case of the shop. One that isn't told asks its gate again within a day; choosing the mode once more
    tells all of them once more."""
    async with house.reads() as session:
        found = select(CaseFile.workflow).where(CaseFile.shop == shop, CaseFile.closed_at.is_(None))
        workflows = list(await session.scalars(found))
    slots = asyncio.Semaphore(AT_ONCE)

    async def tell(workflow: str) -> None:
        async with slots:
            with contextlib.suppress(RPCError):  # it has just closed, or the engine is away
                await house.client.get_workflow_handle(workflow).signal(GATE_CHANGED, mode)

    await asyncio.gather(*map(tell, workflows))
