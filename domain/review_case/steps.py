"""The steps that advance a review case, one model each; the union is what `POST /cases/{case}/steps` accepts.

Texts, accounts and phones are references here: the api seals what a person typed before the step is sent.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.contact_terms import CallResult, Channel, StopSignal, TalkOutcome
from domain.desk_steps import Claim as Claim
from domain.desk_steps import Escalate as Escalate
from domain.desk_steps import HandOver as HandOver
from domain.desk_steps import Hold as Hold
from domain.desk_steps import Note as Note
from domain.desk_steps import Resume as Resume
from domain.disputes.steps import (
    AnswerQuestion,
    AskQuestion,
    EndCounterClaim,
    FlagRisk,
    JudgeFlag,
    MoveCounterClaim,
    OpenCounterClaim,
)
from domain.money import CNY, LARGEST_OFFER_FEN
from domain.offers import OfferForm
from domain.people import Actor
from domain.platforms import AmendMode
from domain.review_case.agreement_steps import (
    AnswerInvestigation,
    AskDecision,
    AttachChat,
    Decide,
    DescribeBuyer,
    KeepPromise,
    MakePromise,
    OpenInvestigation,
    RecordDetails,
    RecordFix,
)
from domain.review_case.ending_steps import BeginFollowUp as BeginFollowUp
from domain.review_case.ending_steps import LogFollowUp as LogFollowUp
from domain.review_case.ending_steps import Merge as Merge
from domain.review_case.ending_steps import SkipFollowUp as SkipFollowUp
from domain.review_case.evidence_steps import AttachEvidence as AttachEvidence
from domain.review_case.evidence_steps import AttachFiles as AttachFiles
from domain.review_case.evidence_steps import ReportToPlatform as ReportToPlatform
from domain.review_case.evidence_steps import SkipReport as SkipReport
from domain.review_case.fulfilment_steps import CheckFulfilment as CheckFulfilment
from domain.review_case.fulfilment_steps import FulfilOffer as FulfilOffer
from domain.review_case.fulfilment_steps import GiveThanks as GiveThanks
from domain.review_case.fulfilment_steps import SetDelivery as SetDelivery
from domain.review_case.outcomes import Outcome
from domain.review_case.payout_steps import DecidePayout as DecidePayout
from domain.review_case.payout_steps import MendAction as MendAction
from domain.review_case.payout_steps import MendPayout as MendPayout
from domain.review_case.step import Step as Step
from domain.sealed import PayeeRef, PhoneRef, SealedRef


class ConfirmCause(Step):
    """Say what the buyer's complaint really is; statistics and money use only confirmed causes."""

    step: Literal["confirm_cause"] = "confirm_cause"
    cause: str = Field(description="a code of the causes policy, like `quality.broken`")


class BeginContact(Step):
    """Take the contact that is due: caps and hours are checked once more, under a lock, before anyone dials."""

    step: Literal["begin_contact"] = "begin_contact"


class LogContact(Step):
    """Say how a contact went. `talk` is required when the buyer was reached."""

    step: Literal["log_contact"] = "log_contact"
    result: CallResult
    talk: TalkOutcome | None = None
    seconds: int | None = Field(default=None, ge=0, le=24 * 3600, description="length of the talk")
    explained: bool = Field(default=False, description="the cause was explained to the buyer")
    convinced: bool | None = Field(default=None, description="whether the explanation was enough, without any amends")
    asked_to_amend: bool = Field(default=False, description="the review was mentioned")
    inbound: bool = Field(default=False, description="the buyer came on their own; counts against no cap")
    channel: Channel | None = Field(default=None, description="only for inbound contacts; else the planned one")
    result_accepted: bool = Field(default=False, description="the buyer said yes to how the matter was settled")
    temper: list[str] = Field(default=[], max_length=12, description="how the buyer was: tags of the causes policy")
    cautions: SealedRef | None = Field(default=None, description="what the next one to talk to the buyer should mind")
    next_at: AwareDatetime | None = Field(default=None, description="the time that was agreed for the next talk")
    note: SealedRef | None = None
    at: AwareDatetime | None = Field(default=None, description="when it was over; empty: now")

    def over_at(self, now: datetime) -> datetime:
        """When the contact was over; two clocks may differ by a little, and nothing is over before now."""
        return min(self.at or now, now)


class ScheduleCallback(Step):
    """The buyer named a time: the next contact is planned no earlier, still inside the hard limits."""

    step: Literal["schedule_callback"] = "schedule_callback"
    at: AwareDatetime


