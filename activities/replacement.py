"""Somebody else for a case whose agent never works in an hour that suits the buyer."""

from temporalio import activity

from activities.assignment import AssignmentActivities, holder_of, keep_assignment, lock_shops
from activities.clocks import DeskClock
from activities.planner import Planner
from activities.policies import Policies
from activities.requests import ReplaceRequest
from db.sessions import Sessions
from domain.assignment import Choice
from domain.escalation import EscalationKind
from domain.review_case.facts import Assigned

FITS = "the shift fits the buyer's hours; {}"


class ReplacementActivities:
    def __init__(
        self, sessions: Sessions, policies: Policies, clock: DeskClock, assignment: AssignmentActivities
    ) -> None:
        self._sessions = sessions
        self._policies = policies
        self._planner = Planner(policies)
        self._clock = clock
        self._assignment = assignment

    @activity.defn
    async def replace(self, request: ReplaceRequest) -> Assigned:
        """Choose, as fairly as ever, among those whose hours leave a slot. Who has the case meanwhile keeps it, so that
        repeating it finds whom it chose before."""
        plan = request.plan
        async with self._sessions.begin() as session:
            await lock_shops(session, {plan.shop})
            holder = await holder_of(session, plan.case)
            if holder != plan.assignee:
                return Assigned(person=holder, why=FITS.format("chosen before") if holder else "it is nobody's now")
            asked = await self._planner.question(session, plan)
            chosen = await self._assignment.choose_among(
                session, plan.shop, request.severity, asked.who_fits(), request.cause
            )
            _, version = await self._policies.desk(session, plan.shop)
            by = {"policy": version, "hours_policy": asked.version}
            if not isinstance(chosen, Choice):
                return Assigned(person=None, why=chosen.reason, **by)
            why = FITS.format(chosen.reason)
            await keep_assignment(session, plan.case, plan.shop, chosen.person, why, plan.now)
            kinds = (EscalationKind.NOT_CONTACTED,)
            clocks = await self._clock.first_dues(session, plan.shop, kinds, request.severity, plan.now)
            return Assigned(person=chosen.person, why=why, clocks=clocks, **by)
