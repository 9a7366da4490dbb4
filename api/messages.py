"""Messages from buyers: a messenger or another program says what a buyer wrote by themselves."""

from typing import Literal
from uuid import UUID, uuid5

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.callers import TheCaller
from api.engine import tell_case
from api.errors import BadInput, documented
from api.fields import Line, ShopCode, Text
from api.house import House, TheHouse
from db.complaints import ComplaintFacts, buyer_row, keep_complaint
from db.contacts import keep_stop, lock_contacts_of
from db.reads.presence import OpenCase, newest_case, open_cases, person_by_id, person_by_phone
from db.sealed_texts import seal_text
from domain.causes import Likelihood, severity_of, suggest_cause
from domain.contact_outcomes import is_opt_out
from domain.contact_terms import Channel, StopSignal
from domain.disputes.flags import risks_in
from domain.disputes.state import Risk
from domain.malicious import text_signals
from domain.review_case.facts import BuyerMessage
from domain.sealed import SealedRef
from workflows.starting import BUYER_WROTE

router = APIRouter(tags=["cases"])
# Ids of messages follow from the messenger's own, so one that is delivered twice is one.
_MESSAGES = UUID("0c9d7c0a-5b0e-4f43-8f3c-2f1d8c0b6a11")


class MessageBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shop: ShopCode
    channel: Literal[Channel.SMS, Channel.IM]
    text: Text
    message_id: Line = Field(description="the messenger's own id of the message; delivered twice, it counts once")
    buyer: Line | None = Field(default=None, description="the marketplace's own id or nick of the buyer")
    phone: Line | None = Field(default=None, description="the number that the message came from, in place of `buyer`")


class Heard(BaseModel):
    """`cases` heard it; `closed` is the newest case of a buyer who has no open one: it can be reopened
    (`buyer_came_back`)."""

    cases: list[str]
    closed: str | None
    complaint: UUID | None = Field(description="without an open case, what it complains of waits under GET /complaints")
    risks: list[Risk] = Field(description="what it looks like; a person says in the case whether it is (`judge_flag`)")
    opt_out: bool = Field(description="it asked for silence: outbound contact has ended, on every channel")


@router.post("/messages", responses=documented(403, 404), status_code=202, summary="A buyer wrote")
async def tell_message(house: TheHouse, caller: TheCaller, body: MessageBody) -> Heard:
    """Every open case of the buyer in this shop keeps it, and a person is asked to answer. One of the policy's opt-out
    words ends outbound contact with the person at once, in all shops and also where no case is open."""
    caller.enter(body.shop)
    if (body.buyer is None) == (body.phone is None):
        raise BadInput("Say who wrote, by buyer or by phone, one of the two.", field="buyer")
    async with house.reads() as session:
        person = await _who(session, house, body)
        policy, _ = await house.policies.contact(session, body.shop)
        causes, _ = await house.policies.causes(session, body.shop)
    opt_out, risks = is_opt_out(body.text, policy), risks_in(text_signals(body.text, causes))
    if person is None:
        complaint = None if opt_out else await complained(house, body, None)
        return Heard(cases=[], closed=None, complaint=complaint, risks=risks, opt_out=opt_out)
    text, cases = await _keep(house, body, person, opt_out)
    message = BuyerMessage(by=str(caller.person), channel=body.channel, text=text, opt_out=opt_out, risks=risks)
    told = [case for case in cases if await tell_case(house, case.workflow, BUYER_WROTE, message)]
    here = [case.number for case in told if case.shop == body.shop]
    newest = None if here else await _newest(house, person, body.shop)
    complaint = None if here or opt_out else await complained(house, body, person)
    return Heard(cases=here, closed=newest, complaint=complaint, risks=risks, opt_out=opt_out)


async def complained(house: House, body: MessageBody, person: UUID | None) -> UUID | None:
    """Words that the causes policy knows a complaint by wait for somebody before they become a review; others, like a
    question about the size, are nobody's task here."""
    async with house.reads() as session:
        causes, _ = await house.policies.causes(session, body.shop)
    suggested = suggest_cause(body.text, causes)
    if suggested.confidence is Likelihood.NONE:
        return None
    async with house.sessions.begin() as session:
        desk, _ = await house.policies.desk(session, body.shop)
        facts = ComplaintFacts(
            shop=body.shop, source_id=f"{body.channel}:{body.message_id}", channel=body.channel, text=body.text,
            said_at=house.now(), cause=suggested.cause, severity=severity_of(suggested.cause, causes),
            buyer=await buyer_row(session, body.shop, person) if person else None,
        )  # fmt: skip
        id, _ = await keep_complaint(session, facts, desk.complaint_minutes, house.now())
    return id


async def _who(session: AsyncSession, house: House, body: MessageBody) -> UUID | None:
    if body.phone is not None:
        return await person_by_phone(session, house.ring, body.phone)
    return await person_by_id(session, house.ring, body.shop, body.buyer or "")


async def _keep(house: House, body: MessageBody, person: UUID, opt_out: bool) -> tuple[SealedRef, list[OpenCase]]:
    """Seal the words and, where they ask for silence, stop every contact before any case has even heard of it."""
    id = uuid5(_MESSAGES, f"{body.shop}:{body.channel}:{body.message_id}")
    async with house.sessions.begin() as session:
        text = await seal_text(session, "message", body.text, house.now(), id)
        newest = await newest_case(session, person)
        if opt_out and newest is not None:
            await lock_contacts_of(session, person)
            await keep_stop(session, person, newest, StopSignal.BUYER_OPT_OUT, f"message:{id}", house.now())
        return text, await open_cases(session, person, None if opt_out else body.shop)


async def _newest(house: House, person: UUID, shop: str) -> str | None:
    async with house.reads() as session:
        return await newest_case(session, person, shop)
