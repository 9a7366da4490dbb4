"""Escalation clocks in the desk's hours."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities.holidays import calendar_around
from activities.policies import Policies
from domain.calendar import CalendarDays
from domain.escalation import DifferingDays, Escalation, EscalationKind, add_desk_time, escalation_due, next_escalation
from domain.people import Role
from domain.policies.desk import DeskPolicy
from domain.shifts import Span, differing_days


class DeskClock:
    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    async def first_dues(
        self, session: AsyncSession, shop: str, kinds: Iterable[EscalationKind], severity: int, since: datetime
    ) -> dict[EscalationKind, datetime]:
        """When each clock that starts now first tells somebody."""
        dues = {}
        for kind in kinds:
            escalation, _ = await self.next(session, shop, kind, since, severity, ())
            if escalation is not None:
                dues[kind] = escalation.at
        return dues

    async def next(
        self,
        session: AsyncSession,
        shop: str,
        kind: EscalationKind,
        since: datetime,
        severity: int,
        told: Collection[Role],
        pauses: Collection[Span] = (),
    ) -> tuple[Escalation | None, str]:
        """Who hears next and when, and the policy version that says so; None when everybody on the ladder has."""
        desk, version = await self._policies.desk(session, shop)
        days = await self._differing(session, shop, desk, since)
        return next_escalation(kind, since, severity, told, desk, days, pauses), version

    async def level(
        self,
        session: AsyncSession,
        shop: str,
        kind: EscalationKind,
        since: datetime,
        severity: int,
        level: int,
        pauses: Collection[Span] = (),
    ) -> tuple[datetime, str]:
        """When a level of a ladder that is not the policy's own hears of it, and the policy version that says so."""
        desk, version = await self._policies.desk(session, shop)
        days = await self._differing(session, shop, desk, since)
        return escalation_due(kind, since, severity, level, desk.hours, desk, days, pauses), version

    async def a_step_later(self, session: AsyncSession, shop: str, kind: EscalationKind, now: datetime) -> datetime:
        """The earliest moment at which the next one on the ladder hears of what somebody was told of now."""
        desk, _ = await self._policies.desk(session, shop)
        days = await self._differing(session, shop, desk, now)
        return add_desk_time(now, desk.escalations[kind].step_minutes, desk.hours, days)

    async def _differing(self, session: AsyncSession, shop: str, desk: DeskPolicy, around: datetime) -> DifferingDays:
        if not desk.hours.asks_the_calendar:
            return {}
        return differing_days(desk.hours, await self.calendar(session, shop, around))

    async def calendar(self, session: AsyncSession, shop: str, now: datetime) -> CalendarDays:
        """The published calendar around a moment, with the shop's own word on single days."""
        policy, _ = await self._policies.contact(session, shop)
        return calendar_around(now, policy)
