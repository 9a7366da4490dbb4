"""What marketplaces and law say about refunds: stages with their limits, the seven days, who pays the freight."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.people import Role
from domain.policies.documents import MarkedPart, PolicyPart
from domain.policies.windows import Anchor, Window


class RefundStatus(StrEnum):
    """Where an application stands on its marketplace, whatever the marketplace calls it."""

    ASKED = "asked"  # the seller has to answer
    RETURNING = "returning"  # the buyer has to send the goods
    RETURNED = "returned"  # the goods are on their way or here; the seller has to confirm
    REFUSED = "refused"  # the buyer may accept that, change the application, or call the marketplace
    TO_SEND = "to_send"  # the seller has to send goods: an exchange, a repair, what was missing
    SENT = "sent"  # the buyer has to receive them
    SUCCEEDED = "succeeded"
    CLOSED = "closed"


class Consequence(StrEnum):
    """What a marketplace does by itself when whoever it waits for lets the time pass."""

    AGREED = "agreed"
    REFUNDED = "refunded"
    CLOSED = "closed"
    PLATFORM_DECIDES = "platform_decides"


# Documents from before `means` say it by whose turn it is, and since when.
_MEANT: dict[tuple[str, str], RefundStatus] = {
    ("seller", Anchor.REFUND_CREATED): RefundStatus.ASKED,
    ("buyer", Anchor.SELLER_AGREED): RefundStatus.RETURNING,
    ("seller", Anchor.BUYER_SHIPPED): RefundStatus.RETURNED,
    ("seller", Anchor.COURIER_SIGNED): RefundStatus.RETURNED,
    ("buyer", Anchor.SELLER_REFUSED): RefundStatus.REFUSED,
}
_ENDS = frozenset({RefundStatus.SUCCEEDED, RefundStatus.CLOSED})


class RefundStage(MarkedPart):
    """One step of the platform's refund flow; what happens when its owner lets the limit pass."""

    code: str
    means: RefundStatus | None = None
    owner: Literal["seller", "buyer"] | None = None
    limit: Window | None = None
    on_timeout: Consequence | None = None
    terminal: bool = False

    @model_validator(mode="after")
    def _a_limit_has_an_outcome(self) -> Self:
        if (self.limit is None) != (self.on_timeout is None):
            raise ValueError("limit and on_timeout belong together; give both or neither")
        if not self.terminal and self.owner is None:
            raise ValueError("owner is missing; say whose turn it is")
        if self.terminal != (self.status in _ENDS):
            raise ValueError(f"means: {self.status} and terminal contradict each other; correct one of them")
        return self

    @property
    def status(self) -> RefundStatus:
        if self.means is not None:
            return self.means
        if self.terminal:
            return RefundStatus.CLOSED if "CLOSED" in self.code.upper() else RefundStatus.SUCCEEDED
        started = (self.owner or "", self.limit.since if self.limit else "")
        return _MEANT.get(started, RefundStatus.ASKED)


class BulkAgree(PolicyPart):
    count: int = Field(ge=1)
    max_fen: int = Field(ge=1)


class RefundRules(PolicyPart):
    """One marketplace's flow. A deadline that it sends itself beats the limits of its stages."""

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

    def stage(self, code: str) -> RefundStage | None:
        """The stage that the marketplace calls so; None for one that the table does not know."""
        return next((stage for stage in self.stages if stage.code == code), None)


class SevenDays(MarkedPart):
    """Return without a reason: counted from 00:00 of the day after the courier shows the parcel as signed."""

    hours: int = Field(ge=1)
    notice_is_enough: bool
    must_be_intact: bool
    seller_may_opt_out: bool
    pays_back_within_days: int = Field(ge=1)
    exempt_goods: tuple[str, ...]
    return_only_channels: tuple[str, ...] = ()

    def worse(self, changed: "SevenDays") -> Iterator[tuple[str, str]]:
        """In which fields, and how, the other gives buyers less than this one."""
        if changed.seller_may_opt_out and not self.seller_may_opt_out:
            yield "seller_may_opt_out", "can't be true: merchants can't opt out of the seven days"
        if changed.hours < self.hours:
            yield "hours", f"is less than the {self.hours} that the law gives"
        if changed.pays_back_within_days > self.pays_back_within_days:
            yield "pays_back_within_days", f"is more than the {self.pays_back_within_days} that the law allows"
        if self.notice_is_enough and not changed.notice_is_enough:
            yield "notice_is_enough", "can't be false: notice within the time is enough"
        if added := sorted(set(changed.exempt_goods) - set(self.exempt_goods)):
            yield "exempt_goods", f"names {', '.join(added)}, which the law does not exempt"


Bearer = Literal["as_agreed", "seller", "buyer", "insurer", "by_shipping_terms"]
Shipping = Literal["free", "paid", "conditional_free"]


class FreightRow(MarkedPart):
    """One row of the freight table; a condition that is left out matches anything. The first match wins."""

    agreed_otherwise: bool | None = None
    fault: Literal["seller", "courier", "none"] | None = None
    shipping: Shipping | None = None
    insurance: Literal["seller_gift"] | None = None
    condition_broken_by_partial_return: bool | None = None
    abuse_of_member_rights: bool | None = None
    outbound: Bearer
    back: Bearer
    recover_from: Literal["courier"] | None = None


class DeadlinePolicy(PolicyPart):
    """When to warn before a platform acts by itself, and how late we may still act. `warn` says who hears at each of
    the hours; `agent` is whoever owns the stage."""

    warn_hours_before: tuple[int, ...] = Field(min_length=1)
    warn: tuple[Role, ...] = (Role.AGENT, Role.LEAD, Role.SUPERVISOR)
    act_minutes_before: int = Field(ge=1)
    never_refuse_automatically: Literal[True]

    @model_validator(mode="after")
    def _nearest_last(self) -> Self:
        if list(self.warn_hours_before) != sorted(set(self.warn_hours_before), reverse=True):
            raise ValueError("warn_hours_before: put the earliest warning first, each hour once")
        if len(self.warn) != len(self.warn_hours_before):
            raise ValueError("warn: name one role for each of warn_hours_before")
        return self
