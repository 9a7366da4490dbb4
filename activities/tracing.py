"""Where one parcel of a case is: asked of its courier, or read from what the courier has pushed."""

from datetime import datetime
from uuid import UUID

from temporalio import activity

from activities.couriers import Couriers
from activities.gateway_errors import outside
from activities.policies import Policies
from activities.refund_requests import TraceRequest
from db.sessions import Sessions
from db.tables.refunds import Shipment
from db.tracking import keep_trace
from domain.policies.refunds import RefundsPolicy
from domain.refund_case.facts import Traced
from domain.tracking import Leg, TransitState
from gateways.failures import Rejected
from gateways.kuaidi100 import Kuaidi100, UnknownWaybill

TAIL = 4


class TracingActivities:
    def __init__(self, sessions: Sessions, policies: Policies, couriers: Couriers) -> None:
        self._sessions = sessions
        self._policies = policies
        self._couriers = couriers

    @activity.defn
    async def trace(self, request: TraceRequest) -> Traced:
        """What the courier shows is noted in the shipment's row first, which may know something newer by now. A
        courier that refuses to tell is no failure: the parcel stands as it was last seen."""
        async with self._sessions() as session:
            shipment = await session.get_one(Shipment, UUID(request.shipment))
            policy, _ = await self._policies.refunds(session, request.shop)
        tracker = self._couriers.tracker
        if tracker is None or shipment.waybill is None:
            return _standing(shipment, watched=False)
        if request.pushed and shipment.traced_at is not None:
            return _standing(shipment)
        with outside():
            try:
                return await self._look(tracker, shipment, policy, request.now)
            except UnknownWaybill:
                return _standing(shipment)
            except Rejected as refused:
                return _standing(shipment, trouble=refused.code)

    async def _look(self, tracker: Kuaidi100, shipment: Shipment, policy: RefundsPolicy, now: datetime) -> Traced:
        number = shipment.waybill or ""
        company = shipment.company or _named(shipment.courier, policy) or await tracker.company_of(number)
        if company is None:
            return _standing(shipment, trouble="courier-unknown")
        phone = _phone(shipment, policy)
        trace = await tracker.trace(company, number, phone)
        subscribed = await self._subscribed(tracker, shipment, company, phone)
        async with self._sessions.begin() as session:
            row = await session.get_one(Shipment, shipment.id, with_for_update=True)
            row.company = company
            row.subscribed_at = row.subscribed_at or (now if subscribed else None)
            await keep_trace(session, row, trace, now)
            return _standing(row)

    async def _subscribed(self, tracker: Kuaidi100, shipment: Shipment, company: str, phone: str) -> bool:
        """Where pushes are set up; a courier that takes no subscription is asked by the clock alone."""
        if not self._couriers.callback or shipment.subscribed_at is not None:
            return False
        try:
            await tracker.subscribe(company, shipment.waybill or "", self._couriers.callback, phone)
        except Rejected:
            return False
        return True


def _named(courier: str, policy: RefundsPolicy) -> str | None:
    """The trace's code of a courier by the name that somebody typed: the longest known name in it counts."""
    typed = courier.casefold()
    codes = policy.tracking.couriers
    if typed in codes.values():
        return typed
    known = [name for name in codes if name.casefold() in typed]
    return codes[max(known, key=len)] if known else None


def _phone(shipment: Shipment, policy: RefundsPolicy) -> str:
    """Some couriers tell only who knows a phone of the parcel: on the way back it is our own warehouse's."""
    if shipment.direction != Leg.BACK or not policy.return_addresses:
        return ""
    return policy.return_addresses[0].phone[-TAIL:]


def _standing(shipment: Shipment, *, watched: bool = True, trouble: str | None = None) -> Traced:
    return Traced(
        shipment=str(shipment.id), state=TransitState(shipment.state), first_at=shipment.first_scan_at,
        last_at=shipment.last_scan_at, signed_at=shipment.signed_at, watched=watched, trouble=trouble,
    )  # fmt: skip
