"""Whether this process lives, and whether it can work."""

import asyncio
from datetime import timedelta
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from api.errors import Unavailable, documented
from api.house import House, TheHouse
from db.reads.deliveries import LATE_SECONDS, failing_channels, oldest_due

router = APIRouter(tags=["watching"])
LATE = timedelta(seconds=LATE_SECONDS)
PATIENCE_SECONDS = 2.0


class Healthy(BaseModel):
    status: Literal["ok"] = "ok"


class Ready(Healthy):
    """`sending`: whether the staff's messages leave. `late`: some are due for long and nobody sends them; `failing`: a
    channel takes none. The house works all the same; administrators are told in the app."""

    sending: Literal["ok", "late", "failing"] = "ok"


@router.get("/health", summary="The process answers")
async def health() -> Healthy:
    return Healthy()


@router.get("/ready", responses={503: documented()[503]}, summary="Database and engine answer")
async def ready(house: TheHouse) -> Ready:
    """503 names what is down."""
    answers = await asyncio.gather(_database(house), _engine(house))
    down = [name for name, answered in zip(("database", "engine"), answers, strict=True) if not answered]
    if down:
        raise Unavailable(f"Not ready: {' and '.join(down)} can't be reached.", down=down)
    async with house.reads() as session:
        due, failing = await oldest_due(session), await failing_channels(session)
    if due is not None and due < house.now() - LATE:
        return Ready(sending="late")
    return Ready(sending="failing" if any(channel.alarmed for channel in failing) else "ok")


async def _database(house: House) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), house.reads() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, TimeoutError, OSError):
        return False
    return True


async def _engine(house: House) -> bool:
    try:
        # The first call of a lazy client connects, which has a patience of its own.
        async with asyncio.timeout(PATIENCE_SECONDS * 2):
            return await house.client.service_client.check_health(timeout=timedelta(seconds=PATIENCE_SECONDS))
    except (RPCError, RuntimeError, TimeoutError):
        return False
