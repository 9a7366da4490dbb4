"""An application's row as its case reads it: under the policies that count now, with the deadline that runs."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from activities.marketplace_clients import TOP_PLATFORMS
from activities.policies import Policies
from db.refunds import BACK
from db.tables.refunds import Refund, Shipment
from db.tracking import on_the_way
from domain.errors import Refusal
from domain.platforms import Platform, has_exchange_api
from domain.policies.platforms import PlatformRules, PlatformsPolicy
from domain.policies.refund_rules import RefundRules, RefundStatus
from domain.policies.refunds import RefundsPolicy
from domain.policies.windows import Anchor
from domain.refund_case.market import GOODS_GO_OUT, Counter, Handling, Intervention, OnItsWay, Reading, RefundKind
from domain.refund_deadlines import Deadline, NotWithoutReason, deadline_of, may_return_without_reason
from domain.refund_reasons import Reason, reason_of
from domain.tracking import Leg

# The day on which a parcel is signed for is a day of the marketplace.
CHINA = ZoneInfo("Asia/Shanghai")
REPORTED = "api"  # the row's source: a person or another program told of it
_SINCE = {
    RefundStatus.RETURNING: Anchor.SELLER_AGREED,
    RefundStatus.RETURNED: Anchor.BUYER_SHIPPED,
    RefundStatus.REFUSED: Anchor.SELLER_REFUSED,
}


class UnknownRefundStatus(Refusal):
    """The marketplace shows a status that its rules do not have."""

    code = "UnknownRefundStatus"


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts for one shop now, with the versions that say so."""

    platforms: PlatformsPolicy
    refunds: RefundsPolicy
    shops_own_platforms: bool
    refunds_version: str

    def of(self, platform: str) -> RefundRules:
        return self.platforms.rules(Platform(platform)).refund or RefundRules()


def counter_of(rules: PlatformRules, row: Refund) -> Counter:
    """By which calls of the marketplace an application is read and answered. Repairs, and whatever else a person
    reported that its lists do not show, are its people's alone."""
    if row.platform not in TOP_PLATFORMS:
        return Counter.NONE
    if row.kind == RefundKind.EXCHANGE and has_exchange_api(rules):
        return Counter.EXCHANGES
    unlisted = row.source == REPORTED and row.kind in GOODS_GO_OUT
    return Counter.NONE if unlisted else Counter.REFUNDS


class RefundReadings:
    def __init__(self, policies: Policies) -> None:
        self._policies = policies

    async def by_machine(self, session: AsyncSession, row: Refund) -> bool:
        """Whether a machine can read the application where it stands."""
        platforms, _ = await self._policies.platforms(session, row.shop)
        return counter_of(platforms.rules(Platform(row.platform)), row) is not Counter.NONE

    async def rules(self, session: AsyncSession, shop: str) -> Rules:
        platforms, version = await self._policies.platforms(session, shop)
        refunds, refunds_version = await self._policies.refunds(session, shop)
        return Rules(platforms, refunds, f":{shop}:" in version, refunds_version)

    async def of(self, session: AsyncSession, row: Refund, now: datetime, *, with_proof: bool = False) -> Reading:
        """`with_proof`: this marketplace takes no refusal without one. Raises UnknownRefundStatus."""
        rules = await self.rules(session, row.shop)
        status = status_of(rules.of(row.platform), row.status)
        causes, _ = await self._policies.causes(session, row.shop)
        reason = reason_of(row.reason, causes)
        sent = await on_the_way(session, row.id)
        back = [one for one in sent if one.direction == BACK]
        return Reading(
            at=now, status=status, code=row.status, version=row.version, phase=row.phase, modified_at=row.modified_at,
            kind=RefundKind(row.kind), amount_fen=row.amount_fen, cause=reason.cause, fault=reason.fault,
            cannot_refuse=_cannot_refuse(rules, row, reason),
            intervention=Intervention(row.intervention), deadline=_deadline(rules, row, status, back),
            shipment=str(back[-1].id) if back else None,
            parcels=[OnItsWay(shipment=str(one.id), leg=Leg(one.direction), told_at=one.told_at) for one in sent],
            handling=_handling(rules, row, with_proof),
        )  # fmt: skip


