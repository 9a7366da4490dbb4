"""What a person gives by hand: the payout's row keeps who gave it, the proof, and who looked at the proof."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from temporalio import activity

from activities.payout_money import current_run, settle
from activities.payouts import PayoutAnswer
from db import budgets
from db.sessions import Sessions
from db.tables.money import Payout
from domain.handwork import HandMove
from domain.payouts import MOVES, PayoutStatus

PROOF_REFUSED = "PROOF_REFUSED"


class HandCall(BaseModel):
    """Which payout, the move, and the case's time."""

    model_config = ConfigDict(frozen=True)

    key: str
    move: HandMove
    now: datetime


class FulfilmentActivities:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @activity.defn
    async def keep_move(self, call: HandCall) -> PayoutAnswer:
        """Carry one move into the row, once: repeating it changes nothing, and neither does a move that the row's state
        does not know. What counts as given is spent and posted exactly like a transfer."""
        async with self._sessions.begin() as session:
            payout = await session.get_one(Payout, call.key, with_for_update=True)
            move = call.move
            if move.status in MOVES[PayoutStatus(payout.status)]:
                match move.status:
                    case PayoutStatus.SENDING:
                        _given(payout, call)
                    case PayoutStatus.PAID:
                        payout.checked_by = move.by if move.by != payout.given_by else None
                        await settle(session, payout, payout.sent_at or call.now, payout.provider_order, call.now)
                    case PayoutStatus.FAILED:
                        payout.status, payout.code = PayoutStatus.FAILED, PROOF_REFUSED
                    case _:
                        payout.status, payout.settled_at = PayoutStatus.CANCELLED, call.now
                        await budgets.release(session, payout.case, payout.offer, call.now)
            return PayoutAnswer(
                status=PayoutStatus(payout.status), code=payout.code, workflow=await current_run(session, payout)
            )


def _given(payout: Payout, call: HandCall) -> None:
    payout.status, payout.code, payout.sent_at = PayoutStatus.SENDING, None, call.now
    payout.given_by, payout.proof, payout.provider_order = call.move.by, call.move.proof, call.move.reference
    payout.sends += 1
