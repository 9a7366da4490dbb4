"""The marketplaces' own rules as a document: what a review is, how it is amended, when a reply closes."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart


class Platform(StrEnum):
    """Marketplaces that the product knows. The last is the local one that ships with it."""

    TAOBAO = "taobao"
    TMALL = "tmall"
    PINDUODUO = "pinduoduo"
    DOUYIN = "douyin"
    JD = "jd"
    KUAISHOU = "kuaishou"
    WEIXIN_STORE = "weixin_store"
    AMAZON = "amazon"
    EBAY = "ebay"
    SHOPIFY = "shopify"
    SANDBOX = "sandbox"


class Grade(StrEnum):
    """What a rating amounts to, whatever the marketplace's scale."""

    GOOD = "good"
    NEUTRAL = "neutral"
    BAD = "bad"


class AmendMode(StrEnum):
    """What "the review was amended" can mean on a marketplace."""

    EDIT_RESULT = "edit_result"
    DELETE = "delete"
    APPEND = "append"
    SCORE_ONLY = "score_only"
    NONE = "none"


class Anchor(StrEnum):
    """The moment from which a platform's window runs."""

    REVIEW_CREATED = "review_created"
    ORDER_FINISHED = "order_finished"
    RECEIPT_CONFIRMED = "receipt_confirmed"
    REFUND_CREATED = "refund_created"
    SELLER_AGREED = "seller_agreed"
    SELLER_REFUSED = "seller_refused"
    BUYER_SHIPPED = "buyer_shipped"
    COURIER_SIGNED = "courier_signed"
    SELLER_RECEIVED = "seller_received"


class Window(MarkedPart):
    """A span from an anchor; a day here is 24 hours, as the platforms count them."""

    length: int = Field(ge=1)
    unit: Literal["hour", "day"]
    since: Anchor

    @property
    def span(self) -> timedelta:
        return timedelta(hours=self.length) if self.unit == "hour" else timedelta(days=self.length)


class Scale(MarkedPart):
    """Every rating that the platform can send, sorted into three grades. Stars are written as text: "1" … "5"."""

    good: tuple[str, ...] = Field(min_length=1)
    neutral: tuple[str, ...] = ()
    bad: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_grade_each(self) -> Self:
        ratings = [*self.good, *self.neutral, *self.bad]
        twice = sorted({rating for rating in ratings if ratings.count(rating) > 1})
        if twice:
            raise ValueError(f"ratings {', '.join(twice)} stand under two grades; keep each under one")
        return self


class SellerReply(MarkedPart):
    """The seller's public answer. `applies_within` limits which reviews may be answered, not when."""

    times: int | None = Field(default=None, ge=0)
    editable: bool | None = None
    deletable: bool | None = None
    max_chars: int = Field(default=500, ge=20)
    window: Window | None = None
    applies_within: Window | None = None
    blocked_after_append: bool = False
    only_first_review: bool = False
    covers_append: bool = False
    api: str = ""


class ScoreCounting(MarkedPart):
    """Only the first trades of one buyer with one shop within a span count for the shop's score."""

    first_trades: int = Field(ge=1)
    per: Literal["calendar_month", "60_days"]


class ReviewRules(PolicyPart):
    scale: Scale
    content_max_chars: int = Field(default=500, ge=1)
    first_review: Window | None = None
    append: Window | None = None
    amend_modes: tuple[AmendMode, ...] = Field(min_length=1)
    amend: Window | None = None
    amend_times: int | None = Field(default=None, ge=0)
    buyer_may_delete: bool | None = None
    default_good_if_silent: bool = False
    seller_reply: SellerReply | None = None
    score_counting: ScoreCounting | None = None
    history: Window | None = None
    list_default_days: int | None = Field(default=None, ge=1)
    note: str = ""

    @model_validator(mode="after")
    def _modes_agree(self) -> Self:
        if AmendMode.NONE in self.amend_modes and len(self.amend_modes) > 1:
            raise ValueError('amend_modes: "none" stands alone; remove it or the other modes')
        if len(set(self.amend_modes)) != len(self.amend_modes):
            raise ValueError("amend_modes: a mode is listed twice; list each once")
        if self.buyer_may_delete is False and AmendMode.DELETE in self.amend_modes:
            raise ValueError('amend_modes: "delete" needs buyer_may_delete')
        return self


