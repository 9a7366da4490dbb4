"""How a shop handles refunds: who does what, what happens at the last minute, what can't come back."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart
from domain.policies.refund_rules import Shipping
from domain.policies.tracking import TrackingPolicy

SafeAnswer = Literal["agree", "let_pass"]
SafeConfirmation = Literal["refund", "let_pass"]


class SafeActions(MarkedPart):
    """What is done before the marketplace acts, when nobody has decided: nothing but what the shop chose here, nothing
    above `up_to_fen`, and a refusal never."""

    asked: SafeAnswer
    returned: SafeConfirmation
    up_to_fen: int = Field(ge=0)


class ReturnAddress(PolicyPart):
    """Where goods go back to; `id` is the marketplace's number of the address."""

    id: int = Field(ge=1)
    name: str = Field(min_length=1, max_length=60)
    phone: str = Field(min_length=5, max_length=30)
    address: str = Field(min_length=5, max_length=200)


class CourierClaims(MarkedPart):
    """What a courier owes for damage and loss. Insured: the loss up to the declared value; else at most so many times
    the freight. `evidence` must be there for damage, `loss_evidence` for loss, and `more_evidence` helps. Of a buyer's
    loss that no courier makes good the shop bears at most `share_percent`, as a coupon."""

    within_days: int = Field(ge=1)
    answer_days: int = Field(ge=1)
    uninsured_times_freight: int = Field(ge=1)
    evidence: tuple[str, ...] = Field(min_length=1)
    loss_evidence: tuple[str, ...] = ()
    more_evidence: tuple[str, ...] = ("damage_photo", "courier_note_photo")
    most_photo_kb: int = Field(default=5000, ge=1)
    ask_every_hours: int = Field(default=24, ge=1)
    share_percent: int = Field(default=50, ge=0, le=100)


Topic = Literal["usage", "matching", "surroundings", "care", "terms"]


class RefundsPolicy(PolicyDocument):
    """The document `refunds`. `executed_by` releases refunds, `inspected_by` opens what comes back; `exempt_items` are
    the shop's items (by the marketplace's item id) of a kind that the seven days exempt; `tips` are what to tell about
    an item (`*`: any) before anybody sends it back; `channel` is the sales channel whose own rules count, like
    `taobao_special_value_selected`. `return_freight_fen` and `outbound_freight_fen` are what one way costs; the insurer
    pays a way back up to `insurance_cap_fen` (0: all of it)."""

    executed_by: Literal["finance", "service"]
    inspected_by: Literal["warehouse", "service"]
    safe: SafeActions
    return_addresses: tuple[ReturnAddress, ...] = ()
    alternatives: tuple[Literal["usage_help", "exchange", "keep_with_coupon", "partial_refund"], ...] = ()
    try_first_max_days: int = Field(ge=1)
    goods_wait_days: int = Field(ge=1)
    second_look_hours: int = Field(ge=1)
    shipping: Shipping
    free_from_fen: int = Field(default=0, ge=0)
    gift_insurance: bool
    return_freight_fen: int = Field(ge=0)
    outbound_freight_fen: int = Field(default=0, ge=0)
    insurance_cap_fen: int = Field(default=0, ge=0)
    exempt_items: Mapping[str, str] = Field(default_factory=dict)
    tips: Mapping[str, Mapping[Topic, str]] = Field(default_factory=dict)
    channel: str = ""
    claims: CourierClaims
    tracking: TrackingPolicy = TrackingPolicy()

    def tips_for(self, item: str | None) -> dict[str, str]:
        """The item's own, beside those that fit any."""
        both = (self.tips.get("*", {}), self.tips.get(item or "", {}))
        return {str(topic): words for tips in both for topic, words in tips.items()}
