"""Steps for applications that stand still, in special periods, and after a case came back; and writing to the buyer."""

from typing import Literal

from pydantic import Field

from domain.sealed import SealedRef
from domain.step import Step


class AnswerRefusal(Step):
    """Record what the buyer says to a refusal that the marketplace shows no answer to: they accept it and will
    withdraw, or they insist."""

    step: Literal["answer_refusal"] = "answer_refusal"
    accepted: bool
    words: SealedRef | None = None


class AskPlatform(Step):
    """The marketplace's staff were asked to change the application's state, or its time. For leaders."""

    step: Literal["ask_platform"] = "ask_platform"
    what: SealedRef


class RefundAtLoss(Step):
    """Pay back whatever the goods are like, or before they came: on purpose, by a supervisor, with the reason. The
    money is released as always, by somebody else."""

    step: Literal["refund_at_loss"] = "refund_at_loss"
    amount_fen: int = Field(gt=0, le=100_000_000, description="what the buyer asks for now, so that no other is meant")
    why: SealedRef


class CloseAgain(Step):
    """Nothing more is to be done in a case that was opened again; it ends as it had ended before."""

    step: Literal["close_again"] = "close_again"
    why: SealedRef


class WriteToBuyer(Step):
    """Write to the buyer where they applied, with a photo: the marketplace takes no words without one."""

    step: Literal["write_to_buyer"] = "write_to_buyer"
    words: SealedRef
    photo: str = Field(max_length=64, description="id of a photo in the case's vault")
