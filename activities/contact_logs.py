"""What the log of a contact must satisfy by the shop's policies, and by what was asked in the case before."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities.policies import Policies
from activities.requests import LogRequest
from db.contacts import asks_in_merged
from db.tables.contacts import ContactAttempt
from domain.policies.contact import ContactPolicy
from domain.review_case.talking import check_asks, check_next, check_temper


async def check_log(session: AsyncSession, policies: Policies, request: LogRequest, policy: ContactPolicy) -> None:
    """Raises NextStepMissing, UnknownTemper or AsksUsedUp. Under the lock on the person, so that two logs at a time
    don't both use the last ask."""
    logged = request.log
    check_next(logged.talk, logged.next_at, policy)
    if logged.temper:
        causes, _ = await policies.causes(session, request.step.shop)
        check_temper(logged.temper, causes.temper_tags)
    if logged.asked_to_amend:
        check_asks(await _asks_made(session, request), policy)


async def _asks_made(session: AsyncSession, request: LogRequest) -> int:
    """In the other contacts of this case, so that a log that is tried anew is not counted against itself, and in those
    of the cases merged into it."""
    asked = select(func.count()).where(
        ContactAttempt.case == request.step.case,
        ContactAttempt.number != request.number,
        ContactAttempt.asked_to_amend,
    )
    return (await session.scalar(asked) or 0) + await asks_in_merged(session, request.step.case)
