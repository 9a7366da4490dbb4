"""The marketplaces' own rules as a document: what a review is, how it is amended, when a reply closes."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart
from domain.policies.refund_rules import DeadlinePolicy, FreightRow, RefundRules, SevenDays
from domain.policies.windows import Anchor as Anchor
from domain.policies.windows import Window as Window


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


class PlatformRules(PolicyPart):
    """Everything that the product must know of one marketplace."""

    name_zh: str
    review_api: bool
    coupon_api: bool = False
    review: ReviewRules
    asking: Asking
    reporting: Reporting | None = None
    refund: RefundRules | None = None
    exchange_statuses: Mapping[str, str] = Field(default_factory=dict)
    exchange_deadline_field: str = ""


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

    def loosened(self, changed: PolicyDocument) -> list[tuple[str, str]]:
        """Nobody opts out of the seven days; a longer time, or fewer exempt goods, is a shop's own choice (R102)."""
        if not isinstance(changed, PlatformsPolicy):
            return []
        return [(f"seven_days.{field}", why) for field, why in self.seven_days.worse(changed.seven_days)]

    @model_validator(mode="after")
    def _every_platform(self) -> Self:
        missing = [platform.value for platform in Platform if platform not in self.platforms]
        if missing:
            raise ValueError(f"platforms: no rules for {', '.join(missing)}; add a table for each")
        return self
