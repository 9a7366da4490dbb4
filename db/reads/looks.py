"""Who saw which buyer's data: every way in which it is shown in plain writes its line of the office's record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.reads.people import names_of
from db.tables.cases import CaseFile
from db.tables.office import OfficeEvent

UNMASKED, SHOWN, DELIVERY, REPLAYED = "buyer.unmasked", "phone.shown", "delivery.shown", "chat.replayed"
PACKAGED, EXPORTED = "evidence.packaged", "record.exported"
# What was seen, where the line itself does not say so.
SEEN: Mapping[str, list[str]] = {
    UNMASKED: [],
    SHOWN: ["phone"],
    DELIVERY: ["address"],
    REPLAYED: ["words"],
    PACKAGED: ["evidence"],
    EXPORTED: ["words"],
}
_WITH_TEXTS = or_(OfficeEvent.kind != EXPORTED, OfficeEvent.facts["texts"].as_boolean())
A_LOOK = and_(OfficeEvent.kind.in_(SEEN), _WITH_TEXTS)


class Look(BaseModel):
    """Somebody saw a buyer's data."""

    seq: int
    at: datetime
    who: str
    case: str
    fields: list[str]
    how: str = Field(description="the line's kind, like `buyer.unmasked`")
    why: str | None
    hash: str = Field(description="of its line in the office's chain")


@dataclass(frozen=True, slots=True)
class LooksAsked:
    """`shops` are those that the reader may see (None: all); what is None narrows nothing."""

    shops: frozenset[str] | None
    who: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        wanted = [
            None if self.shops is None else CaseFile.shop.in_(self.shops),
            None if self.who is None else OfficeEvent.actor == str(self.who),
            None if self.since is None else OfficeEvent.at >= self.since,
            None if self.until is None else OfficeEvent.at < self.until,
        ]
        return [condition for condition in wanted if condition is not None]


async def looks_at(session: AsyncSession, case: str) -> list[Look]:
    """Of one case's buyer, the first look first."""
    names = await names_of(session)
    lines = select(OfficeEvent).where(OfficeEvent.subject == case, A_LOOK).order_by(OfficeEvent.seq)
    return [_look(line, names) for line in await session.scalars(lines)]


async def list_looks(session: AsyncSession, asked: LooksAsked, after: int, limit: int) -> list[Look]:
    """Over all cases, behind the line `after`. An export of a period names no case: the office's record has it."""
    names = await names_of(session)
    lines = (
        select(OfficeEvent)
        .join(CaseFile, CaseFile.number == OfficeEvent.subject)
        .where(OfficeEvent.seq > after, A_LOOK, *asked.conditions)
        .order_by(OfficeEvent.seq)
        .limit(limit)
    )
    return [_look(line, names) for line in await session.scalars(lines)]


def _look(line: OfficeEvent, names: Mapping[str, str]) -> Look:
    return Look(
        seq=line.seq, at=line.at, who=names.get(line.actor, line.actor), case=line.subject,
        fields=line.facts.get("fields", SEEN[line.kind]), how=line.kind, why=line.facts.get("why"),
        hash=line.hash.hex(),
    )  # fmt: skip
