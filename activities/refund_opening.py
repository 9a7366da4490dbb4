"""Opening a refund case, and the judgements of its steps that need a policy."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.clocks import DeskClock
from activities.policies import Policies
from activities.refund_photos import photos_of
from activities.refund_readings import RefundReadings
from activities.refund_requests import (
    AgreeRequest,
    ConfirmRequest,
    InspectRequest,
    OpenRefundRequest,
    ReasonRequest,
    RefundRequest,
)
from activities.refusals import refusing
from activities.registering import Source, key_of, register
from db.abuse import earlier_abuse
from db.opening import FileRef
from db.sessions import Sessions
from db.tables.cases import CaseFile, CaseKey
from db.tables.office import Installation, Shop
from db.tables.refunds import Refund
from domain.causes import check_cause, fault_of, severity_of
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.freight import FreightQuestion, FreightUndecided, who_pays
from domain.policies.causes import Fault
from domain.refund_case.agenda import Action
from domain.refund_case.facts import RefundOpened, RefundPrepared
from domain.refund_case.inspecting import judge
from domain.refund_case.keys import KIND
from domain.refund_case.ordering import moves_to
from domain.refund_case.state import Freight, RefundCaseState, RefundIdentity
from domain.review_case.keys import KIND as REVIEW


class NoReturnAddress(Refusal):
    """The shop's policy has no such address."""

    code = "NoReturnAddress"


class UnknownInspection(Refusal):
    """A result that the shop's causes do not have."""

    code = "UnknownInspection"


