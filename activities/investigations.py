"""Whom an investigation may be given to."""

from uuid import UUID

from sqlalchemy import select
from temporalio import activity

from activities.refusals import refusing
from activities.requests import AskRequest
from db.sessions import Sessions
from db.tables.office import Person, PersonRole
from domain.errors import Refusal
from domain.people import Role
from domain.review_case.facts import Prepared

# They answer for goods, money and talks; an auditor only looks, and a service is no person.
ASKABLE = (Role.AGENT, Role.LEAD, Role.SUPERVISOR, Role.WAREHOUSE, Role.FINANCE)


class NotAskable(Refusal):
    """Nobody of this shop who could answer."""

    code = "NotAskable"


class InvestigationActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def ask(self, request: AskRequest) -> Prepared:
        """Raises NotAskable (non-retryable) unless an active person of the shop is asked."""
        async with self._sessions() as session:
            roles = select(PersonRole.role).join(Person, Person.id == PersonRole.person)
            here = (PersonRole.shop == request.step.shop) | PersonRole.shop.is_(None)
            found = roles.where(Person.id == _id(request.to), Person.active, PersonRole.role.in_(ASKABLE), here)
            known = await session.scalar(found.limit(1))
        with refusing():
            if known is None:
                raise NotAskable("That person is not of this shop or not active; ask somebody who is.")
        return Prepared()


def _id(person: str) -> UUID | None:
    try:
        return UUID(person)
    except ValueError:
        return None
