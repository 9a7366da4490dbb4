"""Who of the shop must hear of a deadline that the marketplace has set."""

from temporalio import activity

from activities.escalation import holders_of
from activities.refund_requests import WarnRequest
from db.sessions import Sessions
from domain.people import Role
from domain.refund_case.facts import Warned


class RefundDeskActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def whom_to_warn(self, request: WarnRequest) -> Warned:
        """The case's own agent, or everybody who holds the role in the shop now; an agent's case without an agent goes
        to the leads."""
        async with self._sessions() as session:
            if request.role is Role.AGENT and request.assignee is not None:
                return Warned(hours=request.hours, role=request.role, people=[request.assignee])
            role = Role.LEAD if request.role is Role.AGENT else request.role
            people = await holders_of(session, request.shop, [role], request.now)
            return Warned(hours=request.hours, role=role, people=people)