def status_of(rules: RefundRules, code: str) -> RefundStatus:
    """Raises UnknownRefundStatus."""
    stage = rules.stage(code)
    if stage is None:
        known = ", ".join(one.code for one in rules.stages) or "none"
        raise UnknownRefundStatus(
            f"The marketplace shows {code!r}, and its rules know {known}: add it to the policy `platforms`.",
            status=code,
        )
    return stage.status


def _cannot_refuse(rules: Rules, row: Refund, reason: Reason) -> bool:
    """As the marketplace says, or as its rules do where it says nothing."""
    forbidden = rules.of(row.platform).refuse_forbidden_when
    unshipped = "seller_not_shipped" in forbidden and not row.shipped
    without_reason = "seven_day_no_reason" in forbidden and reason.without_reason and _covered(rules, row)
    return row.cannot_refuse or unshipped or without_reason


def _covered(rules: Rules, row: Refund) -> bool:
    """Whether the law's seven days cover this return: the goods' kind, as the shop has it, and the buyer's notice."""
    goods = rules.refunds.exempt_items.get(row.item_id or "")
    try:
        may_return_without_reason(
            rules.platforms.seven_days, CHINA, signed_at=row.signed_at, noticed_at=row.applied_at, goods=goods
        )
    except NotWithoutReason:
        return False
    return True


def _deadline(rules: Rules, row: Refund, status: RefundStatus, back: list[Shipment]) -> Deadline | None:
    """Where goods come back, it is their own sign-for that a limit since the courier's counts from."""
    if row.deadline_at is None and row.intervention == Intervention.STEPPED_IN:
        return None  # its own service has stopped its clock, and no table knows how long it takes
    anchors = {Anchor.REFUND_CREATED: row.applied_at}
    if status in _SINCE:
        anchors[_SINCE[status]] = row.status_since
    returned = back[-1].signed_at if back and status is RefundStatus.RETURNED else None
    signed = returned or row.signed_at
    if signed is not None:
        anchors[Anchor.COURIER_SIGNED] = signed
    own = rules.shops_own_platforms
    goods_out = row.kind in GOODS_GO_OUT
    return deadline_of(
        rules.of(row.platform), row.status, status, row.deadline_at, anchors, shops_own=own, goods_go_out=goods_out
    )


def _handling(rules: Rules, row: Refund, with_proof: bool) -> Handling:
    policy, deadlines, bulk = rules.refunds, rules.platforms.deadlines, rules.of(row.platform).bulk_agree
    return_only = policy.channel in rules.platforms.seven_days.return_only_channels
    return Handling(
        executed_by=policy.executed_by,
        inspected_by=policy.inspected_by,
        safe_asked=policy.safe.asked,
        safe_returned=policy.safe.returned,
        safe_up_to_fen=policy.safe.up_to_fen,
        warn_hours=list(deadlines.warn_hours_before),
        warn_roles=list(deadlines.warn),
        act_minutes_before=deadlines.act_minutes_before,
        alternatives=[one for one in policy.alternatives if not (return_only and one == "exchange")],
        try_first_max_days=policy.try_first_max_days,
        goods_wait_days=policy.goods_wait_days,
        second_look_hours=policy.second_look_hours,
        return_freight_fen=policy.return_freight_fen,
        by_machine_up_to_fen=bulk.max_fen if bulk else None,
        by_machine=counter_of(rules.platforms.rules(Platform(row.platform)), row) is not Counter.NONE,
        pays_alternatives=True,
        goods_are_taken=any(stage.status is RefundStatus.TO_SEND for stage in rules.of(row.platform).stages),
        proof_to_refuse=with_proof,
        claims=policy.claims,
        outbound_freight_fen=policy.outbound_freight_fen,
        insurance_cap_fen=policy.insurance_cap_fen,
        tracking=policy.tracking.model_copy(update={"couriers": {}}),
        policy=rules.refunds_version,
    )
