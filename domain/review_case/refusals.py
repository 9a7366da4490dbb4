"""Why a step of a review case is refused. Each message says what to do next."""

from domain.step_refusals import BadOutcome as BadOutcome
from domain.step_refusals import BadTime as BadTime
from domain.step_refusals import CaseClosed as CaseClosed
from domain.step_refusals import CaseEnding as CaseEnding
from domain.step_refusals import CaseHeld as CaseHeld
from domain.step_refusals import CaseOpening as CaseOpening
from domain.step_refusals import NobodyReached as NobodyReached
from domain.step_refusals import NotYours as NotYours
from domain.step_refusals import ReasonMissing as ReasonMissing
from domain.step_refusals import SecondPersonNeeded as SecondPersonNeeded
from domain.step_refusals import StaleVersion as StaleVersion
from domain.step_refusals import StepRefused as StepRefused
from domain.step_refusals import WrongStage as WrongStage


class ContactStopped(StepRefused):
    """The buyer asked not to be contacted."""

    code = "ContactStopped"


class ContactTaken(StepRefused):
    """Another person has taken this contact."""

    code = "ContactTaken"


class ContactNotBegun(StepRefused):
    """Nobody has begun the contact that is to be logged."""

    code = "ContactNotBegun"


class ContactLogged(StepRefused):
    """How this contact went is in the record already."""

    code = "ContactLogged"


class NotAPhone(StepRefused):
    """What was entered can't be dialled by anybody."""

    code = "NotAPhone"


class TalkMissing(StepRefused):
    """The buyer was reached, so the outcome of the talk is part of the record."""

    code = "TalkMissing"


class ExplainFirst(StepRefused):
    """Money is only for whom an explanation did not convince (R69)."""

    code = "ExplainFirst"


class BuyerConvinced(StepRefused):
    """The explanation was enough; amends are for whom it was not (R69)."""

    code = "BuyerConvinced"


class OrderUnknown(StepRefused):
    """What the buyer paid is not known, so no offer can be kept below it."""

    code = "OrderUnknown"


class OfferLapsed(StepRefused):
    """The time for which the offer was valid is over."""

    code = "OfferLapsed"


class FixUnfit(StepRefused):
    """A repair that can't have been so."""

    code = "FixUnfit"


class OfferPending(StepRefused):
    """There is an offer that is not settled yet."""

    code = "OfferPending"


class OfferUnknown(StepRefused):
    """There is no such offer, or it was answered already."""

    code = "OfferUnknown"


class OfferDecided(StepRefused):
    """Somebody else has decided about the offer already."""

    code = "OfferDecided"


class AmountChanged(StepRefused):
    """The amount differs from the offer's; a changed amount needs a new approval."""

    code = "AmountChanged"


class PayoutUnsettled(StepRefused):
    """A payout of the case is not settled."""

    code = "PayoutUnsettled"


class FulfilmentUnknown(StepRefused):
    """Nothing waits to be given by hand, or its proof waits for nobody."""

    code = "FulfilmentUnknown"


class ProofMissing(StepRefused):
    """What was given by hand counts only with its proof."""

    code = "ProofMissing"


class PayoutUnknown(StepRefused):
    """There is no such payout in this case, or it is in no state for this."""

    code = "PayoutUnknown"


class PayoutMoveWrong(StepRefused):
    """The payout is not in a state for this; the message says what it takes instead."""

    code = "PayoutMoveWrong"


class ReferenceMissing(StepRefused):
    """What was paid carries the wallet's own number."""

    code = "ReferenceMissing"


class MoneyFrozen(StepRefused):
    """Money waits for a supervisor's decision about this review."""

    code = "MoneyFrozen"


class AcceptanceMissing(StepRefused):
    """The review is mentioned only to a buyer who has said yes to the result (R55)."""

    code = "AcceptanceMissing"


class AskingBanned(StepRefused):
    """The marketplace lets no seller ask for an amendment."""

    code = "AskingBanned"


class AsksUsedUp(StepRefused):
    """The review was mentioned as often as the shop's policy allows."""

    code = "AsksUsedUp"


class UnknownTemper(StepRefused):
    """A tag that the shop's policy does not have."""

    code = "UnknownTemper"


class NothingDescribed(StepRefused):
    """A description of the buyer that says nothing."""

    code = "NothingDescribed"


class NextStepMissing(StepRefused):
    """After such a talk the time of the next one is part of the record."""

    code = "NextStepMissing"


class PromiseUnknown(StepRefused):
    """There is no such promise, or it was kept already."""

    code = "PromiseUnknown"


class PromiseOpen(StepRefused):
    """Something that was promised to the buyer is not kept yet."""

    code = "PromiseOpen"


class InvestigationUnknown(StepRefused):
    """There is no such investigation, or it was answered already."""

    code = "InvestigationUnknown"


class DecisionUnknown(StepRefused):
    """Nothing of this number waits for a decision, or it was decided already."""

    code = "DecisionUnknown"


class ChatFull(StepRefused):
    """The case keeps no more pieces of the chat."""

    code = "ChatFull"


class AnswerUnknown(StepRefused):
    """An answer that the questionnaire does not have."""

    code = "AnswerUnknown"


class MergeRefused(StepRefused):
    """Two cases that can't become one; `facts["why"]` says it in a word."""

    code = "MergeRefused"


class EvidenceUnfit(StepRefused):
    """A piece of evidence that is none, that is kept already, or of a kind that the policy does not know."""

    code = "EvidenceUnfit"


class EvidenceMissing(StepRefused):
    """A report without what the platform must be shown; `facts["missing"]` lists the kinds."""

    code = "EvidenceMissing"


class GroundUnknown(StepRefused):
    """The platform takes no report on this ground, or none at all."""

    code = "GroundUnknown"
