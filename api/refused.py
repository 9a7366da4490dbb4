"""Refused steps are kept: the engine has no trace of them, and an auditor wants one."""

from uuid import uuid4

import structlog
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from api.callers import Caller
from api.errors import status_of
from api.house import House
from db.tables.cases import CaseFile, RefusedStep
from domain.errors import Refusal

log = structlog.get_logger(__name__)
# Not refusals by a rule: the request had no shape, or nobody could decide.
NOT_KEPT = frozenset({422, 429, 503})


async def keep_refusal(house: House, caller: Caller, row: CaseFile, step: str, refusal: Refusal) -> None:
    """One row in a transaction of its own. A database that is down must not turn a clear refusal into a failure."""
    if status_of(refusal.code) in NOT_KEPT:
        return
    refused = insert(RefusedStep).values(
        id=uuid4(),
        at=house.now(),
        case=row.number,
        shop=row.shop,
        person=caller.person,
        step=step,
        code=refusal.code,
        message=refusal.message,
    )
    try:
        async with house.sessions.begin() as session:
            await session.execute(refused)
    except SQLAlchemyError as error:
        log.error("refused step not kept", case=row.number, step=step, code=refusal.code, error=type(error).__name__)
