"""The queue of one person, in the order of domain/queue_ranking.py, one page at a time along indexes.

Shops in a surge are walked by their own place; since those places are of reviews' age, they come before the others'.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Boolean, Select, Text, bindparam, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.cases import LIMIT, SHOPS_WALKED_APART, CaseLine
from db.tables.cases import CaseFile

_LINE = [getattr(CaseFile, name) for name in CaseLine.model_fields]


class QueueLine(CaseLine):
    """A case as the queue shows it."""

    waiting: bool = Field(description="nobody is needed before `due_at`")
    place_at: datetime = Field(description="the earlier, the sooner its turn; see domain/queue_ranking.py")


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """The last line of the page before."""

    waiting: bool
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk along one index: own cases or free ones, by the usual place or the surge's, of which shops."""

    mine: bool
    surge: bool
    shops: str  # "one", "in", "not_in" or "any"


async def list_queue(
    session: AsyncSession,
    person: UUID,
    shops: frozenset[str] | None,
    limit: int,
    after: QueuePlace | None,
    surging: frozenset[str] = frozenset(),
) -> list[QueueLine]:
    """What one person may work on: their own open cases and those that nobody has, the first to be taken first.
    `surging` are the shops that have a surge now."""
    if shops is not None and not shops:
        return []
    given: dict[str, Any] = {"person": person, "limit": limit}
    walks = []
    for number, (walk, value) in enumerate(_walks(shops, surging)):
        walks.append(walk)
        if value is not None:
            given[f"shops_{number}"] = value
    if after is not None:
        given |= {"after_waiting": after.waiting, "after_at": after.at, "after_number": after.number}
    rows = await session.execute(_statement(tuple(walks), after is not None), given)
    return [QueueLine.model_validate(row) for row in rows]


def _walks(shops: frozenset[str] | None, surging: frozenset[str]) -> Iterator[tuple[_Walk, str | list[str] | None]]:
    """Own cases are few and walked together; free ones for each shop apart, so that every walk stops after a page."""
    hot = sorted(surging if shops is None else surging & shops)
    yield from _own(shops, hot)
    apart = sorted(shops) if shops is not None and len(shops) <= SHOPS_WALKED_APART else None
    if apart is not None:
        yield from ((_Walk(False, shop in surging, "one"), shop) for shop in apart)
        return
    yield from ((_Walk(False, True, "one"), shop) for shop in hot[:SHOPS_WALKED_APART])
    cold = hot[:SHOPS_WALKED_APART]
    if shops is not None:
        yield _Walk(False, False, "in"), sorted(shops - set(cold))
    else:
        yield (_Walk(False, False, "not_in"), cold) if cold else (_Walk(False, False, "any"), None)


def _own(shops: frozenset[str] | None, hot: list[str]) -> Iterator[tuple[_Walk, list[str] | None]]:
    if hot:
        yield _Walk(True, True, "in"), hot
    if shops is not None:
        yield _Walk(True, False, "in"), sorted(shops - set(hot))
    else:
        yield (_Walk(True, False, "not_in"), hot) if hot else (_Walk(True, False, "any"), None)


@lru_cache(maxsize=512)
def _statement(walks: tuple[_Walk, ...], behind: bool) -> Any:
    """Built once per shape of question: putting it together costs more than the database needs to answer."""
    found = [_select(walk, behind, number).subquery().select() for number, walk in enumerate(walks)]
    merged = union_all(*found).subquery()
    return select(merged).order_by(merged.c.waiting, merged.c.place_at, merged.c.number).limit(LIMIT)


def _select(walk: _Walk, behind: bool, number: int) -> Select[Any]:
    place = CaseFile.surge_at if walk.surge else CaseFile.place_at
    found = select(*_LINE, CaseFile.waiting, place.label("place_at")).where(CaseFile.closed_at.is_(None))
    if walk.mine:
        found = found.where(CaseFile.assignee == bindparam("person"))
    else:
        found = found.where(CaseFile.assignee.is_(None))
    if walk.shops == "one":
        found = found.where(CaseFile.shop == bindparam(f"shops_{number}"))
    elif walk.shops == "in":
        found = found.where(CaseFile.shop.in_(bindparam(f"shops_{number}", expanding=True)))
    elif walk.shops == "not_in":
        found = found.where(CaseFile.shop.not_in(bindparam(f"shops_{number}", expanding=True)))
    if behind:
        last = tuple_(
            bindparam("after_waiting", type_=Boolean),
            bindparam("after_at", type_=place.type),
            bindparam("after_number", type_=Text),
        )
        found = found.where(tuple_(CaseFile.waiting, place, CaseFile.number) > last)
    return found.order_by(CaseFile.waiting, place, CaseFile.number).limit(LIMIT)