class BuyerOnline(Step):
    """The buyer was seen online now; a planned contact inside the limits becomes due."""

    step: Literal["buyer_online"] = "buyer_online"


class MakeOffer(Step):
    """Offer amends. Reserves the budget; waits for approval where the amount is above the maker's right."""

    step: Literal["make_offer"] = "make_offer"
    form: OfferForm = OfferForm.CASH_ALIPAY
    amount_fen: int = Field(gt=0, le=LARGEST_OFFER_FEN, description="what it is worth, in whole fen")
    currency: Literal["CNY"] = CNY
    reason: SealedRef | None = Field(default=None, description="required for a second offer")


class Approve(Step):
    """Approve an offer of somebody else, for exactly this amount."""

    step: Literal["approve"] = "approve"
    offer: int
    amount_fen: int = Field(gt=0)


class Reject(Step):
    """Refuse to approve an offer."""

    step: Literal["reject"] = "reject"
    offer: int
    why: SealedRef


class AnswerOffer(Step):
    """Record what the buyer said to an offer; it is answered once."""

    step: Literal["answer_offer"] = "answer_offer"
    offer: int
    accepted: bool


class SetPayee(Step):
    """Enter the buyer's own wallet account, where the marketplace masks it or the wallet refused the last one."""

    step: Literal["set_payee"] = "set_payee"
    payee: PayeeRef


class SetPhone(Step):
    """Enter the buyer's phone number, where the marketplace masks it."""

    step: Literal["set_phone"] = "set_phone"
    phone: PhoneRef


class CheckReview(Step):
    """Read the review on the marketplace now."""

    step: Literal["check_review"] = "check_review"


class ConfirmAmended(Step):
    """Confirm with proof that the review was amended, where no api can read it. Never the case's agent nor the maker
    of its offer."""

    step: Literal["confirm_amended"] = "confirm_amended"
    mode: AmendMode
    evidence: SealedRef


class PostReply(Step):
    """Confirm the prepared public reply, or replace its words; it is posted once.

    `by_hand` says that a person posted it where the marketplace has no api for it.
    """

    step: Literal["post_reply"] = "post_reply"
    text: SealedRef | None = None
    by_hand: bool = False


class SkipReply(Step):
    """Decide that no public reply is given."""

    step: Literal["skip_reply"] = "skip_reply"
    why: SealedRef


class MarkMalicious(Step):
    """Report signals of a malicious review: contact and money stop until a supervisor decides."""

    step: Literal["mark_malicious"] = "mark_malicious"
    signals: list[str] = Field(min_length=1, max_length=20)
    why: SealedRef


class DecideMalicious(Step):
    """A supervisor's verdict on a suspected review. A malicious one is reported to the platform and then ends; else
    the case goes on."""

    step: Literal["decide_malicious"] = "decide_malicious"
    malicious: bool
    why: SealedRef


class StopContact(Step):
    """The buyer wants no more contact: outbound contact ends at once, on every channel."""

    step: Literal["stop_contact"] = "stop_contact"
    signal: StopSignal


class Close(Step):
    """End the case by a person's decision."""

    step: Literal["close"] = "close"
    outcome: Outcome
    why: SealedRef


AnyStep = Annotated[
    Claim
    | HandOver
    | ConfirmCause
    | BeginContact
    | LogContact
    | ScheduleCallback
    | BuyerOnline
    | MakeOffer
    | Approve
    | Reject
    | AnswerOffer
    | SetPayee
    | SetPhone
    | CheckReview
    | ConfirmAmended
    | PostReply
    | SkipReply
    | MarkMalicious
    | DecideMalicious
    | AttachEvidence
    | AttachFiles
    | ReportToPlatform
    | SkipReport
    | StopContact
    | MakePromise
    | KeepPromise
    | RecordDetails
    | OpenInvestigation
    | AnswerInvestigation
    | AskDecision
    | Decide
    | AttachChat
    | RecordFix
    | DescribeBuyer
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
    | MendPayout
    | DecidePayout
    | GiveThanks
    | SetDelivery
    | FulfilOffer
    | CheckFulfilment
    | Merge
    | BeginFollowUp
    | LogFollowUp
    | SkipFollowUp
    | Close,
    Field(discriminator="step"),
]


class Command(BaseModel):
    """A step with its circumstances. `digest` is the hash of the body as the person sent it; a repeat under the same
    update id with another digest is refused. `if_version` is the last *person's* step that the sender had seen."""

    model_config = ConfigDict(frozen=True)

    actor: Actor
    step: AnyStep
    digest: str
    sent_at: datetime
    if_version: int | None = None
