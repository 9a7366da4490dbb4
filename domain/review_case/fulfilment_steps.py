"""The steps of amends that a person gives by hand: where to, given with proof, and the second look at the proof."""

from typing import Literal

from pydantic import Field

from domain.offers import OfferForm
from domain.sealed import SealedRef
from domain.step import Step


class SetDelivery(Step):
    """Enter where a gift or an exchanged item goes: name, phone and address as the buyer gave them."""

    step: Literal["set_delivery"] = "set_delivery"
    to: SealedRef


class GiveThanks(Step):
    """After a solved case without amends: give what the shop's policy gives as thanks. Its worth is the policy's."""

    step: Literal["give_thanks"] = "give_thanks"
    form: OfferForm


class FulfilOffer(Step):
    """Say that the accepted amends were given by hand, with proof: words, or a file by its name and SHA-256."""

    step: Literal["fulfil_offer"] = "fulfil_offer"
    offer: int = Field(ge=1, description="the offer's number in the case")
    text: SealedRef | None = Field(default=None, description="what shows it, where it is words")
    file: SealedRef | None = Field(default=None, description="name of the file that shows it; give its sha256 too")
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$", description="of the file, lower-case hex")
    reference: str | None = Field(
        default=None, pattern="^[0-9A-Za-z-]{4,40}$", description="the waybill, or the marketplace's own number"
    )


class CheckFulfilment(Step):
    """Look at the proof of what another person gave: does it show it? Never who gave it, nor the offer's maker."""

    step: Literal["check_fulfilment"] = "check_fulfilment"
    offer: int = Field(ge=1, description="the offer's number in the case")
    shown: bool
    why: SealedRef | None = Field(default=None, description="required where the proof does not show it")
