"""Closing the record's open end, once a day."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from temporalio import activity

from db.audit import record
from db.heads import ClockWentBack, head_is_due, lost, make_head
from db.sessions import Sessions
from db.signatures import Signer

BY = "amends"


class HeadRequest(BaseModel):
    model_config = ConfigDict(frozen=True)

    now: datetime


class HeadMade(BaseModel):
    """`number` is None where no head was needed or none could be made; `lost` are chains that don't hold any more."""

    number: int | None = None
    leaves: int = 0
    lost: list[str] = []


class HeadActivities:
    def __init__(self, sessions: Sessions, signer: Signer | None) -> None:
        self._sessions = sessions
        self._signer = signer

    @activity.defn
    async def seal_record(self, request: HeadRequest) -> HeadMade:
        """Sign today's head, unless there is one. First every signed tip is looked for, and what is lost is written
        into the office's record, so that the head covers that too."""
        if self._signer is None:
            activity.logger.warning("AMENDS_RECORD_KEY is not set: the record gets no signed heads")
            return HeadMade()
        async with self._sessions.begin() as session:
            try:
                if not await head_is_due(session, request.now):
                    return HeadMade()
            except ClockWentBack as refusal:
                activity.logger.error("no head was signed: %s", refusal.message)
                return HeadMade()
            gone = await lost(session)
            if gone:
                activity.logger.error("the record does not hold: %s", ", ".join(gone))
                await record(session, BY, request.now, "record.broken", "record", {"chains": gone})
            head = await make_head(session, self._signer, request.now)
        # In the log as well, since a log that leaves the machine keeps what the database's owner could rewrite.
        activity.logger.info("record head %d over %d chains: %s", head.number, head.leaves, head.hash.hex())
        return HeadMade(number=head.number, leaves=head.leaves, lost=gone)
