"""Who is at a shop's desk when: its hours by policy, the shifts of its agents, and that of the one who would call."""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from db.shifts import RosterLine, shifts_by_id
from domain.calendar import CalendarDays
from domain.contact_slots import DeskHours
from domain.contact_spread import Hands
from domain.shifts import Hand, Presence, Shift, ShiftTerm, Staffed, desk_hours, hands_at, joint_hours, staffed

# As far as a case's month reaches, and a day on either side for zones.
AHEAD = timedelta(days=44)
A_DAY = timedelta(days=1)
KEPT = 256
KEPT_SHIFTS = 4_096

type Lines = tuple[RosterLine, ...]


@dataclass(frozen=True, slots=True)
class Attendance:
    """`desk`: the desk's hours; `agents`: those in which any agent is at work, asked for while the case is nobody's;
    `agent`: those of the person asked about. None where nothing is known against any hour. `hands`: how many agents are
    at work at a moment. `others`: the hours of each other agent, by id."""

    desk: DeskHours | None
    agents: DeskHours | None
    agent: DeskHours | None
    hands: Hands
    others: Mapping[str, Callable[[], DeskHours | None]]


class Rosters:
    """Hours are reckoned once a day for each policy and each shift, and kept: every contact asks for them."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._kept: dict[Hashable, tuple[CalendarDays, Any]] = {}
        self._shifts: Mapping[UUID, Shift] = {}

    async def attendance(
        self,
        session: AsyncSession,
        shop: str,
        person: str | None,
        lines: Mapping[UUID, RosterLine],
        now: datetime,
        days: CalendarDays,
    ) -> Attendance:
        """`lines`: the shop's active agents and the person asked about."""
        shifts = await self._shifts_of(session, lines.values())
        agents = tuple(line for line in lines.values() if line.shops)
        theirs = tuple(line for id, line in lines.items() if str(id) == person)
        return Attendance(
            desk=await self._desk(session, shop, now, days),
            agents=None if person else self._hours(agents, shifts, now, days),
            agent=self._hours(theirs, shifts, now, days),
            hands=self._hands(agents, shifts, days),
            others={
                str(id): partial(self._hours, (line,), shifts, now, days)
                for id, line in lines.items()
                if line.shops and str(id) != person
            },
        )

    async def _desk(self, session: AsyncSession, shop: str, now: datetime, days: CalendarDays) -> DeskHours:
        policy, version = await self._policies.desk(session, shop)
        start = _midnight(now)
        return self._once((version, start), days, lambda: desk_hours(policy.hours, start, start + AHEAD, days))

    def _hours(self, lines: Lines, shifts: Mapping[UUID, Shift], now: datetime, days: CalendarDays) -> DeskHours | None:
        start = _midnight(now)

        def reckon() -> DeskHours | None:
            return joint_hours([_presence(line, shifts) for line in lines], start, start + AHEAD, days)

        return self._once((lines, start), days, reckon)

    def _hands(self, agents: Lines, shifts: Mapping[UUID, Shift], days: CalendarDays) -> Hands:
        known: dict[datetime, Staffed] = {}

        def on_day(start: datetime) -> Staffed:
            hands = [Hand(_presence(line, shifts), line.shops) for line in agents]
            return self._once(("hands", agents, start), days, lambda: staffed(hands, start, start + A_DAY, days))

        def hands(moment: datetime) -> float:
            start = _midnight(moment)
            if start not in known:
                known[start] = on_day(start)
            return hands_at(moment, known[start])

        return hands

    async def _shifts_of(self, session: AsyncSession, lines: Collection[RosterLine]) -> Mapping[UUID, Shift]:
        """Of these lines at least. A row never changes, so it is read once; what is answered stays as it is."""
        wanted = {shift for line in lines for shift, _, _ in line.terms}
        if not wanted <= self._shifts.keys():
            before = self._shifts if len(self._shifts) < KEPT_SHIFTS else {}
            self._shifts = {**before, **await shifts_by_id(session, wanted)}
        return self._shifts

    def _once[T](self, key: Hashable, days: CalendarDays, reckon: Callable[[], T]) -> T:
        key = (key, id(days))
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            # The calendar is kept beside, so that its id stays its own.
            self._kept[key] = days, reckon()
        kept: T = self._kept[key][1]
        return kept


def _presence(line: RosterLine, shifts: Mapping[UUID, Shift]) -> Presence:
    terms = tuple(ShiftTerm(shifts[shift], since, until) for shift, since, until in line.terms)
    return Presence(terms, line.away_until, line.active, line.leaves)


def _midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0)
