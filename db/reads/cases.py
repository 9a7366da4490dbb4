"""Lists of cases, one page at a time by key: no page costs more than the first, however many rows there are."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    Text,
    bindparam,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.tables.buyers import Review
from db.tables.cases import CaseFile

# With more shops than this, one walk along the index of all shops is cheaper than one per shop.
SHOPS_WALKED_APART = 20


class CaseLine(BaseModel):
    """A case as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    review_created_at: datetime = Field(description="when the buyer reviewed or applied: the first thing to look at")
    number: str
    kind: str
    shop: str
    platform: str
    external_id: str
    stage: str
    grade: str | None
    cause: str | None
    cause_confirmed: bool
    severity: int
    assignee: UUID | None
    due_at: datetime
    due_what: str
    opened_at: datetime
    outcome: str | None
    closed_at: datetime | None
    paid_fen: int
    run: int
    version: int = Field(description="seq of the last event in this line")


class Order(StrEnum):
    """Open cases come by what is due first, closed ones by the last closed, all of them by the last opened."""

    DUE = "due"
    CLOSED = "closed"
    OPENED = "opened"


@dataclass(frozen=True, slots=True)
class Place:
    """The last line of the page before: its moment in the list's order, and its number."""

    order: Order
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What to list; `shops` are those that the reader may see (None: all), the rest narrows further."""

    shops: frozenset[str] | None
    stage: str | None = None
    assignee: UUID | None = None
    unassigned: bool = False
    platform: str | None = None
    cause: str | None = None
    kind: str | None = None
    due_before: datetime | None = None
    open: bool | None = True

    @property
    def order(self) -> Order:
        return {True: Order.DUE, False: Order.CLOSED, None: Order.OPENED}[self.open]


_LINE = [getattr(CaseFile, name) for name in CaseLine.model_fields]
_SAME = ("stage", "assignee", "platform", "cause", "kind")
LIMIT: BindParameter[int] = bindparam("limit", type_=Integer)
_MOMENT: dict[Order, InstrumentedAttribute[Any]] = {
    Order.DUE: CaseFile.due_at,
    Order.CLOSED: CaseFile.closed_at,
    Order.OPENED: CaseFile.opened_at,
}


async def list_cases(session: AsyncSession, filter: CaseFilter, limit: int, after: Place | None) -> list[CaseLine]:
    """At most `limit` lines behind `after`."""
    return await _lines(session, [filter], limit, after)


async def find_case(session: AsyncSession, number: str) -> CaseFile | None:
    return await session.get(CaseFile, number, populate_existing=True)


async def version_of(session: AsyncSession, number: str) -> int | None:
    """The version that lists show of a case; None while its first write is still on the way."""
    version: int | None = await session.scalar(select(CaseFile.version).where(CaseFile.number == number))
    return version


async def review_of(session: AsyncSession, case: CaseFile) -> Review | None:
    return await session.get(Review, case.source_row)


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk along one index: the names of the columns that must equal something, and the other conditions."""

    same: tuple[str, ...]
    one_shop: bool
    some_shops: bool
    unassigned: bool
    due_before: bool
    open: bool | None


async def _lines(session: AsyncSession, filters: list[CaseFilter], limit: int, after: Place | None) -> list[CaseLine]:
    """Every filter is walked for each shop apart, so that each walk stops after a page; then the pages are merged."""
    shops = filters[0].shops
    if shops is not None and not shops:
        return []
    apart = shops is not None and len(shops) <= SHOPS_WALKED_APART
    walks: list[_Walk] = []
    given: dict[str, Any] = {"limit": limit}
    for filter in filters:
        for shop in sorted(shops or ()) if apart else [None]:
            given |= _given(filter, shop, len(walks))
            walks.append(_shape(filter, shop))
    if after is not None:
        given |= {"after_at": after.at, "after_number": after.number}
    rows = await session.execute(_statement(tuple(walks), filters[0].order, after is not None), given)
    return [CaseLine.model_validate(row) for row in rows]


def _shape(filter: CaseFilter, shop: str | None) -> _Walk:
    return _Walk(
        same=tuple(name for name in _SAME if getattr(filter, name) is not None),
        one_shop=shop is not None,
        some_shops=shop is None and filter.shops is not None,
        unassigned=filter.unassigned,
        due_before=filter.due_before is not None,
        open=filter.open,
    )


def _given(filter: CaseFilter, shop: str | None, walk: int) -> dict[str, Any]:
    names = (*_SAME, "due_before")
    values = {f"{name}_{walk}": getattr(filter, name) for name in names if getattr(filter, name) is not None}
    if shop is not None:
        values[f"shop_{walk}"] = shop
    elif filter.shops is not None:
        values[f"shops_{walk}"] = sorted(filter.shops)
    return values


@lru_cache(maxsize=512)
def _statement(walks: tuple[_Walk, ...], order: Order, behind: bool) -> Any:
    """Built once per shape of question: putting it together costs more than the database needs to answer."""
    found = [_select(walk, order, behind, number) for number, walk in enumerate(walks)]
    if len(found) == 1:
        return found[0]
    merged = union_all(*(walk.subquery().select() for walk in found)).subquery()
    return select(merged).order_by(*_sorting(merged.c[_MOMENT[order].key], merged.c.number, order)).limit(LIMIT)


def _select(walk: _Walk, order: Order, behind: bool, number: int) -> Select[Any]:
    moment = _MOMENT[order]
    found = select(*_LINE).where(*_conditions(walk, number)).limit(LIMIT)
    if behind:
        key = tuple_(moment, CaseFile.number)
        place = tuple_(bindparam("after_at", type_=moment.type), bindparam("after_number", type_=Text))
        found = found.where(key > place if order is Order.DUE else key < place)
    return found.order_by(*_sorting(moment, CaseFile.number, order))


def _sorting(moment: SQLColumnExpression[Any], number: SQLColumnExpression[Any], order: Order) -> tuple[Any, ...]:
    return (moment, number) if order is Order.DUE else (moment.desc(), number.desc())


def _conditions(walk: _Walk, number: int) -> list[ColumnElement[bool]]:
    wanted = [getattr(CaseFile, name) == bindparam(f"{name}_{number}") for name in walk.same]
    if walk.one_shop:
        wanted.append(CaseFile.shop == bindparam(f"shop_{number}"))
    if walk.some_shops:
        wanted.append(CaseFile.shop.in_(bindparam(f"shops_{number}", expanding=True)))
    if walk.unassigned:
        wanted.append(CaseFile.assignee.is_(None))
    if walk.due_before:
        wanted.append(CaseFile.due_at < bindparam(f"due_before_{number}"))
    if walk.open is not None:
        wanted.append(CaseFile.closed_at.is_(None) if walk.open else CaseFile.closed_at.is_not(None))
    return wanted
