"""A complaint that nobody has answered in its time: the leads hear of it, then the supervisors."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.tables.cases import Notice
from db.tables.complaints import Complaint
from db.tables.office import Person, PersonRole
from domain.complaints import overdue_level
from domain.people import Role

KIND = "complaint_waits"
HEARS = (Role.LEAD, Role.SUPERVISOR)
AT_ONCE = 200


async def remind_of_complaints(session: AsyncSession, policies: Policies, shop: str, now: datetime) -> None:
    """A notice per person, complaint and level. The digest asks this a few times an hour, so that no timer has to
    outlive a changed policy."""
    late = select(Complaint.id, Complaint.said_at, Complaint.due_at).where(
        Complaint.shop == shop, Complaint.ended_at.is_(None), Complaint.due_at <= now
    )
    found = (await session.execute(late.order_by(Complaint.due_at).limit(AT_ONCE))).all()
    if not found:
        return
    desk, _ = await policies.desk(session, shop)
    told = {level: await _who(session, shop, role) for level, role in enumerate(HEARS)}
    rows = [
        {
            "id": uuid4(), "shop": shop, "about": f"complaint:{one.id}", "due_at": one.due_at, "person": person,
            "kind": KIND, "level": level, "at": now,
        }
        for one in found
        for level in range((overdue_level(one.said_at, desk.complaint_minutes, now) or 0) + 1)
        for person in told[level]
    ]  # fmt: skip
    if rows:
        await session.execute(insert(Notice).on_conflict_do_nothing(), rows)


async def _who(session: AsyncSession, shop: str, role: Role) -> list[UUID]:
    holders = (
        select(Person.id)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(PersonRole.role == role, (PersonRole.shop == shop) | PersonRole.shop.is_(None), Person.active)
    )
    return list(dict.fromkeys(await session.scalars(holders)))
