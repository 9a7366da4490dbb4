"""Damage, courier claims, and what came of them, as parts of a refund case's state."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from domain.courier_claims import VOID, WAITING, ClaimKind, ClaimStatus, DamageFinding
from domain.refund_case.claim_steps import ClaimAnswerWord, RecoveredFrom
from domain.sealed import SealedRef
from domain.tracking import Leg


class Damage(BaseModel):
    """Where damage came from, as a person judged it; `suggested` is what packaging and trace spoke for."""

    finding: DamageFinding
    suggested: DamageFinding | None = None
    packaging_intact: bool | None = None
    by: str
    at: datetime


class ClaimPiece(BaseModel):
    """What shows it: a photo of the case's vault, with the hash of its bytes."""

    model_config = ConfigDict(frozen=True)

    kind: str
    file: str
    digest: str = ""


class CourierClaim(BaseModel):
    """One claim at a courier; its row under `key` is the truth about it. `until` is when the courier would have taken
    it no longer, `answer_due_at` when an answer is due; `words` wait to be told to its own story."""

    number: int
    key: str
    kind: ClaimKind
    leg: Leg
    shipment: str
    claimed_fen: int
    evidence: list[ClaimPiece] = []
    status: ClaimStatus = ClaimStatus.DRAFT
    by: str
    at: datetime
    until: datetime
    answer_due_at: datetime | None = None
    overdue: bool = False
    started: bool = False
    agreed_fen: int = 0
    paid_fen: int = 0
    code: str | None = None
    settled_at: datetime | None = None
    words: list["ClaimWord"] = []

    @property
    def open(self) -> bool:
        return self.status in WAITING

    @property
    def counts(self) -> bool:
        return self.status not in VOID

    @property
    def unrecovered_fen(self) -> int:
        return self.claimed_fen - max(self.agreed_fen, self.paid_fen)


class ClaimWord(BaseModel):
    """What a person says of a claim: the courier's answer at its desk, the money that came, or that it is given up."""

    model_config = ConfigDict(frozen=True)

    answer: ClaimAnswerWord
    agreed_fen: int = 0
    by: str
    at: datetime
    proof: SealedRef


class LossShare(BaseModel):
    """A part of the buyer's loss that the shop bears as a coupon, once a claim brought too little (S004)."""

    claim: int
    amount_fen: int
    by: str
    at: datetime
    accepted: bool | None = None
    given_by: str | None = None
    given_at: datetime | None = None
    proof: SealedRef | None = None

    @property
    def open(self) -> bool:
        """Offered and not answered, or accepted and not given."""
        return self.accepted is None or (self.accepted and self.given_at is None)


class Recovery(BaseModel):
    """Money that came from outside a claim's own story: the insurer's, a supplier's."""

    source: RecoveredFrom
    amount_fen: int
    by: str
    at: datetime
    proof: SealedRef


class ClaimGrounds(BaseModel):
    """What an activity found out before a claim could be made: nothing speaks against it, and its row is kept."""

    model_config = ConfigDict(frozen=True)

    claimed_fen: int
    until: datetime
    answer_due_at: datetime
    digests: dict[str, str] = {}


class ClaimReport(BaseModel):
    """What a claim's own story tells its case."""

    model_config = ConfigDict(frozen=True)

    key: str
    status: ClaimStatus
    agreed_fen: int = 0
    paid_fen: int = 0
    code: str | None = None
    answer_due_at: datetime | None = None
    overdue: bool = False
    at: datetime


CourierClaim.model_rebuild()
