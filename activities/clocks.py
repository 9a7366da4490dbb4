"""Escalation clocks in the desk's hours."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from activities.holidays import calendar_around
from activities.policies import Policies
from domain.calendar import CalendarDays
from domain.escalation import DifferingDays, Escalation, EscalationKind, next_escalation
from domain.people import Role
from domain.shifts import differing_days


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
    ) -> tuple[Escalation | None, str]:
        """Who hears next and when, and the policy version that says so; None when everybody on the ladder has."""
        desk, version = await self._policies.desk(session, shop)
        days: DifferingDays = {}
        if desk.hours.asks_the_calendar:
            days = differing_days(desk.hours, await self.calendar(session, shop, since))
        return next_escalation(kind, since, severity, told, desk, days), version

    async def calendar(self, session: AsyncSession, shop: str, now: datetime) -> CalendarDays:
        """The published calendar around a moment, with the shop's own word on single days."""
        policy, _ = await self._policies.contact(session, shop)
        return calendar_around(now, policy)
