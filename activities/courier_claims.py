"""Claims at couriers: filed once under their permanent key, asked about, and moved by a person's word."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from temporalio import activity

from activities.claim_requests import ClaimAnswer, ClaimCall, ClaimWordCall
from activities.couriers import Couriers
from activities.gateway_errors import outside
from db.courier_claims import current_run, lock_claim, move, next_ask
from db.reviews import storable_text
from db.sessions import Sessions
from db.tables.couriers import CourierClaim
from db.tables.refunds import Shipment
from domain.courier_claims import ACCEPTED, WAITING, ClaimKind, ClaimStatus
from domain.refund_case.claim_steps import ClaimAnswerWord
from gateways import courier_claims as gateway
from gateways.failures import Rejected
from vault.setup import needed
from vault.vault import Vault

LONGEST_REMARK = 300
_KINDS: Mapping[ClaimKind, Literal["DAMAGE", "LOSS"]] = {ClaimKind.DAMAGE: "DAMAGE", ClaimKind.LOSS: "LOSS"}
_STATES = {
    gateway.ClaimState.PROCESSING: ClaimStatus.FILED,
    gateway.ClaimState.ACCEPTED: ClaimStatus.AGREED,
    gateway.ClaimState.PARTLY_ACCEPTED: ClaimStatus.PARTLY,
    gateway.ClaimState.REFUSED: ClaimStatus.REFUSED,
    gateway.ClaimState.PAID: ClaimStatus.PAID,
}
_WORDS = {
    ClaimAnswerWord.FILED: ClaimStatus.FILED,
    ClaimAnswerWord.ACCEPTED: ClaimStatus.AGREED,
    ClaimAnswerWord.PARTLY: ClaimStatus.PARTLY,
    ClaimAnswerWord.REFUSED: ClaimStatus.REFUSED,
    ClaimAnswerWord.PAID: ClaimStatus.PAID,
    ClaimAnswerWord.DROPPED: ClaimStatus.DROPPED,
}


class ClaimContradicts(Exception):
    """The courier's answer speaks of other sums than the claim; nothing is believed, and it is asked again."""


class CourierClaimActivities:
    def __init__(self, sessions: Sessions, couriers: Couriers, vault: Vault | None) -> None:
        self._sessions = sessions
        self._couriers = couriers
        self._vault = vault

    @activity.defn
    async def file_claim(self, call: ClaimCall) -> ClaimAnswer:
        """Make the claim at its courier. Its key is the courier's too, so that a repeat is the same claim. Where no
        machine can, it waits for a person's hand; one that is not taken comes back as rejected, with the code."""
        claim, shipment = await self._read(call.key)
        if claim.status != ClaimStatus.DRAFT:
            return await self._answer(call)
        desk = self._couriers.claims
        if desk is None or shipment.waybill is None:
            return await self._move(call, ClaimStatus.BY_HAND)
        with outside():
            try:
                answer = await desk.file(await self._claim(claim, shipment.waybill))
            except Rejected as refused:
                return await self._move(call, ClaimStatus.REJECTED, code=refused.sub_code or refused.code)
        return await self._note(call, answer)

    @activity.defn
    async def ask_claim(self, call: ClaimCall) -> ClaimAnswer:
        """How the claim stands at its courier now."""
        claim, _ = await self._read(call.key)
        desk = self._couriers.claims
        if desk is None or claim.outside_id is None or claim.status not in WAITING:
            return await self._answer(call)
        with outside():
            return await self._note(call, await desk.ask(call.key))

    @activity.defn
    async def keep_word(self, call: ClaimWordCall) -> ClaimAnswer:
        """What a person says of it, as the case's steps allowed. What the courier's machine has said since stands: a
        word that does not follow it any more changes nothing."""
        word = call.word
        async with self._sessions.begin() as session:
            claim = await lock_claim(session, call.key)
            if claim.status in WAITING and (word.answer is not ClaimAnswerWord.DROPPED or claim.status not in ACCEPTED):
                _say(claim, word.answer, word.agreed_fen, call.now)
        return await self._answer(call)

    async def _read(self, key: str) -> tuple[CourierClaim, Shipment]:
        async with self._sessions() as session:
            claim = await session.get_one(CourierClaim, key)
            return claim, await session.get_one(Shipment, claim.shipment)

    async def _claim(self, claim: CourierClaim, waybill: str) -> gateway.Claim:
        pieces = tuple([gateway.Piece(one["kind"], await self._bytes(one["sha256"])) for one in claim.evidence])
        return gateway.Claim(
            out_id=claim.key, waybill=waybill, kind=_KINDS[ClaimKind(claim.kind)], amount_fen=claim.claimed_fen,
            pieces=pieces,
        )  # fmt: skip

    async def _bytes(self, sha256: str) -> bytes:
        """Raises VaultNotSetUp, FileGone, StoreAway or Unreadable."""
        return b"".join([piece async for piece in needed(self._vault).read(sha256)])

    async def _note(self, call: ClaimCall, answer: gateway.ClaimAnswer) -> ClaimAnswer:
        """Raises ClaimContradicts."""
        async with self._sessions.begin() as session:
            claim = await lock_claim(session, call.key)
            if answer.claimed_fen != claim.claimed_fen or answer.agreed_fen > claim.claimed_fen:
                raise ClaimContradicts(f"the courier speaks of {answer.claimed_fen} and {answer.agreed_fen} fen")
            claim.outside_id, claim.asked_at = answer.claim_id, call.now
            claim.filed_at = claim.filed_at or call.now
            claim.remark = storable_text(answer.remark)[:LONGEST_REMARK] or claim.remark
            # A machine that has not heard yet what its own desk told a person takes none of it back.
            heard = answer.state is not gateway.ClaimState.PROCESSING or claim.status not in ACCEPTED
            if claim.status in WAITING and heard:
                claim.agreed_fen = answer.agreed_fen
                move(claim, _STATES[answer.state], call.now)
                if answer.state is gateway.ClaimState.PAID:
                    claim.paid_fen, claim.pay_number = answer.agreed_fen, answer.pay_number
                    claim.paid_at = answer.paid_at or call.now
        return await self._answer(call)

    async def _move(self, call: ClaimCall, status: ClaimStatus, code: str | None = None) -> ClaimAnswer:
        async with self._sessions.begin() as session:
            claim = await lock_claim(session, call.key)
            claim.code = code
            move(claim, status, call.now)
        return await self._answer(call)

    async def _answer(self, call: ClaimCall) -> ClaimAnswer:
        async with self._sessions() as session:
            claim = await session.get_one(CourierClaim, call.key)
            by_machine = self._couriers.claims is not None and claim.outside_id is not None
            return ClaimAnswer(
                key=claim.key, workflow=await current_run(session, claim.case), status=ClaimStatus(claim.status),
                agreed_fen=claim.agreed_fen, paid_fen=claim.paid_fen, code=claim.code,
                answer_due_at=claim.answer_due_at,
                ask_at=next_ask(claim, call.now) if by_machine and claim.status in WAITING else None,
            )  # fmt: skip


def _say(claim: CourierClaim, word: ClaimAnswerWord, agreed_fen: int, now: datetime) -> None:
    if word is ClaimAnswerWord.FILED:
        claim.filed_at = claim.filed_at or now
    if word in {ClaimAnswerWord.ACCEPTED, ClaimAnswerWord.PARTLY}:
        claim.agreed_fen = agreed_fen or claim.claimed_fen
    if word is ClaimAnswerWord.PAID:
        claim.paid_fen, claim.paid_at = claim.agreed_fen, now
    move(claim, _WORDS[word], now)
