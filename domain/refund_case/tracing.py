"""Parcels of a refund case: looked at by the clock or when their courier pushes, told of when late, acted on when
they were signed for."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.case_record import record
from domain.people import SYSTEM, TIMER, Actor
from domain.policies.texts import NoticeKind
from domain.policies.tracking import TrackingPolicy
from domain.refund_case import steps
from domain.refund_case.facts import RefundPrepared, Traced
from domain.refund_case.market import OnItsWay
from domain.refund_case.parcels import Telling, TrackedParcel
from domain.refund_case.permissions import anybody, require
from domain.refund_case.refusals import NothingOnItsWay
from domain.refund_case.state import RefundCaseState
from domain.tracking import DelayReason, Leg, delay_of, late_at

FAILED_AGAIN = timedelta(hours=1)
# A late parcel is not asked about more often than this, whatever its clock says.
LEAST_BETWEEN = timedelta(minutes=30)


def follow(case: RefundCaseState, now: datetime) -> None:
    """Watch every parcel that the last reading tells of and that is not watched yet."""
    for parcel in case.reading.parcels:
        watch(case, parcel, now)


def watch(case: RefundCaseState, told: OnItsWay, now: datetime) -> None:
    known = any(parcel.shipment == told.shipment for parcel in case.parcels)
    if case.handling.tracking is None or known:
        return
    case.parcels.append(TrackedParcel(shipment=told.shipment, leg=told.leg, told_at=told.told_at, look_at=now))


def looks(case: RefundCaseState) -> Iterator[tuple[datetime, str]]:
    """When which parcel's courier is asked."""
    for parcel in case.parcels:
        if parcel.look_at is not None:
            yield parcel.look_at, parcel.shipment


def tellings(case: RefundCaseState) -> Iterator[tuple[datetime, str]]:
    """When the buyer is told what, by its place in the list."""
    for place, telling in enumerate(case.tellings):
        if telling.done_at is None:
            yield telling.again_at or telling.since, str(place)


def parcel_of(case: RefundCaseState, shipment: str) -> TrackedParcel | None:
    return next((parcel for parcel in case.parcels if parcel.shipment == shipment), None)


def pushed(case: RefundCaseState, shipment: str, now: datetime) -> None:
    """The courier says that something was scanned."""
    parcel = parcel_of(case, shipment)
    if parcel is not None and case.closed_at is None and not parcel.arrived:
        parcel.look_at, parcel.pushed = now, True


def traced(case: RefundCaseState, shipment: str, found: Traced | None, now: datetime) -> None:
    """One look at a parcel; None: its courier did not answer. An older trace than the one known changes nothing."""
    parcel, policy = parcel_of(case, shipment), case.handling.tracking
    if parcel is None or policy is None:
        return
    parcel.pushed = False
    if found is None:
        parcel.failed += 1
        parcel.look_at = now + min(FAILED_AGAIN * parcel.failed, timedelta(hours=policy.look_every_hours))
        return
    parcel.failed, parcel.trouble = 0, found.trouble
    _moved(case, parcel, found, now)
    _late(case, parcel, policy, now)
    parcel.look_at = _next_look(parcel, policy, now) if found.watched else None


def _moved(case: RefundCaseState, parcel: TrackedParcel, found: Traced, now: datetime) -> None:
    if parcel.last_at is not None and (found.last_at is None or found.last_at < parcel.last_at):
        return
    was, parcel.state = parcel.state, found.state
    parcel.first_at, parcel.last_at, parcel.signed_at = found.first_at, found.last_at, found.signed_at
    if was is not found.state:
        record(
            case, SYSTEM, now, "parcel_moved",
            leg=parcel.leg, shipment=parcel.shipment, was=was, state=found.state, at=found.last_at,
        )  # fmt: skip
    if parcel.arrived and case.outcome is None:
        case.read_again_at = now  # the sign-for starts clocks, and the marketplace may show something else by now


def _late(case: RefundCaseState, parcel: TrackedParcel, policy: TrackingPolicy, now: datetime) -> None:
    reason = delay_of(parcel.moves, policy, now)
    if reason is parcel.delay:
        return
    before, parcel.delay = parcel.delay, reason
    if reason is None:
        parcel.delayed_since = None
        record(case, SYSTEM, now, "parcel_goes_on", leg=parcel.leg, shipment=parcel.shipment, was=before)
        return
    parcel.delayed_since = parcel.delayed_since or now
    record(
        case, TIMER, now, "parcel_delayed",
        leg=parcel.leg, shipment=parcel.shipment, reason=reason, last_at=parcel.last_at, policy=case.handling.policy,
    )  # fmt: skip
    if policy.tell_buyer and _concerns_buyer(case, parcel):
        damaged = reason is DelayReason.DAMAGED
        tell(case, NoticeKind.KEEP_PACKAGING if damaged else NoticeKind.DELAY, parcel.shipment, parcel.leg, now)


def _concerns_buyer(case: RefundCaseState, parcel: TrackedParcel) -> bool:
    """Not a number that may be mistyped; not damage to what comes back to us, nor its lateness once the money went."""
    if parcel.leg is Leg.BACK and (case.outcome is not None or parcel.delay is DelayReason.DAMAGED):
        return False
    return parcel.delay is not DelayReason.UNCOLLECTED


def tell(case: RefundCaseState, kind: NoticeKind, subject: str, leg: Leg, now: datetime) -> None:
    """Once for each parcel and kind."""
    if all(one.kind is not kind or one.subject != subject for one in case.tellings):
        case.tellings.append(Telling(kind=kind, subject=subject, leg=leg, since=now))


def told(case: RefundCaseState, place: int, sent: bool, why: str, again_at: datetime | None, now: datetime) -> None:
    """The buyer was told, can't be, or will be at a permitted hour; by then it may be over."""
    telling = case.tellings[place]
    if again_at is not None:
        telling.again_at = again_at
        return
    telling.done_at, telling.sent = now, sent
    kind = "buyer_told" if sent else "buyer_not_told"
    record(case, SYSTEM, now, kind, what=telling.kind, leg=telling.leg, shipment=telling.subject, why=why)


def worth_telling(case: RefundCaseState, place: int) -> bool:
    """Whether it is still so: nobody is told of a delay that is over."""
    telling = case.tellings[place]
    parcel = parcel_of(case, telling.subject)
    return telling.kind is not NoticeKind.DELAY or (parcel is not None and parcel.delay is not None)


def _next_look(parcel: TrackedParcel, policy: TrackingPolicy, now: datetime) -> datetime | None:
    """None once it has arrived or was watched for long enough."""
    if parcel.arrived or now >= parcel.told_at + timedelta(days=policy.give_up_days):
        return None
    usual, late = now + timedelta(hours=policy.look_every_hours), late_at(parcel.moves, policy)
    return usual if late is None or late <= now else max(min(usual, late), now + LEAST_BETWEEN)


def may_check(case: RefundCaseState, actor: Actor) -> None:
    anybody(case, actor)
    moving = any(not parcel.arrived for parcel in case.parcels)
    require(moving, NothingOnItsWay, "No parcel of this case is on its way; its trace stands in the case.")


def check_parcels(
    case: RefundCaseState, actor: Actor, step: "steps.CheckParcels", now: datetime, found: RefundPrepared
) -> None:
    for parcel in case.parcels:
        if not parcel.arrived:
            parcel.look_at = now
    record(case, actor, now, "parcels_asked")
