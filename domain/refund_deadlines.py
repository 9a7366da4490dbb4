"""When a marketplace acts by itself on a refund, what it then does, and when we warn and act before it.

The marketplace's own field beats the shop's table, and that the shipped one. All times are aware.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from domain.errors import Refusal
from domain.policies.refund_rules import Consequence, DeadlinePolicy, RefundRules, RefundStatus, SevenDays
from domain.policies.windows import Anchor

# Where a marketplace sends a deadline for a stage of which no table says what follows.
_USUAL = {
    RefundStatus.ASKED: Consequence.AGREED,
    RefundStatus.RETURNING: Consequence.CLOSED,
    RefundStatus.RETURNED: Consequence.REFUNDED,
    RefundStatus.REFUSED: Consequence.CLOSED,
}
SELLERS_TURN = frozenset({RefundStatus.ASKED, RefundStatus.RETURNED, RefundStatus.TO_SEND})
# Ours: what is to be done before the last half hour begins a little earlier still, each case at its own moment, so that
# a thousand deadlines of one minute are neither late nor all at once.
MARGIN = timedelta(minutes=5)
SPREAD_SECONDS = 600


class DeadlineSource(StrEnum):
    """Who says when."""

    PLATFORM = "platform"
    SHOP = "shop"
    TABLE = "table"


class Deadline(BaseModel):
    """At `at` the marketplace does `then`, unless the owner moved. Two are the same when status and moment are."""

    model_config = ConfigDict(frozen=True)

    status: RefundStatus
    at: datetime
    then: Consequence
    source: DeadlineSource

    @property
    def sellers_turn(self) -> bool:
        return self.status in SELLERS_TURN


def deadline_of(
    rules: RefundRules,
    code: str,
    status: RefundStatus,
    sent_at: datetime | None,
    anchors: Mapping[Anchor, datetime],
    *,
    shops_own: bool = False,
    goods_go_out: bool = False,
) -> Deadline | None:
    """None where nothing runs: the marketplace sent nothing, and no table has a limit whose start is known.
    `shops_own`: the rules are a shop's own policy and not the one that ships. Where `goods_go_out`, goods that nobody
    looked at count as taken, and no money is paid back for them."""
    stage = rules.stage(code)
    then = stage.on_timeout if stage and stage.on_timeout else _USUAL.get(status, Consequence.PLATFORM_DECIDES)
    if goods_go_out and status is RefundStatus.RETURNED and then is Consequence.REFUNDED:
        then = Consequence.AGREED
    if sent_at is not None:
        return Deadline(status=status, at=sent_at, then=then, source=DeadlineSource.PLATFORM)
    started = anchors.get(stage.limit.since) if stage and stage.limit else None
    if stage is None or stage.limit is None or started is None:
        return None
    source = DeadlineSource.SHOP if shops_own else DeadlineSource.TABLE
    return Deadline(status=status, at=started + stage.limit.span, then=then, source=source)


def warning_times(deadline: Deadline, policy: DeadlinePolicy) -> dict[int, datetime]:
    """By hours before, when somebody is warned."""
    return {hours: deadline.at - timedelta(hours=hours) for hours in policy.warn_hours_before}


def act_at(deadline: Deadline, minutes_before: int, serial: int) -> datetime:
    """When the safe action is begun: early enough to be done `minutes_before` the marketplace acts, at a moment of the
    case's own."""
    own = timedelta(seconds=serial * 37 % SPREAD_SECONDS)
    return deadline.at - timedelta(minutes=minutes_before) - MARGIN - own


class NoReasonEnd(StrEnum):
    """Why goods can't be returned without a reason."""

    EXEMPT = "exempt_goods"
    TOO_LATE = "too_late"
    NOT_INTACT = "not_intact"


class NotWithoutReason(Refusal):
    """The law's return without a reason does not cover this one; `facts["why"]` says it in a word."""

    code = "NotWithoutReason"


def seven_days(signed_at: datetime, rule: SevenDays, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From 00:00 of the day after the courier shows the parcel as signed, `rule.hours` long (168: a full week)."""
    day = signed_at.astimezone(zone).date() + timedelta(days=1)
    starts = datetime.combine(day, time(0), zone)
    return starts, starts + timedelta(hours=rule.hours)


def may_return_without_reason(
    rule: SevenDays,
    zone: ZoneInfo,
    *,
    signed_at: datetime | None,
    noticed_at: datetime,
    goods: str | None = None,
    intact: bool | None = None,
) -> None:
    """Raises NotWithoutReason. `goods` is the exempt kind that the shop says the item is of. The buyer's notice must
    lie within the time, and before the parcel is signed it does; opening a parcel to look does not spoil it."""
    if goods is not None and goods in rule.exempt_goods:
        raise NotWithoutReason(
            f"Goods of this kind ({goods}) are exempt from returns without a reason; ask the buyer for one.",
            why=NoReasonEnd.EXEMPT,
        )
    if signed_at is not None and noticed_at >= (ends := seven_days(signed_at, rule, zone)[1]):
        raise NotWithoutReason(
            f"The time for returns without a reason ended at {ends.isoformat()}; ask the buyer for a reason.",
            why=NoReasonEnd.TOO_LATE,
        )
    if rule.must_be_intact and intact is False:
        raise NotWithoutReason(
            "The goods are not intact; a return without a reason needs them to be.", why=NoReasonEnd.NOT_INTACT
        )
