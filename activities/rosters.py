"""Who is at a shop's desk when: its hours by policy, and the shift of the one who would make the contact."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.shifts import presences
from domain.calendar import CalendarDays
from domain.contact_slots import DeskHours
from domain.shifts import desk_hours

# As far as a case's month reaches, and a day on either side for zones.
AHEAD = timedelta(days=44)
KEPT = 256


class Rosters:
    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._desks: dict[tuple[str, datetime, int], tuple[CalendarDays, DeskHours]] = {}

    async def desk(self, session: AsyncSession, shop: str, now: datetime, days: CalendarDays) -> DeskHours:
        policy, version = await self._policies.desk(session, shop)
        start = now.replace(hour=0, minute=0, second=0, microsecond=0)
        key = (version, start, id(days))
        if key not in self._desks:
            if len(self._desks) >= KEPT:
                self._desks.clear()
            # The calendar is kept beside, so that its id stays its own.
            self._desks[key] = days, desk_hours(policy.hours, start, start + AHEAD, days)
        return self._desks[key][1]

    async def agent(
        self, session: AsyncSession, person: str | None, now: datetime, days: CalendarDays
    ) -> DeskHours | None:
        """None where nobody is assigned, or nothing keeps them from any hour of the desk."""
        if person is None:
            return None
        known = await presences(session, [UUID(person)])
        found = known.get(UUID(person))
        return found.hours(now, now + AHEAD, days) if found else None
