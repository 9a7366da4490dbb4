"""Sealed words of what was said and agreed in a case, and the investigations that a person was asked for."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.people import names_of
from db.tables.buyers import SealedText
from db.tables.investigations import InvestigationRow
from domain.review_case.agreements import Agreements, FixKind


class ChatLine(BaseModel):
    number: int
    at: datetime
    by: str = Field(description="name of whoever attached it")
    text: str | None = Field(description="null once it was erased")


class PromiseLine(BaseModel):
    number: int
    what: str | None
    by: str
    at: datetime
    due_at: datetime
    kept_at: datetime | None
    broken_at: datetime | None


class AnsweredLine(BaseModel):
    """An investigation of one case, with its answer."""

    number: int
    to: str
    question: str | None
    at: datetime
    due_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class DecisionLine(BaseModel):
    """What was put to a leader, with what became of it."""

    number: int
    what: str | None
    needs: str
    by: str
    at: datetime
    due_at: datetime
    granted: bool | None
    answer: str | None
    decided_by: str | None
    decided_at: datetime | None


class FixLine(BaseModel):
    """How the problem was repaired."""

    number: int
    kind: FixKind
    paid_back_fen: int
    what: str | None
    by: str
    at: datetime


class AgreementsText(BaseModel):
    """Everything that was said and agreed with the buyer, in words; what was erased is null."""

    promises: list[PromiseLine]
    investigations: list[AnsweredLine]
    decisions: list[DecisionLine]
    chats: list[ChatLine]
    fixes: list[FixLine]
    details_wanted: bool
    description: str | None
    order: str | None
    temper: list[str]
    cautions: str | None
    accepted_at: datetime | None


class AskedLine(BaseModel):
    """An investigation that waits for an answer."""

    case: str
    investigation: int
    shop: str
    question: str | None
    asked_at: datetime
    due_at: datetime


async def in_words(session: AsyncSession, said: Agreements) -> AgreementsText:
    names = await names_of(session)
    words = await words_of(session, _references(said))
    details = said.details
    return AgreementsText(
        promises=[
            PromiseLine(
                **_of(one, "number at due_at kept_at broken_at"), what=words[one.what.id], by=names.get(one.by, one.by)
            )
            for one in said.promises
        ],
        investigations=[
            AnsweredLine(
                **_of(one, "number at due_at answered_at"),
                to=names.get(one.to, one.to),
                question=words[one.question.id],
                answer=words[one.answer.id] if one.answer else None,
                answered_by=names.get(one.answered_by, one.answered_by) if one.answered_by else None,
            )
            for one in said.investigations
        ],
        decisions=[
            DecisionLine(
                **_of(one, "number needs at due_at granted decided_at"),
                what=words[one.what.id],
                by=names.get(one.by, one.by),
                answer=words[one.answer.id] if one.answer else None,
                decided_by=names.get(one.decided_by, one.decided_by) if one.decided_by else None,
            )
            for one in said.decisions
        ],
        chats=[
            ChatLine(number=one.number, at=one.at, by=names.get(one.by, one.by), text=words[one.text.id])
            for one in said.chats
        ],
        fixes=[
            FixLine(**_of(one, "number kind paid_back_fen at"), by=names.get(one.by, one.by), what=words[one.what.id])
            for one in said.fixes
        ],
        details_wanted=said.details_wanted,
        description=words[details.description.id] if details else None,
        order=words[details.order.id] if details and details.order else None,
        temper=said.temper,
        cautions=words[said.cautions.id] if said.cautions else None,
        accepted_at=said.accepted_at,
    )


def _of(one: BaseModel, names: str) -> dict[str, object]:
    return {name: getattr(one, name) for name in names.split()}


def _references(said: Agreements) -> set[str]:
    details = [said.details.description, said.details.order] if said.details else []
    sealed = [
        *(one.what for one in said.promises),
        *(text for one in said.investigations for text in (one.question, one.answer)),
        *(text for one in said.decisions for text in (one.what, one.answer)),
        *(one.text for one in said.chats),
        *(one.what for one in said.fixes),
        *details,
        said.cautions,
    ]
    return {one.id for one in sealed if one is not None}


async def words_of(session: AsyncSession, ids: Iterable[str]) -> dict[str, str | None]:
    """Every id is there; one without a row, or that was erased, has no words."""
    wanted = dict.fromkeys(ids)
    found = select(SealedText.id, SealedText.body).where(SealedText.id.in_([UUID(id) for id in wanted]))
    return {**wanted, **{str(row.id): row.body for row in await session.execute(found)}} if wanted else {}


async def list_asked(session: AsyncSession, person: UUID, shops: frozenset[str] | None) -> list[AskedLine]:
    """What waits for a person's answer, the first due first; nobody is asked for more at a time than a page holds."""
    found = (
        select(InvestigationRow, SealedText.body)
        .join(SealedText, SealedText.id == InvestigationRow.question)
        .where(InvestigationRow.person == person, InvestigationRow.ended_at.is_(None))
        .order_by(InvestigationRow.due_at, InvestigationRow.case)
        .limit(200)
    )
    if shops is not None:
        found = found.where(InvestigationRow.shop.in_(shops))
    return [
        AskedLine(
            case=row.case,
            investigation=row.number,
            shop=row.shop,
            question=body,
            asked_at=row.asked_at,
            due_at=row.due_at,
        )
        for row, body in await session.execute(found)
    ]
