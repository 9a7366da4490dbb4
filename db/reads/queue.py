"""The queue of one person, in the order of domain/queue_ranking.py, one page at a time along indexes.

Shops in a surge are walked by their own place; since those places are of reviews' age, they come before the others'.
Whoever was asked to find something out, of whatever department, finds the case here too, at the question's own place;
so does every leader who may decide what an agent asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    false,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.cases import LIMIT, SHOPS_WALKED_APART, CaseLine
from db.tables.cases import CaseFile
from db.tables.decisions import DecisionRow
from db.tables.investigations import InvestigationRow
from db.tables.refunds import RefundLine
from domain.people import Role
from domain.queue_ranking import DEADLINE_LEAD
from domain.refund_case.agenda import Action as RefundAction
from domain.review_case.agenda import Action

# Desks that move goods and money; the register says when it is their turn.
MOVERS = frozenset({Role.WAREHOUSE, Role.FINANCE})
NOWHERE: Mapping[Role, frozenset[str] | None] = {}
_LINE = [getattr(CaseFile, name) for name in CaseLine.model_fields]


class QueueLine(CaseLine):
    """A case as the queue shows it."""

    waiting: bool = Field(description="nobody is needed before `due_at`")
    place_at: datetime = Field(description="the earlier, the sooner its turn; see domain/queue_ranking.py")
    investigation: int | None = Field(
        description="number of the question that waits for my answer; `due_at` is then when the answer is due"
    )
    decision: int | None = Field(description="number of what waits for my decision; `due_at` is then when that is due")


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """The last line of the page before."""

    waiting: bool
    at: datetime
    number: str


@dataclass(frozen=True, slots=True)
class _Walk:
    """One walk along one index: own cases, free ones, those whose question waits for the person, what waits for a
    leader's decision, or a refund that waits for warehouse or finance; by the usual place or the surge's; of which
    shops."""

    whose: str  # "mine", "free", "asked", or the role that decides or has to move
    surge: bool
    shops: str  # "one", "in", "not_in" or "any"


async def list_queue(
    session: AsyncSession,
    person: UUID,
    shops: frozenset[str] | None,
    limit: int,
    after: QueuePlace | None,
    surging: frozenset[str] = frozenset(),
    asked_in: frozenset[str] | None = None,
    decides_in: Mapping[Role, frozenset[str] | None] = NOWHERE,
    moves_in: Mapping[Role, frozenset[str] | None] = NOWHERE,
) -> list[QueueLine]:
    """What one person may work on: their own open cases, those that nobody has, the questions that wait for their
    answer, and what they are to decide; the first to be taken first. `shops` are those whose desk they belong to,
    `asked_in` those in which they may answer, `decides_in` those in which they decide, by the role that it needs, and
    `moves_in` those whose goods or money are theirs (None: all); `surging` are the shops that have a surge now."""
    given: dict[str, Any] = {"person": person, "limit": limit}
    walks = []
    roles = [*decides_in.items(), *moves_in.items()]
    others = [_asked(where, role) for role, where in roles if where is None or where]
    for number, (walk, value) in enumerate([*_walks(shops, surging), _asked(asked_in), *others]):
        walks.append(walk)
        if value is not None:
            given[f"shops_{number}"] = value
    if after is not None:
        given |= {"after_waiting": after.waiting, "after_at": after.at, "after_number": after.number}
    rows = await session.execute(_statement(tuple(walks), after is not None), given)
    return [QueueLine.model_validate(row) for row in rows]


def _walks(shops: frozenset[str] | None, surging: frozenset[str]) -> Iterator[tuple[_Walk, str | list[str] | None]]:
    """Own cases are few and walked together; free ones for each shop apart, so that every walk stops after a page."""
    if shops is not None and not shops:
        return
    hot = sorted(surging if shops is None else surging & shops)
    yield from _own(shops, hot)
    apart = sorted(shops) if shops is not None and len(shops) <= SHOPS_WALKED_APART else None
    if apart is not None:
        yield from ((_Walk("free", shop in surging, "one"), shop) for shop in apart)
        return
    yield from ((_Walk("free", True, "one"), shop) for shop in hot[:SHOPS_WALKED_APART])
    cold = hot[:SHOPS_WALKED_APART]
    if shops is not None:
        yield _Walk("free", False, "in"), sorted(shops - set(cold))
    else:
        yield (_Walk("free", False, "not_in"), cold) if cold else (_Walk("free", False, "any"), None)


def _own(shops: frozenset[str] | None, hot: list[str]) -> Iterator[tuple[_Walk, list[str] | None]]:
    if hot:
        yield _Walk("mine", True, "in"), hot
    if shops is not None:
        yield _Walk("mine", False, "in"), sorted(shops - set(hot))
    else:
        yield (_Walk("mine", False, "not_in"), hot) if hot else (_Walk("mine", False, "any"), None)


def _asked(shops: frozenset[str] | None, whose: str = "asked") -> tuple[_Walk, list[str] | None]:
    return (_Walk(whose, False, "any"), None) if shops is None else (_Walk(whose, False, "in"), sorted(shops))


@lru_cache(maxsize=512)
def _statement(walks: tuple[_Walk, ...], behind: bool) -> Any:
    """Built once per shape of question: putting it together costs more than the database needs to answer."""
    found = [_select(walk, behind, number).subquery().select() for number, walk in enumerate(walks)]
    merged = union_all(*found).subquery()
    return select(merged).order_by(merged.c.waiting, merged.c.place_at, merged.c.number).limit(LIMIT)


def _select(walk: _Walk, behind: bool, number: int) -> Select[Any]:
    if walk.whose in MOVERS:
        return _select_owned(walk, behind, number)
    if walk.whose not in ("mine", "free"):
        return _select_asked(walk, behind, number)
    place = CaseFile.surge_at if walk.surge else CaseFile.place_at
    nothing = (null().cast(Integer).label("investigation"), null().cast(Integer).label("decision"))
    found = select(*_LINE, CaseFile.waiting, place.label("place_at"), *nothing).where(CaseFile.closed_at.is_(None))
    if walk.whose == "mine":
        found = found.where(CaseFile.assignee == bindparam("person"))
    else:
        found = found.where(CaseFile.assignee.is_(None))
    found = found.where(*_of_shops(walk, number))
    if behind:
        found = found.where(tuple_(CaseFile.waiting, place, CaseFile.number) > _last())
    return found.order_by(CaseFile.waiting, place, CaseFile.number).limit(LIMIT)


def _select_asked(walk: _Walk, behind: bool, number: int) -> Select[Any]:
    """One line per case, by its first question; they are few per person. An own case has its line already."""
    me, person = bindparam("person", type_=Uuid), walk.whose == "asked"
    asked: type[InvestigationRow] | type[DecisionRow] = InvestigationRow if person else DecisionRow
    mine = [InvestigationRow.person == me] if person else [DecisionRow.needs == walk.whose, DecisionRow.asked_by != me]
    none = null().cast(Integer)
    numbers = {"investigation": asked.number if person else none, "decision": none if person else asked.number}
    action = Action.INVESTIGATION_DUE if person else Action.DECISION_DUE
    place = func.least(asked.asked_at, asked.due_at - DEADLINE_LEAD, type_=CaseFile.place_at.type)
    what = literal(f"{action} ") + asked.number.cast(Text)
    own = {"due_at": asked.due_at.label("due_at"), "due_what": what.label("due_what")}
    line = [own.get(column.key, column) for column in _LINE]
    line += [false().label("waiting"), place.label("place_at"), *(column.label(k) for k, column in numbers.items())]
    first = (
        select(*line)
        .join(CaseFile, CaseFile.number == asked.case)
        .where(*mine, asked.ended_at.is_(None), CaseFile.closed_at.is_(None))
        .where(CaseFile.assignee.is_distinct_from(me), *_of_shops(walk, number))
        .ext(distinct_on(CaseFile.number))
        .order_by(CaseFile.number, place)
        .subquery()
    )
    found = select(first)
    if behind:
        found = found.where(tuple_(first.c.waiting, first.c.place_at, first.c.number) > _last())
    return found.order_by(first.c.place_at, first.c.number).limit(LIMIT)


def _select_owned(walk: _Walk, behind: bool, number: int) -> Select[Any]:
    """Refunds in which this desk has to move, by since when; near the marketplace's deadline as if since earlier."""
    place = func.least(RefundLine.since, RefundLine.deadline_at - DEADLINE_LEAD, type_=CaseFile.place_at.type)
    what = literal(f"{RefundAction.ACT} ") + RefundLine.stage
    own: dict[str, Any] = {"due_at": RefundLine.due_at.label("due_at"), "due_what": what.label("due_what")}
    line = [own.get(column.key, column) for column in _LINE]
    line += [false().label("waiting"), place.label("place_at")]
    line += [null().cast(Integer).label(name) for name in ("investigation", "decision")]
    found: Select[Any] = (
        select(*line)
        .join(CaseFile, CaseFile.number == RefundLine.case)
        .where(RefundLine.closed_at.is_(None), RefundLine.owner == walk.whose, CaseFile.closed_at.is_(None))
        .where(CaseFile.assignee.is_distinct_from(bindparam("person", type_=Uuid)), *_of_shops(walk, number))
    )
    if behind:
        found = found.where(tuple_(false(), place, CaseFile.number) > _last())
    return found.order_by(place, CaseFile.number).limit(LIMIT)


def _of_shops(walk: _Walk, number: int) -> list[ColumnElement[bool]]:
    match walk.shops:
        case "one":
            return [CaseFile.shop == bindparam(f"shops_{number}")]
        case "in":
            return [CaseFile.shop.in_(bindparam(f"shops_{number}", expanding=True))]
        case "not_in":
            return [CaseFile.shop.not_in(bindparam(f"shops_{number}", expanding=True))]
        case _:
            return []


def _last() -> Any:
    return tuple_(
        bindparam("after_waiting", type_=Boolean),
        bindparam("after_at", type_=CaseFile.place_at.type),
        bindparam("after_number", type_=Text),
    )