class Asking(MarkedPart):
    """Whether a seller may ask a buyer to amend; `by` says whose channel it must be."""

    allowed: bool
    by: Literal["seller", "platform_invitation", "platform_tool"] = "seller"
    paying: Literal["forbidden", "forbidden_by_law_and_rules", "ask_shop", "unverified"]


class Reporting(MarkedPart):
    """Reporting a malicious review to the platform."""

    grounds: tuple[str, ...] = Field(min_length=1)
    window: Window | None = None
    by_api: bool = False


class RefundStage(MarkedPart):
    """One step of the platform's refund flow; what happens when its owner lets the limit pass."""

    code: str
    owner: Literal["seller", "buyer"] | None = None
    limit: Window | None = None
    on_timeout: Literal["agreed", "closed", "refunded", "platform_decides"] | None = None
    terminal: bool = False

    @model_validator(mode="after")
    def _a_limit_has_an_outcome(self) -> Self:
        if (self.limit is None) != (self.on_timeout is None):
            raise ValueError("limit and on_timeout belong together; give both or neither")
        if not self.terminal and self.owner is None:
            raise ValueError("owner is missing; say whose turn it is")
        return self


class BulkAgree(PolicyPart):
    count: int = Field(ge=1)
    max_fen: int = Field(ge=1)


class RefundRules(PolicyPart):
    deadline_field: str = ""
    stages: tuple[RefundStage, ...] = ()
    refuse_forbidden_when: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    bulk_agree: BulkAgree | None = None
    statuses: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _codes_differ(self) -> Self:
        codes = [stage.code for stage in self.stages]
        if len(set(codes)) != len(codes):
            raise ValueError("stages: two stages have the same code; give each its own")
        return self


class PlatformRules(PolicyPart):
    """Everything that the product must know of one marketplace."""

    name_zh: str
    review_api: bool
    review: ReviewRules
    asking: Asking
    reporting: Reporting | None = None
    refund: RefundRules | None = None
    exchange_statuses: Mapping[str, str] = Field(default_factory=dict)
    exchange_deadline_field: str = ""


class SevenDays(MarkedPart):
    """Return without a reason: counted from 00:00 of the day after the courier shows the parcel as signed."""

    hours: int = Field(ge=1)
    notice_is_enough: bool
    must_be_intact: bool
    seller_may_opt_out: bool
    pays_back_within_days: int = Field(ge=1)
    exempt_goods: tuple[str, ...]
    return_only_channels: tuple[str, ...] = ()


Bearer = Literal["as_agreed", "seller", "buyer", "insurer", "by_shipping_terms"]


class FreightRow(MarkedPart):
    """One row of the freight table; a condition that is left out matches anything. The first match wins."""

    agreed_otherwise: bool | None = None
    fault: Literal["seller", "courier", "none"] | None = None
    shipping: Literal["free", "paid", "conditional_free"] | None = None
    insurance: Literal["seller_gift"] | None = None
    condition_broken_by_partial_return: bool | None = None
    abuse_of_member_rights: bool | None = None
    outbound: Bearer
    back: Bearer
    recover_from: Literal["courier"] | None = None


class DeadlinePolicy(PolicyPart):
    """When to warn before a platform acts by itself, and how late we may still act."""

    warn_hours_before: tuple[int, ...] = Field(min_length=1)
    act_minutes_before: int = Field(ge=1)
    never_refuse_automatically: Literal[True]

    @model_validator(mode="after")
    def _nearest_last(self) -> Self:
        if list(self.warn_hours_before) != sorted(set(self.warn_hours_before), reverse=True):
            raise ValueError("warn_hours_before: put the earliest warning first, each hour once")
        return self


class PlatformsPolicy(PolicyDocument):
    """The document `platforms`."""

    persistence_days: int = Field(ge=1, le=180)
    reply_before_close_hours: int = Field(ge=1)
    deadlines: DeadlinePolicy
    seven_days: SevenDays
    freight: tuple[FreightRow, ...] = Field(min_length=1)
    platforms: Mapping[Platform, PlatformRules]

    def rules(self, platform: Platform) -> PlatformRules:
        """The rules of one marketplace; every Platform is in the document (checked at reading)."""
        return self.platforms[platform]

    @model_validator(mode="after")
    def _every_platform(self) -> Self:
        missing = [platform.value for platform in Platform if platform not in self.platforms]
        if missing:
            raise ValueError(f"platforms: no rules for {', '.join(missing)}; add a table for each")
        return self