class RefundOpeningActivities:
    def __init__(self, sessions: Sessions, policies: Policies, clock: DeskClock) -> None:
        self._sessions = sessions
        self._policies = policies
        self._clock = clock
        self._readings = RefundReadings(policies)

    @activity.defn
    async def open_refund(self, request: OpenRefundRequest) -> RefundOpened:
        """Register the case under its key, in one transaction; a second first run is a duplicate."""
        opening = request.opening
        with refusing():
            async with self._sessions.begin() as session:
                row = await session.get_one(Refund, UUID(opening.refund_row))
                source = Source(KIND, row.id, row.buyer, row.applied_at)
                registered = await register(session, opening, source, request.workflow, request.now, Action.OPEN)
                if registered.file is None:
                    key = await key_of(session, opening, KIND)
                    return RefundOpened(number=opening.case, duplicate_of=key.case if key else "")
                reading = await self._readings.of(session, row, request.now)
                severity = await self._severity(session, row.shop, reading.cause)
                kinds = (EscalationKind.UNASSIGNED, EscalationKind.STALE)
                left = RefundCaseState.model_validate(registered.left) if registered.left else None
                return RefundOpened(
                    number=registered.file.number,
                    before=left,
                    calls=True,
                    identity=await _identity(session, row, registered.file),
                    reading=reading,
                    policies=await self._policies.versions(session, row.shop),
                    severity=severity,
                    earlier_cases=await _earlier(session, registered.file),
                    clocks=await self._clock.first_dues(session, row.shop, kinds, severity, request.now),
                )

    async def _severity(self, session: AsyncSession, shop: str, cause: str | None) -> int:
        causes, _ = await self._policies.causes(session, shop)
        return severity_of(cause, causes) if cause else 1

    @activity.defn
    async def judge_reason(self, request: ReasonRequest) -> RefundPrepared:
        """Whether the policy knows the cause, how severe it is, and whose fault."""
        with refusing():
            async with self._sessions.begin() as session:
                causes, version = await self._policies.causes(session, request.shop)
                check_cause(request.cause, causes)
                fault, severity = fault_of(request.cause, causes), severity_of(request.cause, causes)
                return RefundPrepared(policy=version, fault=fault, severity=severity)

    @activity.defn
    async def judge_agreement(self, request: AgreeRequest) -> RefundPrepared:
        """Who pays the freight, and where the goods go. Raises NoReturnAddress (non-retryable) for an address that was
        asked for and is not there, or where goods come back and the shop has none."""
        with refusing():
            async with self._sessions.begin() as session:
                refunds, _ = await self._policies.refunds(session, request.shop)
                wanted = [one.id for one in refunds.return_addresses if request.address in (None, one.id)]
                if request.needs_address and request.by_person and not wanted:
                    raise NoReturnAddress(
                        "The shop's policy `refunds` has no such return address; add it there, or name another."
                    )
                freight = await self.freight_of(session, request, request.cause, abuse=request.abuse)
                return RefundPrepared(freight=freight, address=wanted[0] if wanted else None)

    async def freight_of(
        self,
        session: AsyncSession,
        request: RefundRequest,
        cause: str | None,
        *,
        abuse: bool,
        fault: Fault | None = None,
    ) -> Freight | None:
        """By the shop's terms and the platform's table; None where only people can decide."""
        rules = await self._readings.rules(session, request.shop)
        causes, _ = await self._policies.causes(session, request.shop)
        _, version = await self._policies.platforms(session, request.shop)
        row = await session.get_one(Refund, UUID(request.refund_row))
        kept = (row.paid_fen or 0) - row.amount_fen
        question = FreightQuestion(
            fault=fault or (fault_of(cause, causes) if cause else "none"),
            shipping=rules.refunds.shipping,
            gift_insurance=rules.refunds.gift_insurance,
            breaks_condition=rules.refunds.shipping == "conditional_free" and kept < rules.refunds.free_from_fen,
            abuse=abuse,
        )
        try:
            found = who_pays(question, rules.platforms.freight)
        except FreightUndecided:
            return None
        return Freight(
            outbound=found.outbound, back=found.back, recover_from=found.recover_from, reason=found.reason,
            row=found.row, policy=version,
        )  # fmt: skip

    @activity.defn
    async def judge_inspection(self, request: InspectRequest) -> RefundPrepared:
        """What follows from what was found. Goods that were bad from the start make the freight the seller's."""
        with refusing():
            async with self._sessions.begin() as session:
                causes, version = await self._policies.causes(session, request.shop)
                found = causes.inspections.get(request.inspect.result)
                if found is None:
                    known = ", ".join(causes.inspections)
                    raise UnknownInspection(f"There is no result {request.inspect.result!r}; choose one of {known}.")
                resellable = judge(request.inspect, found)
                digests = await photos_of(session, request.case, request.inspect.photos)
                freight = None
                if found.claim == "supplier":
                    freight = await self.freight_of(
                        session, request, request.cause, abuse=request.abuse, fault="seller"
                    )
                return RefundPrepared(
                    policy=version, resellable=resellable, next=found.next, claim=found.claim, freight=freight,
                    digests=digests,
                )  # fmt: skip

    @activity.defn
    async def judge_abuse(self, request: AgreeRequest) -> RefundPrepared:
        async with self._sessions.begin() as session:
            return RefundPrepared(freight=await self.freight_of(session, request, request.cause, abuse=True))

    @activity.defn
    async def done_by_hand(self, request: ConfirmRequest) -> RefundPrepared:
        """Where no machine reads the marketplace, a person's word moves the application."""
        with refusing():
            async with self._sessions.begin() as session:
                row = await session.get_one(Refund, UUID(request.refund_row), with_for_update=True)
                rules = (await self._readings.rules(session, request.shop)).of(row.platform)
                wanted = moves_to(request.action, request.kind)
                stage = next((one for one in rules.stages if one.status is wanted), None)
                if stage is None:
                    return RefundPrepared()
                row.status, row.status_since, row.modified_at = stage.code, request.now, request.now
                row.deadline_at = None
                await session.flush()
                return RefundPrepared(reading=await self._readings.of(session, row, request.now))


async def _identity(session: AsyncSession, row: Refund, file: FileRef) -> RefundIdentity:
    shop = await session.get_one(Shop, row.shop)
    return RefundIdentity(
        case_serial=file.serial,
        shop_serial=shop.serial,
        installation=await session.scalar(select(Installation.prefix)) or "",
        order_row=str(row.order) if row.order else None,
        buyer=str(file.buyer_person) if file.buyer_person else None,
        applied_at=row.applied_at,
        paid_fen=row.paid_fen,
        quantity=row.quantity,
        linked=await _review_case(session, row),
        earlier_abuse=await earlier_abuse(session, file.buyer_person, file.number),
    )


async def _review_case(session: AsyncSession, row: Refund) -> str | None:
    """The case about a review of the same order, in the place to which it was merged."""
    ids = {row.order_external_id, row.sub_order_id or row.order_external_id}
    found = select(CaseKey).where(
        CaseKey.kind == REVIEW,
        CaseKey.platform == row.platform,
        CaseKey.shop == row.shop,
        CaseKey.external_id.in_(ids),
    )
    key = await session.scalar(found.limit(1))
    return (key.merged_into or key.case) if key else None


async def _earlier(session: AsyncSession, file: FileRef) -> int:
    if file.buyer_person is None:
        return 0
    others = select(func.count()).where(CaseFile.buyer_person == file.buyer_person, CaseFile.number != file.number)
    return await session.scalar(others) or 0
