"""Policies as they were: every version with who made it, when and why, and what it changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.policy_rows import InForce, model_of
from db.reads.people import names_of
from db.tables.buyers import Review, ShopOrder
from db.tables.cases import CaseFile
from db.tables.policies import Policy
from domain.errors import PolicyUnreadable
from domain.policies.changes import Change, differences
from domain.policies.documents import load_shipped, read_document
from domain.policies.effects import Complaint
from domain.policies.platforms import Grade


class PolicyVersion(BaseModel):
    """One saved version. A shop's first one is compared with the house's that counted for it until then."""

    version: int
    made_by: str = Field(description="name of the person, or of the program that set the house up")
    made_at: datetime
    why: str
    changes: list[Change]


async def policy_version(session: AsyncSession, kind: str, shop: str | None, version: int) -> InForce | None:
    """One version as it was saved; None where there is none."""
    row = await session.scalar(select(Policy).where(_of(kind, shop), Policy.version == version))
    if row is None:
        return None
    document = read_document(model_of(kind), row.document)
    return InForce(kind, row.shop, row.version, document, row.made_by, row.made_at, row.why)


async def history(
    session: AsyncSession, kind: str, shop: str | None, before: int | None, limit: int
) -> list[PolicyVersion]:
    """The newest first; `before` is the version that the page before this one ended with."""
    found = select(Policy).where(_of(kind, shop)).order_by(Policy.version.desc()).limit(limit + 1)
    if before is not None:
        found = found.where(Policy.version < before)
    rows = list(await session.scalars(found))
    names = await names_of(session)
    older = [_plain(kind, row.document) for row in rows[1:]]
    if len(rows) <= limit:
        older.append(await _basis(session, kind, rows))
    return [
        PolicyVersion(
            version=row.version,
            made_by=names.get(row.made_by, row.made_by),
            made_at=row.made_at,
            why=row.why,
            changes=differences(basis, _plain(kind, row.document)),
        )
        for row, basis in zip(rows[:limit], older, strict=False)
    ]


def _of(kind: str, shop: str | None) -> ColumnElement[bool]:
    return (Policy.kind == kind) & (Policy.shop == shop if shop is not None else Policy.shop.is_(None))


async def _basis(session: AsyncSession, kind: str, rows: Sequence[Policy]) -> dict[str, Any]:
    """What the very first of these was made from."""
    if rows and rows[-1].shop is not None:
        of_house = select(Policy.document).where(_of(kind, None), Policy.made_at <= rows[-1].made_at)
        document = await session.scalar(of_house.order_by(Policy.version.desc()).limit(1))
        if document is not None:
            return _plain(kind, document)
    return load_shipped(kind, model_of(kind)).model_dump(mode="json", by_alias=True)


def _plain(kind: str, document: dict[str, Any]) -> dict[str, Any]:
    """With today's defaults, so that a field which a release added does not look like somebody's change."""
    try:
        return read_document(model_of(kind), document).model_dump(mode="json", by_alias=True)
    except PolicyUnreadable:
        return document


async def open_cases(session: AsyncSession, kind: str, shop: str | None, limit: int) -> dict[str, Complaint]:
    """What offers rest on, by number, in open review cases for which a policy decides, the first due first: of the
    shop, or of all shops without a policy of their own."""
    found = (
        select(CaseFile.number, CaseFile.grade, CaseFile.cause, CaseFile.severity, ShopOrder.paid_fen)
        .join(Review, Review.id == CaseFile.source_row)
        .join(ShopOrder, ShopOrder.id == Review.order)
        .where(CaseFile.closed_at.is_(None), CaseFile.kind == "review", CaseFile.grade.in_(["neutral", "bad"]))
        .where(ShopOrder.paid_fen.is_not(None))
        .order_by(CaseFile.due_at, CaseFile.number)
        .limit(limit)
    )
    if shop is not None:
        found = found.where(CaseFile.shop == shop)
    else:
        own = select(Policy.shop).where(Policy.kind == kind, Policy.shop.is_not(None))
        found = found.where(CaseFile.shop.not_in(own))
    return {
        row.number: Complaint(
            grade=Grade(row.grade), cause=row.cause or "", severity=row.severity, order_paid_fen=row.paid_fen
        )
        for row in await session.execute(found)
    }
