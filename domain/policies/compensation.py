"""What a shop gives to make amends: amounts, forms, budgets, who approves, and when money may move."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import Field, field_validator, model_validator

from domain import labels
from domain.people import Role
from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart
from domain.policies.gate import Gate as Gate
from domain.policies.gate import GateMode as GateMode
from domain.policies.gate import GateRow as GateRow
from domain.policies.gate import Permission as Permission
from domain.policies.platforms import Grade


class OfferForm(StrEnum):
    """How amends are made."""

    CASH_ALIPAY = "cash_alipay"
    CASH_WECHAT = "cash_wechat"
    PLATFORM_SMALL_PAYMENT = "platform_small_payment"
    COUPON_THRESHOLD = "coupon_threshold"
    COUPON_DIRECT = "coupon_direct"
    RED_PACKET = "red_packet"
    FREE_NEXT_POSTAGE = "free_next_postage"
    MEMBER_LEVEL_UP = "member_level_up"
    GIFT_PARCEL = "gift_parcel"
    EXCHANGE_FREE = "exchange_free"
    PARTIAL_REFUND = "partial_refund"


class FormKind(StrEnum):
    """Which budget a form draws on and which ladder approves it."""

    CASH = "cash"
    COUPON = "coupon"
    GOODS = "goods"
    REFUND = "refund"


class Standard(MarkedPart):
    base_fen: int = Field(ge=1)
    max_fen: int = Field(ge=1)

    @model_validator(mode="after")
    def _base_within(self) -> Self:
        if self.base_fen > self.max_fen:
            raise ValueError("base_fen is above max_fen; lower the base or raise the maximum")
        return self


class OrderBand(PolicyPart):
    """Orders paid with less than `below_fen`; the last band leaves it out and takes the rest."""

    below_fen: int | None = Field(default=None, ge=1)
    factor_percent: int = Field(ge=1, le=1000)
    request_up_to_percent: int | None = Field(default=None, ge=1, le=100)


class Scaling(MarkedPart):
    order: tuple[OrderBand, ...] = Field(min_length=1)
    severity_percent: Mapping[int, int]
    frozen_from_severity: int = Field(ge=2, le=5)
    cause_percent: Mapping[str, int] = Field(default_factory=dict)
    frozen_causes: tuple[str, ...] = ()
    cash_step_fen: int = Field(ge=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        limits = [band.below_fen for band in self.order]
        if None in limits[:-1] or limits[-1] is not None:
            raise ValueError(
                "order: only the last band may leave out below_fen, and it must, or some orders have no band"
            )
        ascending = [limit for limit in limits if limit is not None]
        if ascending != sorted(set(ascending)):
            raise ValueError("order: bands must rise by below_fen; put the smallest orders first")
        if set(self.severity_percent) != {1, 2, 3, 4}:
            raise ValueError("severity_percent: give a percentage for each of 1, 2, 3 and 4")
        if any(not 1 <= percent <= 1000 for percent in (*self.severity_percent.values(), *self.cause_percent.values())):
            raise ValueError("severity_percent and cause_percent: percentages lie between 1 and 1000")
        return self


class Coupons(MarkedPart):
    """A coupon counts for `valid_days` and until that month is over; one with a threshold, for orders of at least
    `threshold_times` its value."""

    faces_fen: tuple[int, ...] = Field(min_length=1)
    minor_flaw: Standard
    minor_flaw_causes: tuple[str, ...] = ("quality.minor_flaw",)
    month_count: int = Field(ge=0)
    month_fen: int = Field(ge=0)
    month_permille_of_sales: int | None = Field(default=None, ge=1, le=100)
    valid_days: int = Field(default=30, ge=1, le=180)
    threshold_times: int = Field(default=10, ge=1, le=1000)

    @model_validator(mode="after")
    def _faces_rise(self) -> Self:
        if list(self.faces_fen) != sorted(set(self.faces_fen)) or self.faces_fen[0] < 1:
            raise ValueError("faces_fen: list each face value once, the smallest first")
        return self


class Budget(MarkedPart):
    """Ceilings that no offer passes; a supervisor may raise one for its period, on the record. 90 days roll; a month is
    the shop's calendar month."""

    cash_month_fen: int = Field(ge=0)
    cash_agent_day_fen: int = Field(ge=0)
    cash_buyer_90_days_fen: int = Field(ge=0)


class Rung(PolicyPart):
    """Offers up to `up_to_fen` (the last rung leaves it out). A maker who holds a role in `alone` needs nobody; else
    one other person with a role in `by` approves, or with `both` one person for each of them."""

    up_to_fen: int | None = Field(default=None, ge=0)
    alone: tuple[Role, ...] = ()
    by: tuple[Role, ...] = Field(min_length=1)
    both: bool = False

    @model_validator(mode="after")
    def _both_names_two(self) -> Self:
        if self.both and len(set(self.by)) < 2:
            raise ValueError("by: with `both` name two different roles")
        return self


class Approvals(MarkedPart):
    ladders: Mapping[FormKind, tuple[Rung, ...]]
    approval_hours: int = Field(ge=1)
    offer_hours: int = Field(ge=1)

    @model_validator(mode="after")
    def _no_holes(self) -> Self:
        for kind in FormKind:
            limits = [rung.up_to_fen for rung in self.ladders.get(kind, ())]
            if not limits or limits[-1] is not None:
                raise ValueError(f"ladders.{kind}: end with a rung without up_to_fen, or large offers have no approver")
            rising = [limit for limit in limits[:-1] if limit is not None]
            if len(rising) != len(limits) - 1 or rising != sorted(set(rising)):
                raise ValueError(f"ladders.{kind}: rungs must rise by up_to_fen, each higher than the one before")
        return self


