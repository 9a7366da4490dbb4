"""Whether a claim at a courier can be made, and what follows from where damage came from."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.claim_requests import ClaimGroundsRequest, DamageRequest
from activities.policies import Policies
from activities.refund_opening import RefundOpeningActivities
from activities.refund_photos import photos_of
from activities.refusals import refusing
from db.courier_claims import keep_claim
from db.sessions import Sessions
from db.tables.refunds import Shipment
from domain.courier_claims import (
    ClaimStatus,
    check_amount,
    check_evidence,
    check_in_time,
    claim_until,
    claimable_fen,
)
from domain.policies.refunds import RefundsPolicy
from domain.refund_case.bearing import FAULTS
from domain.refund_case.claims import ClaimGrounds
from domain.refund_case.facts import RefundPrepared
from domain.tracking import Leg

KILOBYTE = 1024
# What the couriers' desks take as a picture.
PICTURES = frozenset({"image/jpeg", "image/png"})


class ClaimGroundsActivities:
    def __init__(self, sessions: Sessions, policies: Policies, opening: RefundOpeningActivities) -> None:
        self._sessions = sessions
        self._policies = policies
        self._opening = opening

    @activity.defn
    async def judge_damage(self, request: DamageRequest) -> RefundPrepared:
        """The freight as it falls when damage came from there. Raises FileUnknown, FileErased, NotAPhoto or
        PhotoTooLarge (non-retryable) for a file that is no photo of the case."""
        with refusing():
            async with self._sessions.begin() as session:
                digests = await photos_of(session, request.case, request.photos)
                fault = FAULTS[request.finding]
                freight = await self._opening.freight_of(
                    session, request, request.cause, abuse=request.abuse, fault=fault
                )
                _, version = await self._policies.refunds(session, request.shop)
                return RefundPrepared(freight=freight, digests=digests, policy=version)

    @activity.defn
    async def judge_claim(self, request: ClaimGroundsRequest) -> RefundPrepared:
        """Keep the claim's row, once nothing speaks against it. Raises (non-retryable) ClaimTooLate, ClaimAboveLimit,
        ClaimEvidenceMissing, ClaimEvidenceUnknown, ClaimMadeAlready, and what photos_of raises."""
        with refusing():
            async with self._sessions.begin() as session:
                policy, version = await self._policies.refunds(session, request.shop)
                shipment = await session.get_one(Shipment, UUID(request.shipment))
                grounds = await self._grounds(session, request, policy, shipment)
                await keep_claim(session, _row(request, policy, grounds))
                return RefundPrepared(grounds=grounds, policy=version)

    async def _grounds(
        self, session: AsyncSession, request: ClaimGroundsRequest, policy: RefundsPolicy, shipment: Shipment
    ) -> ClaimGrounds:
        claim, rules = request.claim, policy.claims
        until = claim_until(shipment.signed_at, shipment.last_scan_at, shipment.told_at, rules)
        check_in_time(until, request.now)
        freight = policy.return_freight_fen if claim.leg is Leg.BACK else policy.outbound_freight_fen
        check_amount(claim.amount_fen, claimable_fen(request.lost_fen, freight, claim.declared_fen, rules))
        check_evidence(claim.kind, [piece.kind for piece in claim.evidence], rules)
        files = [piece.file for piece in claim.evidence]
        digests = await photos_of(session, request.case, files, rules.most_photo_kb * KILOBYTE, PICTURES)
        answer_due_at = request.now + timedelta(days=rules.answer_days)
        return ClaimGrounds(claimed_fen=claim.amount_fen, until=until, answer_due_at=answer_due_at, digests=digests)


def _row(request: ClaimGroundsRequest, policy: RefundsPolicy, grounds: ClaimGrounds) -> dict[str, object]:
    return {
        "key": request.key,
        "case": request.case,
        "shop": request.shop,
        "shipment": UUID(request.shipment),
        "kind": request.claim.kind,
        "claimed_fen": grounds.claimed_fen,
        "agreed_fen": 0,
        "paid_fen": 0,
        "evidence": [
            {"kind": piece.kind, "file": piece.file, "sha256": grounds.digests[piece.file]}
            for piece in request.claim.evidence
        ],
        "status": ClaimStatus.DRAFT,
        "until": grounds.until,
        "answer_due_at": grounds.answer_due_at,
        "ask_hours": policy.claims.ask_every_hours,
        "made_by": UUID(request.by),
        "made_at": request.now,
    }
