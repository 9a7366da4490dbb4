"""A case's quarrels in words, what waits for a supervisor's answer, and the rules that answers became."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.agreements import words_of
from db.reads.people import names_of
from db.tables.buyers import SealedText
from db.tables.questions import DeskQuestion
from domain.disputes.state import Disputes, Forum, Paper, Result, Risk, RiskFlag
from domain.sealed import SealedRef

AT_MOST = 200


class FlagLine(BaseModel):
    """`stands`: null while nobody has said whether what a message suggested is a risk."""

    number: int
    risk: Risk
    words: str | None
    papers: list[Paper]
    suggested: bool
    declined: bool
    by: str
    at: datetime
    stands: bool | None


class ClaimLine(BaseModel):
    number: int
    forum: Forum
    what: str | None
    papers: list[Paper]
    reference: str | None
    by: str
    at: datetime
    due_at: datetime
    result: Result | None
    ended_at: datetime | None


class QuestionLine(BaseModel):
    number: int
    what: str | None
    by: str
    at: datetime
    due_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class RuleLine(BaseModel):
    """What a supervisor answered where no rule was; it holds until it is retired."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    shop: str
    kind: str = Field(description="of case: `review` or `refund`")
    cause: str | None
    rule: str
    case: str = Field(description="the case in which it was asked")
    since: datetime
    by: str
    retired_at: datetime | None = None


class DisputesText(BaseModel):
    """Quarrels of a case, in words; what was erased is null. `rules` are those of its shop and cause."""

    flags: list[FlagLine]
    claims: list[ClaimLine]
    questions: list[QuestionLine]
    rules: list[RuleLine]


class WaitingQuestion(BaseModel):
    """A question that waits for a supervisor."""

    case: str
    question: int
    shop: str
    cause: str | None
    what: str | None
    by: str
    asked_at: datetime
    due_at: datetime


async def in_words(session: AsyncSession, kept: Disputes, rules: list[RuleLine]) -> DisputesText:
    names = await names_of(session)
    words = await words_of(session, _texts(kept))

    def of(text: SealedRef | None) -> str | None:
        return words[text.id] if text is not None else None

    def who(person: str | None) -> str | None:
        return names.get(person, person) if person else None

    plain = {"by", "stands", "words", "what", "answer", "answered_by", "rule", "reminded_at"}
    return DisputesText(
        flags=[
            FlagLine(**one.model_dump(exclude=plain), words=of(one.words), by=who(one.by) or "", stands=_stands(one))
            for one in kept.flags
        ],
        claims=[
            ClaimLine(**one.model_dump(exclude=plain), what=of(one.what), by=who(one.by) or "") for one in kept.claims
        ],
        questions=[
            QuestionLine(
                **one.model_dump(exclude=plain), what=of(one.what), by=who(one.by) or "", answer=of(one.answer),
                answered_by=who(one.answered_by),
            )
            for one in kept.questions
        ],
        rules=rules,
    )  # fmt: skip


def _stands(flag: RiskFlag) -> bool | None:
    return None if flag.waiting else flag.raised


def _texts(kept: Disputes) -> Iterable[str]:
    sealed = [
        *(one.words for one in kept.flags),
        *(one.what for one in kept.claims),
        *(text for one in kept.questions for text in (one.what, one.answer)),
    ]
    return [one.id for one in sealed if one is not None]


async def list_rules(
    session: AsyncSession,
    shop: str,
    cause: str | None = None,
    kind: str | None = None,
    words: str | None = None,
    *,
    retired: bool = False,
) -> list[RuleLine]:
    """The newest first. With a cause: those of it, of its first level, and those that were asked about no cause."""
    found = select(DeskQuestion).where(DeskQuestion.shop == shop, DeskQuestion.rule.is_not(None))
    if not retired:
        found = found.where(DeskQuestion.retired_at.is_(None))
    if cause is not None:
        level = cause.partition(".")[0]
        same = DeskQuestion.cause.startswith(f"{level}.", autoescape=True)
        found = found.where(or_(DeskQuestion.cause.is_(None), same if cause == level else DeskQuestion.cause == cause))
    if kind is not None:
        found = found.where(DeskQuestion.kind == kind)
    for word in (words or "").split():
        found = found.where(DeskQuestion.rule.icontains(word, autoescape=True))
    rows = await session.scalars(found.order_by(DeskQuestion.ended_at.desc(), DeskQuestion.id).limit(AT_MOST))
    names = await names_of(session)
    return [
        RuleLine(
            id=row.id, shop=row.shop, kind=row.kind, cause=row.cause, rule=row.rule or "", case=row.case,
            since=row.ended_at or row.asked_at, by=names.get(str(row.answered_by), ""), retired_at=row.retired_at,
        )
        for row in rows
    ]  # fmt: skip


async def list_waiting(session: AsyncSession, shops: frozenset[str] | None) -> list[WaitingQuestion]:
    """What waits for an answer in these shops (None: all), the first due first."""
    found = (
        select(DeskQuestion, SealedText.body)
        .join(SealedText, SealedText.id == DeskQuestion.question)
        .where(DeskQuestion.ended_at.is_(None))
        .order_by(DeskQuestion.due_at, DeskQuestion.id)
        .limit(AT_MOST)
    )
    if shops is not None:
        found = found.where(DeskQuestion.shop.in_(shops))
    names = await names_of(session)
    return [
        WaitingQuestion(
            case=row.case, question=row.number, shop=row.shop, cause=row.cause, what=body,
            by=names.get(str(row.asked_by), ""), asked_at=row.asked_at, due_at=row.due_at,
        )
        for row, body in await session.execute(found)
    ]  # fmt: skip
