"""Planning one contact: what is looked up for it, the slot that the rules find, and its place among the others."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from activities.holidays import calendar_around
from activities.policies import Policies
from activities.requests import PlanRequest, TakeRequest
from activities.rosters import Attendance, Rosters
from db.contacts import BuyerAtHand
from db.places import take_place
from db.planning import look_up
from domain.calendar import CalendarDays
from domain.contact_history import ContactHistory, StatedPreference
from domain.contact_plan import ContactRequest, FoundSlot, NoContact, find_slot
from domain.policies.contact import ContactPolicy
from domain.policies.hours import Window
from domain.review_case.facts import Planned


@dataclass(frozen=True, slots=True)
class PlanningQuestion:
    """All that the rules are asked about one contact, as it was looked up."""

    request: PlanRequest
    asked: ContactRequest
    history: ContactHistory
    policy: ContactPolicy
    version: str
    days: CalendarDays
    there: Attendance

    async def answer(self, session: AsyncSession) -> Planned:
        """Takes the contact's place among those of the shop; repeating it takes the place anew."""
        found = self._find(self.asked)
        if isinstance(found, NoContact):
            return Planned(
                why=found.reason, why_zh=found.reason_zh, code=found.code, again_at=found.retry_at, policy=self.version
            )
        return await self._placed(session, found)

    def who_fits(self) -> frozenset[str]:
        """The other agents of the shop whose hours leave a slot for this contact."""
        hours = {person: of() for person, of in self.there.others.items()}
        return frozenset(
            person
            for person, agent in hours.items()
            if isinstance(self._find(replace(self.asked, agent=agent)), FoundSlot)
        )

    def _find(self, asked: ContactRequest) -> FoundSlot | NoContact:
        return find_slot(asked, self.history, self.policy, self.days)

    async def _placed(self, session: AsyncSession, found: FoundSlot) -> Planned:
        case, shop, surge = self.request.case, self.request.shop, self.asked.surge
        offered, minutes = found.places(self.there.hands), self.policy.spreading.slot_minutes
        planned = found.planned(await take_place(session, case, shop, found.channel, offered, minutes, surging=surge))
        return Planned(
            due_at=planned.due_at,
            slot_ends_at=planned.slot_ends_at,
            channel=planned.channel,
            why=planned.reason,
            why_zh=planned.reason_zh,
            warnings=list(planned.warnings),
            in_surge=surge,
            presence_again_at=planned.presence_again_at,
            policy=self.version,
        )


class Planner:
    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._rosters = Rosters(policies)

    async def question(self, session: AsyncSession, request: PlanRequest) -> PlanningQuestion:
        shop, who, now = request.shop, request.assignee, request.now
        found = await look_up(
            session, shop=shop, behind=UUID(request.review_row), case=request.case,
            person=UUID(who) if who else None, now=now,
        )  # fmt: skip
        self._policies.told(session, shop, found.newest)
        policy, version = await self._policies.contact(session, shop)
        days = calendar_around(now, policy)
        there = await self._rosters.attendance(session, shop, who, found.lines, now, days)
        asked = _asked(request, found.buyer, there, policy, found.history)
        return PlanningQuestion(request, asked, found.history, policy, version, days, there)


def _asked(
    request: PlanRequest, known: BuyerAtHand, there: Attendance, policy: ContactPolicy, history: ContactHistory
) -> ContactRequest:
    return ContactRequest(
        now=request.now,
        case=request.case,
        review_created_at=request.review_created_at,
        window_ends_at=request.window_ends_at,
        state=known.province,
        address_type=known.address_type,
        occupation=known.occupation,
        stated_preference=wish(request, request.now, policy),
        online_seen_at=_presence(request),
        phone=known.phone,
        sms_by_platform=known.sms_by_platform,
        surge=known.surge,
        desk=there.desk,
        agents=there.agents,
        agent=there.agent,
        attempt_number=history.next_attempt(request.case),
        jitter_seed=f"{request.case}:{request.number}",
    )


def wish(asked: PlanRequest | TakeRequest, now: datetime, policy: ContactPolicy) -> StatedPreference | None:
    """What the buyer asked for: an agreed time while it is still good, else their usual hours."""
    at, hours = asked.preference_at, tuple(Window.model_validate(text) for text in asked.preference_hours)
    if at is None and not hours:
        return None
    agreed = at is not None and now < at + timedelta(minutes=policy.persistence.appointment_minutes)
    return StatedPreference(
        earliest=at, stated_at=asked.preference_stated_at,
        windows=() if agreed else hours, written=asked.preference_written and not agreed,
    )  # fmt: skip


def _presence(request: PlanRequest) -> datetime | None:
    """When the buyer was seen online, unless a contact came of presence already within the cool-down."""
    used = request.presence_again_at is not None and request.now < request.presence_again_at
    return None if used else request.online_seen_at
