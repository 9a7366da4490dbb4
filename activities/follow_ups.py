"""The follow-up visit: when, on which channel and with which questions; and a review that turned bad again."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from temporalio import activity

from activities.contacts import ContactActivities
from activities.policies import Policies
from activities.requests import FollowUpRequest, PlanRequest, RelapseRequest
from db.sessions import Sessions
from db.tables.buyers import Review
from domain.review_case.facts import FollowUpPlanned

# Ours: a visit that can't be made within a week after its day would only surprise.
WITHIN = timedelta(days=7)


class FollowUpActivities:
    def __init__(self, sessions: Sessions, policies: Policies, contacts: ContactActivities) -> None:
        self._sessions = sessions
        self._policies = policies
        self._contacts = contacts

    @activity.defn
    async def plan_follow_up(self, request: FollowUpRequest) -> FollowUpPlanned:
        """Some days after the notice, as the desk's policy says, inside all hours and caps of an ordinary contact.
        One that was put off is planned within the same days."""
        async with self._sessions.begin() as session:
            desk, version = await self._policies.desk(session, request.shop)
            texts, _ = await self._policies.texts(session, request.shop)
        if desk.follow_up_days == 0:
            return FollowUpPlanned(why="the desk makes no follow-up visits", policy=version)
        day = (request.wanted_at or request.now) + timedelta(days=desk.follow_up_days)
        asked = PlanRequest(
            case=request.case, shop=request.shop, review_row=request.review_row,
            review_created_at=request.review_created_at, window_ends_at=day + WITHIN, assignee=request.assignee,
            preference_at=None, preference_stated_at=None, preference_hours=request.preference_hours,
            preference_written=request.preference_written, online_seen_at=None, number=request.number,
            now=max(day, request.now),
        )  # fmt: skip
        found = await self._contacts.plan(asked)
        return FollowUpPlanned(
            due_at=found.due_at, slot_ends_at=found.slot_ends_at, channel=found.channel,
            why=found.why, why_zh=found.why_zh, warnings=found.warnings, questions=texts.follow_up.closed,
            policy=version, hours_policy=found.policy,
        )  # fmt: skip

    @activity.defn
    async def note_relapse(self, request: RelapseRequest) -> None:
        """The next run opens on the grade that the review has now."""
        async with self._sessions.begin() as session:
            row = update(Review).where(Review.id == UUID(request.review_row))
            await session.execute(row.values(grade=request.grade))
