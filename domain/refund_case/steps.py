"""The steps that advance a refund case, one model each. Texts are references: the api seals what a person typed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.desk_steps import Claim, Escalate, HandOver, Hold, Note, Resume
from domain.disputes.steps import (
    AnswerQuestion,
    AskQuestion,
    EndCounterClaim,
    FlagRisk,
    JudgeFlag,
    MoveCounterClaim,
    OpenCounterClaim,
)
from domain.offers import OfferForm
from domain.people import Actor
from domain.refund_case.claim_steps import (
    AnswerCourierClaim,
    AnswerShare,
    DropCourierClaim,
    FileCourierClaim,
    GiveShare,
    JudgeDamage,
    LeaveLoss,
    LiftAbuse,
    RecordRecovery,
    ShareLoss,
)
from domain.refund_case.goods_steps import CheckParcels, FlagAbuse, Inspect, ReceiveParcel, SendGoods, SettleFreight
from domain.refund_case.special_steps import AnswerRefusal, AskPlatform, CloseAgain, RefundAtLoss, WriteToBuyer
from domain.refund_case.talks import Alternative
from domain.review_case.payout_steps import DecidePayout, MendPayout
from domain.review_case.steps import Approve, BeginContact, LogContact, Reject, SetPayee, StopContact
from domain.sealed import SealedRef
from domain.step import Step as Step


class RecordReason(Step):
    """Say why the buyer really wants the money back, as asked. Before that nothing is agreed to or refused."""

    step: Literal["record_reason"] = "record_reason"
    cause: str = Field(description="a code of the causes policy, like `quality.broken`")
    words: SealedRef | None = Field(default=None, description="the buyer's own words")


class Explain(Step):
    """Record what was explained to the buyer."""

    step: Literal["explain"] = "explain"
    about: list[Literal["usage", "matching", "surroundings", "care", "terms"]] = Field(min_length=1, max_length=5)
    words: SealedRef | None = None


class Propose(Step):
    """Propose something that the buyer may like better than sending everything back."""

    step: Literal["propose"] = "propose"
    alternative: Alternative
    amount_fen: int | None = Field(
        default=None, gt=0, le=100_000_000, description="of a partial refund, or what a coupon is worth"
    )
    form: OfferForm | None = Field(
        default=None,
        description="how the shop pays for it once the buyer has withdrawn: a direct transfer or a coupon. A partial "
        "refund without it goes through the order, when the buyer asks for less",
    )
    words: SealedRef | None = None


class AnswerProposal(Step):
    """Record what the buyer said to the proposal."""

    step: Literal["answer_proposal"] = "answer_proposal"
    accepted: bool


class TryFirst(Step):
    """The buyer tries the goods first; the marketplace's clock does not stop for it."""

    step: Literal["try_first"] = "try_first"
    until: AwareDatetime


class EndTrial(Step):
    """The trial is over; whoever talks to the buyer may say so."""

    step: Literal["end_trial"] = "end_trial"
    satisfied: bool = Field(description="the buyer keeps the goods and will withdraw")


class Agree(Step):
    """Agree to the application as it stands, or take goods as they are after an inspection that found fault."""

    step: Literal["agree"] = "agree"
    address: int | None = Field(default=None, description="the marketplace's number of the return address")
    why: SealedRef | None = None


class Refuse(Step):
    """Refuse the application, with the words that the buyer reads. Never done by a machine."""

    step: Literal["refuse"] = "refuse"
    message: SealedRef
    proof: str | None = Field(
        default=None,
        max_length=64,
        description="id of a photo in the case's vault; the buyer sees it",
    )
    reason: int | None = Field(
        default=None,
        gt=0,
        le=2**31,
        description="the marketplace's number of one of its own reasons; an exchange is not refused by machine without",
    )


class LetPass(Step):
    """Decide to let the marketplace's deadline pass, and with it what the marketplace then does by itself."""

    step: Literal["let_pass"] = "let_pass"
    why: SealedRef


