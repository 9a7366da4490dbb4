"""Changes of teams. The roles of an outsourced team's people are the truth about what they see, everywhere; so whoever
joins, and whatever the team loses, is followed by taking the roles that lie outside of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import NotThere, lock_office, record
from db.shops import shop_of
from db.staff import person_of, revoke
from db.tables.office import Person, PersonRole
from db.tables.teams import Team, TeamShop
from db.team_reach import reach_of, reach_of_team
from domain.people import Role
from domain.teams import TeamReach


@dataclass(frozen=True, slots=True)
class TakenRole:
    """A role that somebody lost because their team does not reach so far."""

    person: UUID
    role: Role
    shop: str | None


async def put_team(
    session: AsyncSession, by: str, now: datetime, code: str, name: str, outsourced: bool, shops: Iterable[str]
) -> list[TakenRole]:
    """Make a team or change it as a whole. Raises NotThere for an unknown shop."""
    await lock_office(session)
    wanted = frozenset(shops)
    for shop in sorted(wanted):
        await shop_of(session, shop)
    before, row = await reach_of_team(session, code), await session.get(Team, code)
    if row is None:
        row = Team(code=code, name=name, outsourced=outsourced)
        session.add(row)
    changed = before is None or (row.name, row.outsourced, before.shops) != (name, outsourced, wanted)
    row.name, row.outsourced = name, outsourced
    await session.flush()
    await session.execute(delete(TeamShop).where(TeamShop.team == code))
    if wanted:
        await session.execute(insert(TeamShop), [{"team": code, "shop": shop} for shop in sorted(wanted)])
    if changed:
        old = sorted(before.shops) if before else None
        facts = {"name": name, "outsourced": outsourced, "shops": {"old": old, "new": sorted(wanted)}}
        await record(session, by, now, "team.put", code, facts)
    members = list(await session.scalars(select(Person.id).where(Person.team == code).order_by(Person.login)))
    reach = TeamReach(code, outsourced, wanted)
    return [taken for person in members for taken in await _prune(session, by, now, person, reach)]


async def set_team(session: AsyncSession, by: str, now: datetime, person_id: UUID, code: str | None) -> list[TakenRole]:
    """Put a person into a team, or into none. Raises NotThere, and LastAdmin where the team would take that role."""
    await lock_office(session)
    person = await person_of(session, person_id)
    if code is not None and await session.get(Team, code) is None:
        raise NotThere(f"There is no team {code!r}; GET /teams lists them.", field="team")
    if person.team == code:
        return []
    old, person.team = person.team, code
    await session.flush()
    await record(session, by, now, "person.changed", str(person_id), {"team": {"old": old, "new": code}})
    reach = await reach_of(session, person)
    return await _prune(session, by, now, person_id, reach) if reach else []


async def _prune(session: AsyncSession, by: str, now: datetime, person: UUID, reach: TeamReach) -> list[TakenRole]:
    held = await session.scalars(select(PersonRole).where(PersonRole.person == person))
    outside = [
        TakenRole(person, Role(one.role), one.shop) for one in held if not reach.allows(Role(one.role), one.shop)
    ]
    for one in outside:
        await revoke(session, by, now, person, one.role, one.shop)
    return outside
