"""Keeps on record what was refused at the door and matters: revoked, forged, sent twice, of another shop."""

import structlog
from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError

from api.doorkeeper import address_of
from api.house import House
from db.door import note_refused
from domain.errors import Refusal

# By the name of their class. A session that ended by itself is everyday life.
NOTED = frozenset(
    {
        "KeyRevoked",
        "KeyExpired",
        "SessionEnded",
        "PersonLeft",
        "ClockMoved",
        "KeyOutOfScope",
        "OutOfSight",
        "CrossSite",
        "LoginLocked",
        "IdentityUnknown",
        "IdentityRefused",
        "PushForged",
        "PushReplayed",
        "PushOutOfTime",
    }
)
log = structlog.get_logger(__name__)


async def note(request: Request, refusal: Refusal) -> None:
    """The refusal is told also where it can't be kept."""
    kind = type(refusal).__name__
    if kind not in NOTED:
        return
    house: House = request.app.state.house
    subject = getattr(request.state, "subject", "unknown")
    log.warning("refused at the door", kind=kind, subject=subject)
    try:
        async with house.sessions.begin() as session:
            await note_refused(session, kind, subject, address_of(request), house.now())
    except (SQLAlchemyError, OSError) as error:
        log.warning("a refusal was not kept", error=type(error).__name__)
