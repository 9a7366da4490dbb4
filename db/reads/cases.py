"""Lists of cases, one page at a time by key: no page costs more than the first, however many rows there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Select, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from db.tables.buyers import Review
from db.tables.cases import CaseFile

# With more shops than this, one walk along the index of all shops is cheaper than one per shop.
SHOPS_WALKED_APART = 20


class CaseLine(BaseModel):
    """A case as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    kind: str
    shop: str
    platform: str
    external_id: str
    stage: str
    grade: str
    cause: str | None
    cause_confirmed: bool
    severity: int
    assignee: UUID | None
    due_at: datetime
    due_what: str
    review_created_at: datetime
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
_MOMENT: dict[Order, InstrumentedAttribute[Any]] = {
    Order.DUE: CaseFile.due_at,
    Order.CLOSED: CaseFile.closed_at,
    Order.OPENED: CaseFile.opened_at,
}


async def list_cases(session: AsyncSession, filter: CaseFilter, limit: int, after: Place | None) -> list[CaseLine]:
    """At most `limit` lines behind `after`."""
    if filter.shops is not None and not filter.shops:
        return []
    apart = filter.shops is not None and len(filter.shops) <= SHOPS_WALKED_APART
    shops: Sequence[frozenset[str] | None]
    shops = [frozenset({shop}) for shop in sorted(filter.shops or ())] if apart else [filter.shops]
    walks = [_walk(_conditions(filter, some), filter.order, limit, after) for some in shops]
    return await _merged(session, walks, filter.order, limit)


async def list_queue(
    session: AsyncSession, person: UUID, shops: frozenset[str] | None, limit: int, after: Place | None
) -> list[CaseLine]:
    """What one person may work on: their own open cases and those that nobody has, the earliest due first."""
    mine, free = CaseFilter(shops, assignee=person), CaseFilter(shops, unassigned=True)
    if shops is not None and not shops:
        return []
    apart = shops is not None and len(shops) <= SHOPS_WALKED_APART
    places = [frozenset({shop}) for shop in sorted(shops or ())] if apart else [shops]
    walks = [_walk(_conditions(which, some), Order.DUE, limit, after) for which in (mine, free) for some in places]
    return await _merged(session, walks, Order.DUE, limit)


async def find_case(session: AsyncSession, number: str) -> CaseFile | None:
    return await session.get(CaseFile, number, populate_existing=True)


async def version_of(session: AsyncSession, number: str) -> int | None:
    """The version that lists show of a case; None while its first write is still on the way."""
    version: int | None = await session.scalar(select(CaseFile.version).where(CaseFile.number == number))
    return version


async def review_of(session: AsyncSession, case: CaseFile) -> Review | None:
    return await session.get(Review, case.source_row)


def _conditions(filter: CaseFilter, shops: frozenset[str] | None) -> list[ColumnElement[bool]]:
    same = ("stage", "assignee", "platform", "cause", "kind")
    given = [getattr(CaseFile, name) == getattr(filter, name) for name in same if getattr(filter, name) is not None]
    if shops is not None:
        given.append(CaseFile.shop.in_(shops) if len(shops) > 1 else CaseFile.shop == next(iter(shops)))
    if filter.unassigned:
        given.append(CaseFile.assignee.is_(None))
    if filter.due_before is not None:
        given.append(CaseFile.due_at < filter.due_before)
    if filter.open is not None:
        given.append(CaseFile.closed_at.is_(None) if filter.open else CaseFile.closed_at.is_not(None))
    return given


def _walk(conditions: list[ColumnElement[bool]], order: Order, limit: int, after: Place | None) -> Select[Any]:
    """One walk along one index."""
    moment = _MOMENT[order]
    found = select(*_LINE).where(*conditions).limit(limit)
    key = tuple_(moment, CaseFile.number)
    if order is Order.DUE:
        behind = [key > (after.at, after.number)] if after else []
        return found.where(*behind).order_by(moment, CaseFile.number)
    behind = [key < (after.at, after.number)] if after else []
    return found.where(*behind).order_by(moment.desc(), CaseFile.number.desc())


async def _merged(session: AsyncSession, walks: list[Select[Any]], order: Order, limit: int) -> list[CaseLine]:
    statement: Any = walks[0]
    if len(walks) > 1:
        all_of_them = union_all(*(walk.subquery().select() for walk in walks)).subquery()
        moment, number = all_of_them.c[_MOMENT[order].key], all_of_them.c.number
        sorting = (moment, number) if order is Order.DUE else (moment.desc(), number.desc())
        statement = select(all_of_them).order_by(*sorting).limit(limit)
    rows = await session.execute(statement)
    return [CaseLine.model_validate(row) for row in rows]
