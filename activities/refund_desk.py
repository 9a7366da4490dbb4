"""Who of the shop must hear of a deadline that the marketplace has set; which parcel belongs to which case."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.escalation import holders_of
from activities.refund_requests import MatchRequest, WarnRequest
from activities.refusals import refusing
from db.leaves import is_at_hand
from db.parcels import ParcelUnknown, match_parcel
from db.sessions import Sessions
from domain.people import LEADERS, Role
from domain.refund_case.facts import RefundPrepared, Warned


class RefundDeskActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def match(self, request: MatchRequest) -> RefundPrepared:
        """The parcel belongs to this case from now on. Raises ParcelUnknown, ParcelMatched (non-retryable)."""
        with refusing():
            async with self._sessions.begin() as session:
                parcel = _uuid(request.parcel)
                await match_parcel(session, request.shop, parcel, request.case, UUID(request.by), request.now)
                return RefundPrepared()

    @activity.defn
    async def whom_to_warn(self, request: WarnRequest) -> Warned:
        """The case's own agent, or everybody who holds the role in the shop now; an agent's case without an agent, or
        with one who is away, goes to the leads. Where they are all away, the leaders who are there."""
        async with self._sessions() as session:
            agent = request.assignee if request.role is Role.AGENT else None
            if agent is not None and await is_at_hand(session, UUID(agent), request.now):
                return Warned(hours=request.hours, role=request.role, people=[agent])
            role = Role.LEAD if request.role is Role.AGENT else request.role
            people = await self._there(session, request, role)
            return Warned(hours=request.hours, role=role, people=people)

    async def _there(self, session: AsyncSession, request: WarnRequest, role: Role) -> list[str]:
        """The marketplace does not wait until somebody is back: leaders who are there hear of it in their place."""
        theirs = await holders_of(session, request.shop, [role], request.now)
        leaders = await holders_of(session, request.shop, LEADERS, request.now)
        return theirs.here or leaders.here or theirs.away


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ParcelUnknown("That is no id of a parcel; GET /parcels lists those that wait.") from None
