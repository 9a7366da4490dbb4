"""Places of planned contacts: taken one after the other under the shop's planning lock, so that they don't bunch."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, DateTime, Double, Interval, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import column

from db.sessions import rows
from db.tables.cases import CaseFile
from db.tables.contacts import ContactPlace
from domain.contact_spread import Place, Placed
from domain.contact_terms import Channel

_TAKE = select(
    func.take_contact_place(
        bindparam("case"),
        bindparam("shop"),
        bindparam("channel"),
        bindparam("surging", type_=Boolean),
        bindparam("slot_length", type_=Interval),
        bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
        bindparam("rooms", type_=ARRAY(Double)),
    ).table_valued(column("due", DateTime(timezone=True)), "others_there", "others_here")
)


async def take_place(
    session: AsyncSession,
    case: str,
    shop: str,
    channel: Channel,
    offered: Sequence[Place],
    slot_minutes: int,
    *,
    surging: bool,
) -> Placed:
    """The first of the offered places while its slot has room, else the least loaded, of equals the first offered.

    The case's earlier place is given up. One statement: in a session of its own or one that commits each by itself.
    """
    given: dict[str, Any] = {"case": case, "shop": shop, "channel": channel, "surging": surging}
    given |= {"slot_length": timedelta(minutes=slot_minutes)}
    given |= {"moments": [place.at for place in offered], "rooms": [place.room for place in offered]}
    row = (await rows(session, _TAKE, given)).one()
    room = next(place.room for place in offered if place.at == row.due)
    return Placed(row.due, row.others_there, crowded=row.others_here >= room)


_FUTURE = (
    select(ContactPlace.case, CaseFile.workflow)
    .join(CaseFile, CaseFile.number == ContactPlace.case)
    .where(ContactPlace.shop == bindparam("shop"), ContactPlace.due_at > bindparam("now"))
    .where(ContactPlace.case > bindparam("after"))
    .order_by(ContactPlace.case)
    .limit(bindparam("most"))
)


async def written_before(
    session: AsyncSession, shop: str, now: datetime, until: datetime, after: str, most: int
) -> list[tuple[str, str]]:
    """Number and workflow of cases with a written contact planned between these moments, by number beyond `after`."""
    written = _FUTURE.where(ContactPlace.channel != Channel.CALL, ContactPlace.due_at < until)
    found = await session.execute(written, {"shop": shop, "now": now, "after": after, "most": most})
    return [(number, workflow) for number, workflow in found]


async def planned_in_surge(
    session: AsyncSession, shop: str, now: datetime, after: str, most: int
) -> list[tuple[str, str]]:
    """The same of cases whose contact was planned in a surge, by whatever channel."""
    in_surge = _FUTURE.where(ContactPlace.in_surge)
    found = await session.execute(in_surge, {"shop": shop, "now": now, "after": after, "most": most})
    return [(number, workflow) for number, workflow in found]


async def free_place(session: AsyncSession, case: str) -> None:
    """Nothing is planned for this case any more."""
    await session.execute(delete(ContactPlace).where(ContactPlace.case == case))
