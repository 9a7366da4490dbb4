"""Steps around goods: what comes back, what was found in it, what goes out, who pays for the way."""

from typing import Literal, Self

from pydantic import Field, model_validator

from domain.freight import Payer
from domain.sealed import ParcelRef, SealedRef, ShipmentRef
from domain.step import Step

MOST_PIECES = 10_000
MOST_PHOTOS = 20


class ReceiveParcel(Step):
    """The parcel with the goods has arrived: one that was entered before, or one that is entered with this."""

    step: Literal["receive_parcel"] = "receive_parcel"
    parcel: ParcelRef


class Inspect(Step):
    """Say what was found in the parcel, and with it whether it can be sold again. Done once; what the first inspector
    could not tell, a second one says."""

    step: Literal["inspect"] = "inspect"
    result: str = Field(max_length=60, description="a result of the causes policy, like `opened_intact`")
    good: int = Field(default=0, ge=0, le=MOST_PIECES)
    damaged: int = Field(default=0, ge=0, le=MOST_PIECES)
    missing: int = Field(default=0, ge=0, le=MOST_PIECES)
    wrong: int = Field(default=0, ge=0, le=MOST_PIECES)
    resellable: bool | None = Field(
        default=None, description="whether it can be sold again, where the result leaves that open"
    )
    photos: list[str] = Field(default=[], max_length=MOST_PHOTOS, description="ids of photos in the case's vault")
    note: SealedRef | None = None

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.good + self.damaged + self.missing + self.wrong == 0:
            raise ValueError("say how many pieces are good, damaged, missing or wrong; none at all can't be")
        return self


class SendGoods(Step):
    """Goods go out to the buyer: an exchange, a repaired piece, what was missing."""

    step: Literal["send_goods"] = "send_goods"
    shipment: ShipmentRef


class CheckParcels(Step):
    """Ask the couriers now where the case's parcels are."""

    step: Literal["check_parcels"] = "check_parcels"


class SettleFreight(Step):
    """Who pays each way, as it was agreed with the buyer; without this the shop's table decides."""

    step: Literal["settle_freight"] = "settle_freight"
    outbound: Payer
    back: Payer
    why: SealedRef


class FlagAbuse(Step):
    """Say that the buyer abuses member rights; it decides who pays the freight."""

    step: Literal["flag_abuse"] = "flag_abuse"
    why: SealedRef
