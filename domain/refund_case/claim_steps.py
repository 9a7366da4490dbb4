"""Steps around damage, courier claims and losses."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.courier_claims import ClaimKind, DamageFinding
from domain.sealed import SealedRef
from domain.step import Step
from domain.tracking import Leg

MOST_PIECES = 9


class ClaimAnswerWord(StrEnum):
    """What a person may say of a claim."""

    FILED = "filed"
    ACCEPTED = "accepted"
    PARTLY = "partly"
    REFUSED = "refused"
    PAID = "paid"
    DROPPED = "dropped"


class RecoveredFrom(StrEnum):
    INSURER = "insurer"
    SUPPLIER = "supplier"


class JudgeDamage(Step):
    """Say where damage came from: the goods' own quality, the way, or the buyer's use. It decides who pays the freight,
    and whether the courier is claimed from. Said again, the last word counts."""

    step: Literal["judge_damage"] = "judge_damage"
    finding: DamageFinding
    packaging_intact: bool | None = Field(default=None, description="whether box and padding are whole; null: unknown")
    photos: list[str] = Field(default=[], max_length=MOST_PIECES, description="ids of kept photos")
    why: SealedRef


class PieceOfEvidence(BaseModel):
    """A kept photo, and what it shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(max_length=40, description="like `outer_box_photo`; the policy `refunds` lists them")
    file: str = Field(max_length=64, description="id of a kept photo")


class FileCourierClaim(Step):
    """Claim from the courier for a parcel that was damaged or lost on its way."""

    step: Literal["file_courier_claim"] = "file_courier_claim"
    leg: Leg = Field(description="whose way: the order's, back, or out")
    kind: ClaimKind
    amount_fen: int = Field(gt=0, le=100_000_000)
    declared_fen: int | None = Field(
        default=None, gt=0, le=100_000_000, description="the insured value, if there is one"
    )
    evidence: list[PieceOfEvidence] = Field(default=[], max_length=MOST_PIECES)


class AnswerCourierClaim(Step):
    """Say how a claim stands at the courier's own desk, where no machine asks: filed, accepted, accepted in part,
    refused, or paid."""

    step: Literal["answer_courier_claim"] = "answer_courier_claim"
    claim: int = Field(ge=1)
    answer: Literal[
        ClaimAnswerWord.FILED,
        ClaimAnswerWord.ACCEPTED,
        ClaimAnswerWord.PARTLY,
        ClaimAnswerWord.REFUSED,
        ClaimAnswerWord.PAID,
    ]
    agreed_fen: int | None = Field(default=None, gt=0, le=100_000_000, description="of what is accepted in part")
    proof: SealedRef = Field(description="what shows it, like the courier's number or words")


class DropCourierClaim(Step):
    """Give a claim up."""

    step: Literal["drop_courier_claim"] = "drop_courier_claim"
    claim: int = Field(ge=1)
    why: SealedRef


class ShareLoss(Step):
    """Offer the buyer to bear a part of their loss as a coupon, since the courier does not."""

    step: Literal["share_loss"] = "share_loss"
    claim: int = Field(ge=1)
    amount_fen: int = Field(gt=0, le=100_000_000)


class AnswerShare(Step):
    """Record what the buyer said to it."""

    step: Literal["answer_share"] = "answer_share"
    accepted: bool


class GiveShare(Step):
    """The coupon was given, in the marketplace's workbench. Never by whoever offered it."""

    step: Literal["give_share"] = "give_share"
    proof: SealedRef = Field(description="what shows it, like the coupon's number")


class LeaveLoss(Step):
    """Decide that the buyer's loss is not shared."""

    step: Literal["leave_loss"] = "leave_loss"
    why: SealedRef


class RecordRecovery(Step):
    """Money came from the freight's insurer or from a supplier."""

    step: Literal["record_recovery"] = "record_recovery"
    source: RecoveredFrom
    amount_fen: int = Field(gt=0, le=100_000_000)
    proof: SealedRef


class LiftAbuse(Step):
    """Take back that member rights are abused: it was a mistake."""

    step: Literal["lift_abuse"] = "lift_abuse"
    why: SealedRef
