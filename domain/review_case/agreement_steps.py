"""Steps about what was said and agreed: promises, what a vague review was about, investigations, the original chat."""

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.contact_terms import AddressType, Occupation
from domain.money import LARGEST_OFFER_FEN
from domain.review_case.agreements import FixKind, Speaker
from domain.review_case.step import Step
from domain.sealed import SealedRef


class MakePromise(Step):
    """Write down what was promised to the buyer and until when; it comes back as a reminder at that time."""

    step: Literal["promise"] = "promise"
    what: SealedRef
    due: AwareDatetime


class KeepPromise(Step):
    """A promise was kept, or the buyer released us from it: the note says which. Late is better than never."""

    step: Literal["keep_promise"] = "keep_promise"
    promise: int = Field(ge=1, description="the promise's number in the case")
    note: SealedRef | None = None


class RecordDetails(Step):
    """What a vague review was about, as the buyer told it when asked."""

    step: Literal["record_details"] = "record_details"
    description: SealedRef
    order: SealedRef | None = Field(default=None, description="which order and item, as the buyer names them")


class OpenInvestigation(Step):
    """Ask a person of the shop to find out what happened, until a time."""

    step: Literal["open_investigation"] = "open_investigation"
    to: str = Field(description="id of the person who is to answer")
    question: SealedRef
    due: AwareDatetime


class AnswerInvestigation(Step):
    """Say what was found out."""

    step: Literal["answer_investigation"] = "answer_investigation"
    investigation: int = Field(ge=1, description="the investigation's number in the case")
    answer: SealedRef


class AskDecision(Step):
    """Put to a leader what you may not grant yourself: more than your right, another remedy, an exception. Without a
    time it is due a day from now."""

    step: Literal["ask_decision"] = "ask_decision"
    what: SealedRef
    due: AwareDatetime | None = None


class Decide(Step):
    """Grant or refuse what was asked for. Never whoever asked."""

    step: Literal["decide"] = "decide"
    decision: int = Field(ge=1, description="the decision's number in the case")
    granted: bool
    answer: SealedRef


class RecordFix(Step):
    """Say how the problem itself was repaired. Amends that are offered then are on top of it: together with what was
    paid back they stay within what the buyer paid, or within the policy's extra."""

    step: Literal["record_fix"] = "record_fix"
    kind: FixKind
    paid_back_fen: int = Field(default=0, ge=0, le=LARGEST_OFFER_FEN, description="of a refund, in whole fen")
    what: SealedRef


class AttachChat(Step):
    """Keep a piece of the original chat with the case."""

    step: Literal["attach_chat"] = "attach_chat"
    text: SealedRef
    speaker: Speaker | None = Field(default=None, description="whose words these are")
    said_at: AwareDatetime | None = Field(default=None, description="when they were said; a replay shows them there")


class DescribeBuyer(Step):
    """What was learned about the buyer's days; the next contact's hour is chosen by it. What is left out stays."""

    step: Literal["describe_buyer"] = "describe_buyer"
    occupation: Occupation | None = None
    address_type: AddressType | None = Field(
        default=None, description="where the parcel went, if its address is masked"
    )
    hours: list[str] | None = Field(
        default=None,
        max_length=6,
        description="when the buyer wants to be reached, in their own life time: `19:00-21:00`; empty: at any hour",
    )
    written: bool = Field(
        default=False, description="the buyer wrote these hours; only then they reach beyond the hard limits"
    )
