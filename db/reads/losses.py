"""What returns and amends have cost, per shop and period, with the cases behind each figure: sums over the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables.cases import CaseFile
from db.tables.money import LedgerEntry
from domain.loss_accounts import COMPENSATION, LossAccount

# The figures of a report, by the account that each comes from.
FIGURES: Mapping[str, str] = {
    "freight_fen": LossAccount.FREIGHT,
    "goods_fen": LossAccount.GOODS,
    "shared_fen": LossAccount.SHARED,
    "compensation_fen": COMPENSATION,
    "courier_fen": LossAccount.COURIER,
    "insurer_fen": LossAccount.INSURER,
    "supplier_fen": LossAccount.SUPPLIER,
}


class Losses(BaseModel):
    """In fen. What came back is negative, so that `net_fen` is the sum of all the others."""

    freight_fen: int = 0
    goods_fen: int = Field(default=0, description="money that went back for goods that can't be sold again")
    shared_fen: int = Field(default=0, description="of buyers' own losses")
    compensation_fen: int = Field(default=0, description="amends, of cases of either kind")
    courier_fen: int = 0
    insurer_fen: int = 0
    supplier_fen: int = 0
    net_fen: int = 0


class ShopLosses(Losses):
    shop: str
    cases: int = Field(description="behind these figures; GET /losses/cases lists them")


class CaseLosses(Losses):
    case: str
    shop: str
    kind: str
    cause: str | None
    posted_at: datetime = Field(description="when something was posted for it last, within the period")


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` until before `until`, by the moment at which each thing became known; `shops`: None means all."""

    shops: frozenset[str] | None
    since: datetime
    until: datetime


_ACCOUNT: ColumnElement[str] = func.split_part(LedgerEntry.account, ":", 1)


def _figures() -> list[Any]:
    total = func.sum(LedgerEntry.amount_fen)
    return [
        func.coalesce(total.filter(_ACCOUNT.in_([account])), 0).label(name) for name, account in FIGURES.items()
    ] + [total.label("net_fen")]


def _of[*Columns](found: Select[*Columns], period: Period) -> Select[*Columns]:
    wanted = found.join(CaseFile, CaseFile.number == LedgerEntry.case)
    wanted = wanted.where(LedgerEntry.at >= period.since, LedgerEntry.at < period.until)
    wanted = wanted.where(_ACCOUNT.in_(sorted(FIGURES.values())))
    return wanted if period.shops is None else wanted.where(CaseFile.shop.in_(sorted(period.shops)))


async def losses_by_shop(session: AsyncSession, period: Period) -> list[ShopLosses]:
    cases = func.count(LedgerEntry.case.distinct()).label("cases")
    found = _of(select(CaseFile.shop, cases, *_figures()), period).group_by(CaseFile.shop).order_by(CaseFile.shop)
    return [ShopLosses.model_validate(dict(row._mapping)) for row in await session.execute(found)]


async def losses_by_case(
    session: AsyncSession, period: Period, limit: int, after: tuple[datetime, str] | None
) -> list[CaseLosses]:
    """Whatever was posted last comes first."""
    last = func.max(LedgerEntry.at)
    columns = [
        LedgerEntry.case.label("case"), CaseFile.shop, CaseFile.kind, CaseFile.cause, last.label("posted_at"),
        *_figures(),
    ]  # fmt: skip
    found = _of(select(*columns), period).group_by(LedgerEntry.case, CaseFile.shop, CaseFile.kind, CaseFile.cause)
    if after is not None:
        at, case = after
        found = found.having(or_(last < at, and_(last == at, LedgerEntry.case > case)))
    rows = await session.execute(found.order_by(last.desc(), LedgerEntry.case).limit(limit))
    return [CaseLosses.model_validate(dict(row._mapping)) for row in rows]