class ReleaseRefund(Step):
    """Let the money go back to the buyer, exactly this much."""

    step: Literal["release_refund"] = "release_refund"
    amount_fen: int = Field(gt=0, le=100_000_000)


class EnterCode(Step):
    """Enter the code that the marketplace sent to the seller's phone for a large sum."""

    step: Literal["enter_code"] = "enter_code"
    code: SealedRef


class ConfirmDone(Step):
    """Say that what was ordered has been done by hand in the marketplace's workbench."""

    step: Literal["confirm_done"] = "confirm_done"
    proof: SealedRef = Field(description="what shows it, like the number or the words that the workbench gave")


class CheckRefund(Step):
    """Read the application on the marketplace now."""

    step: Literal["check_refund"] = "check_refund"


class EndRefund(Step):
    """End the case by a supervisor's decision, whatever the marketplace shows."""

    step: Literal["end_refund"] = "end_refund"
    why: SealedRef


AnyRefundStep = Annotated[
    Claim
    | HandOver
    | BeginContact
    | LogContact
    | StopContact
    | RecordReason
    | Explain
    | Propose
    | Approve
    | Reject
    | SetPayee
    | MendPayout
    | DecidePayout
    | AnswerProposal
    | TryFirst
    | EndTrial
    | Agree
    | Refuse
    | WriteToBuyer
    | LetPass
    | AnswerRefusal
    | AskPlatform
    | RefundAtLoss
    | CloseAgain
    | ReleaseRefund
    | EnterCode
    | ConfirmDone
    | CheckRefund
    | CheckParcels
    | ReceiveParcel
    | Inspect
    | SendGoods
    | SettleFreight
    | FlagAbuse
    | LiftAbuse
    | JudgeDamage
    | FileCourierClaim
    | AnswerCourierClaim
    | DropCourierClaim
    | ShareLoss
    | AnswerShare
    | GiveShare
    | LeaveLoss
    | RecordRecovery
    | FlagRisk
    | JudgeFlag
    | OpenCounterClaim
    | MoveCounterClaim
    | EndCounterClaim
    | AskQuestion
    | AnswerQuestion
    | Note
    | Hold
    | Resume
    | Escalate
    | EndRefund,
    Field(discriminator="step"),
]


class RefundCommand(BaseModel):
    """A step with its circumstances. `digest` is the hash of the body as the person sent it; a repeat under the same
    update id with another digest is refused. `if_version` is the last *person's* step that the sender had seen."""

    model_config = ConfigDict(frozen=True)

    actor: Actor
    step: AnyRefundStep
    digest: str
    sent_at: datetime
    if_version: int | None = None


__all__ = [
    "Agree",
    "AnswerCourierClaim",
    "AnswerProposal",
    "AnswerRefusal",
    "AnswerShare",
    "AnyRefundStep",
    "Approve",
    "AskPlatform",
    "BeginContact",
    "CheckParcels",
    "CheckRefund",
    "Claim",
    "CloseAgain",
    "ConfirmDone",
    "DecidePayout",
    "DropCourierClaim",
    "EndRefund",
    "EndTrial",
    "EnterCode",
    "Escalate",
    "Explain",
    "FileCourierClaim",
    "FlagAbuse",
    "GiveShare",
    "HandOver",
    "Hold",
    "Inspect",
    "JudgeDamage",
    "LeaveLoss",
    "LetPass",
    "LiftAbuse",
    "LogContact",
    "MendPayout",
    "Note",
    "Propose",
    "ReceiveParcel",
    "RecordReason",
    "RecordRecovery",
    "RefundAtLoss",
    "RefundCommand",
    "Refuse",
    "Reject",
    "ReleaseRefund",
    "Resume",
    "SendGoods",
    "SetPayee",
    "SettleFreight",
    "ShareLoss",
    "Step",
    "StopContact",
    "TryFirst",
    "WriteToBuyer",
]
