"""Why a step of a refund case is refused. Each message says what to do next."""

from domain.step_refusals import BadOutcome as BadOutcome
from domain.step_refusals import BadTime as BadTime
from domain.step_refusals import CaseClosed as CaseClosed
from domain.step_refusals import CaseEnding as CaseEnding
from domain.step_refusals import CaseHeld as CaseHeld
from domain.step_refusals import CaseOpening as CaseOpening
from domain.step_refusals import NotYours as NotYours
from domain.step_refusals import StaleVersion as StaleVersion
from domain.step_refusals import StepRefused as StepRefused
from domain.step_refusals import WrongStage as WrongStage


class AskFirst(StepRefused):
    """Nothing is processed before the buyer's reason was asked for (R104, R105)."""

    code = "AskFirst"


class CannotRefuse(StepRefused):
    """The marketplace takes no refusal of this application."""

    code = "CannotRefuse"


class OrderUnderWay(StepRefused):
    """The marketplace was told to do something already, and has not answered yet."""

    code = "OrderUnderWay"


class MessageUnderWay(StepRefused):
    """The last message has not been seen on the marketplace yet."""

    code = "MessageUnderWay"


class CallNotBegun(StepRefused):
    """Nobody has begun the call that is logged."""

    code = "ContactNotBegun"


class CallTaken(StepRefused):
    """Another person has begun this call."""

    code = "ContactTaken"


class CallLogged(StepRefused):
    """How this call went is in the record already."""

    code = "ContactLogged"


class ContactStopped(StepRefused):
    """The buyer wants no contact."""

    code = "ContactStopped"


class TalkMissing(StepRefused):
    """How a talk ended is missing, or there was none."""

    code = "TalkMissing"


class NothingOwed(StepRefused):
    """Nothing is offered in this case that goes to an account."""

    code = "NothingOwed"


class PayoutPending(StepRefused):
    """Money is on its way to the buyer."""

    code = "PayoutPending"


class NoLoss(StepRefused):
    """No money can go back here at a loss now."""

    code = "NoLoss"


class NotReopened(StepRefused):
    """The case was not opened again."""

    code = "NotReopened"


class PlatformRules(StepRefused):
    """The marketplace's own service decides this one now."""

    code = "PlatformRules"


class AmountNotAsked(StepRefused):
    """The amount differs from what the buyer asks for now."""

    code = "AmountNotAsked"


class AmountAbovePaid(StepRefused):
    """More than the buyer paid."""

    code = "AmountAbovePaid"


class AlternativeNotOffered(StepRefused):
    """The shop's policy has no such alternative, or the marketplace or channel takes none."""

    code = "AlternativeNotOffered"


class ProposalPending(StepRefused):
    """The buyer has not answered the last proposal."""

    code = "ProposalPending"


class InspectedAlready(StepRefused):
    """The parcel was inspected; what was found stands."""

    code = "InspectedAlready"


class TooManyPieces(StepRefused):
    """More pieces than the application is about."""

    code = "TooManyPieces"


class ParcelTaken(StepRefused):
    """Another parcel was received in this case."""

    code = "ParcelTaken"


class NoDeadline(StepRefused):
    """Nothing of the marketplace's runs now that could be let pass."""

    code = "NoDeadline"


class NothingOnItsWay(StepRefused):
    """No parcel of the case is on its way."""

    code = "NothingOnItsWay"


class NothingClaimed(StepRefused):
    """No parcel is known that could be claimed for."""

    code = "NothingClaimed"


class NoSuchClaim(StepRefused):
    """The case has no claim of this number."""

    code = "NoSuchClaim"


class ClaimMadeAlready(StepRefused):
    """The parcel was claimed for."""

    code = "ClaimMadeAlready"


class ClaimUnfounded(StepRefused):
    """The courier's own trace speaks against the claim."""

    code = "ClaimUnfounded"


class NoLossToShare(StepRefused):
    """No claim leaves the buyer with a loss."""

    code = "NoLossToShare"


class AboveShare(StepRefused):
    """More than the shop's policy bears of a loss."""

    code = "AboveShare"


class RecoveredTooMuch(StepRefused):
    """More would have come back than was lost."""

    code = "RecoveredTooMuch"
