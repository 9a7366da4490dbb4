"""Who is at a shop's desk when: its hours by policy, and the shift of the one who would make the contact."""

from collections.abc import Callable, Hashable
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
    """Hours are reckoned once a day for each policy and each shift, and kept: every contact asks for them."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._kept: dict[Hashable, tuple[CalendarDays, DeskHours | None]] = {}

    async def desk(self, session: AsyncSession, shop: str, now: datetime, days: CalendarDays) -> DeskHours | None:
        policy, version = await self._policies.desk(session, shop)
        start = _midnight(now)
        return self._once((version, start), days, lambda: desk_hours(policy.hours, start, start + AHEAD, days))

    async def agent(
        self, session: AsyncSession, person: str | None, now: datetime, days: CalendarDays
    ) -> DeskHours | None:
        """None where nobody is assigned, or nothing keeps them from any hour of the desk."""
        if person is None:
            return None
        found = (await presences(session, [UUID(person)])).get(UUID(person))
        if found is None:
            return None
        start = _midnight(now)
        terms = tuple((term.valid_from, term.valid_until, term.shift.model_dump_json()) for term in found.terms)
        key = (terms, found.away_until, found.active, start)
        return self._once(key, days, lambda: found.hours(start, start + AHEAD, days))

    def _once(self, key: Hashable, days: CalendarDays, reckon: Callable[[], DeskHours | None]) -> DeskHours | None:
        key = (key, id(days))
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            # The calendar is kept beside, so that its id stays its own.
            self._kept[key] = days, reckon()
        return self._kept[key][1]


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