class WeChatLabel(MarkedPart):
    """Under which of its scenes WeChat Pay sends it: `scene` is the number that the merchant was granted, `perception`
    what the buyer is told it is, `info_type` what is reported about it."""

    scene: str = "1011"
    perception: str = "商家赔付"
    info_type: str = "赔付原因"

    @model_validator(mode="after")
    def _honest(self) -> Self:
        if self.scene not in labels.WECHAT_SCENES:
            raise ValueError(f"scene {self.scene!r} is not what amends are; use {', '.join(labels.WECHAT_SCENES)}")
        for name, said, allowed in zip(
            ("perception", "info_type"),
            (self.perception, self.info_type),
            labels.WECHAT_SCENES[self.scene],
            strict=True,
        ):
            if said not in allowed:
                raise ValueError(f"{name} {said!r} does not belong to scene {self.scene}; use {' or '.join(allowed)}")
        return self


class PayoutPolicy(MarkedPart):
    min_fen: int = Field(ge=1)
    query_after_seconds: tuple[int, ...] = Field(min_length=1)
    human_after_hours: float = Field(gt=0)
    order_title: str = Field(min_length=1)
    transfer_scene: str = Field(min_length=1)
    wechat: WeChatLabel = WeChatLabel()

    @field_validator("order_title")
    @classmethod
    def _true_purpose(cls, label: str) -> str:
        if why := labels.untrue_in(label):
            raise ValueError(why)
        return label

    @field_validator("transfer_scene")
    @classmethod
    def _honest_scene(cls, scene: str) -> str:
        if scene not in labels.SCENES:
            raise ValueError(f"{scene!r} is not what amends are; use {', '.join(labels.SCENES)}")
        return scene

    @model_validator(mode="after")
    def _later_and_later(self) -> Self:
        if list(self.query_after_seconds) != sorted(set(self.query_after_seconds)) or self.query_after_seconds[0] < 1:
            raise ValueError("query_after_seconds: seconds since the first unknown answer, each later than the last")
        return self


class ByHand(MarkedPart):
    """Who may give a form by hand, and whether another person has to look at the proof before it counts."""

    roles: tuple[Role, ...] = Field(default=(Role.LEAD, Role.SUPERVISOR), min_length=1)
    second_person: bool = True


class Thanks(MarkedPart):
    """What a solved case's thanks may carry where no amends were made, each form with what it is worth; none: words."""

    worth_fen: Mapping[OfferForm, int] = Field(default_factory=dict)


class Extra(MarkedPart):
    """What may be given on top of a repair that has left the buyer little or nothing to be paid back of."""

    max_fen: int = Field(default=500, ge=0)


class Rewards(MarkedPart):
    """What an agent earns for a solved review; paid once the solution has held for `held_days`."""

    neutral_fen: int = Field(ge=0)
    bad_fen: int = Field(ge=0)
    held_days: int = Field(ge=0)
    review_cycle_days: int = Field(ge=1)


class CompensationPolicy(PolicyDocument):
    """The document `compensation`."""

    standards: Mapping[Grade, Standard]
    scaling: Scaling
    forms: Mapping[OfferForm, FormKind] = Field(min_length=1)
    coupons: Coupons
    budget: Budget
    approvals: Approvals
    gate: Gate
    payout: PayoutPolicy
    rewards: Rewards
    by_hand: Mapping[OfferForm, ByHand] = Field(default_factory=dict)
    thanks: Thanks = Field(default_factory=Thanks)
    extra: Extra = Field(default_factory=Extra)
    courier_loss_share_percent: int = Field(ge=0, le=100)
    freight_max_fen: int = Field(ge=0)

    @model_validator(mode="after")
    def _both_grades(self) -> Self:
        if set(self.standards) != {Grade.NEUTRAL, Grade.BAD}:
            raise ValueError("standards: give one for neutral and one for bad; a good review has no case")
        return self

    @model_validator(mode="after")
    def _money_is_looked_at_twice(self) -> Self:
        for form, rule in self.by_hand.items():
            if self.forms.get(form) in (FormKind.CASH, FormKind.REFUND) and not rule.second_person:
                raise ValueError(f"by_hand.{form}.second_person: this is money; another person looks at its proof")
        return self

    @model_validator(mode="after")
    def _thanks_are_small_things(self) -> Self:
        for form, worth in self.thanks.worth_fen.items():
            path = f"thanks.worth_fen.{form}"
            if form not in self.forms:
                raise ValueError(f"{path}: the shop does not give this form; add it to forms first")
            if self.forms[form] in (FormKind.CASH, FormKind.REFUND):
                raise ValueError(f"{path}: thanks are never money; leave it out")
            if not 1 <= worth <= self.coupons.minor_flaw.max_fen:
                raise ValueError(f"{path}: between 1 and {self.coupons.minor_flaw.max_fen} fen, as for a small flaw")
        return self

    def given_by(self, form: OfferForm) -> ByHand:
        """The rule for a form; one that is not listed is a leader's, and looked at twice."""
        return self.by_hand.get(form, ByHand())

    def loosened(self, changed: PolicyDocument) -> list[tuple[str, str]]:
        """A shop may be stricter than law and marketplace, never laxer."""
        return list(self.gate.laxer(changed.gate)) if isinstance(changed, CompensationPolicy) else []
