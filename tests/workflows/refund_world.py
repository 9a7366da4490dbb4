"""Refund stories: an application at the sandbox, its case, and what people and buyers do."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.marketplace_clients import Marketplaces
from activities.refund_facts import refund_facts
from db import office
from db.attachments import keep_attachment
from db.parcels import Arrived, enter_parcel
from db.refunds import OUT, keep_refund, keep_shipment, shipment_of
from db.tables.cases import CaseFile
from db.tables.record import CaseEvent
from db.tables.refunds import RefundLine
from domain.case_numbers import mint
from domain.refund_case import steps
from domain.refund_case.agenda import next_due
from domain.refund_case.state import RefundAnswer, RefundCaseState, RefundOpening
from domain.sealed import ParcelRef, ShipmentRef
from gateways.failures import Rejected
from tests.builders import House, recorded
from workflows.refund_case import RefundCase
from workflows.refund_starting import refund_start_options, refund_workflow_id

STUCK_AFTER_SECONDS = 120
PHOTO = b"\x89PNG\r\n\x1a\n" + b"a picture of a parcel"
BACK = {"id": 7, "name": "王仓管", "phone": "13900139000", "address": "浙江省杭州市余杭区仓库路1号"}


@dataclass(frozen=True)
class Applied:
    """An application at the sandbox."""

    refund_id: str
    tid: str
    oid: str


async def apply(house: House, price: str = "89.00", buyer_nick: str | None = None, **body: Any) -> Applied:
    """Chen asks for something back of a fresh order of 89 yuan."""
    order = await house.order(price=price, **({"buyer_nick": buyer_nick} if buyer_nick else {}))
    oid = str(order["orders"][0]["oid"])
    wanted = {"amount": price, "reason": "商品质量问题", "with_return": True} | body
    asked = await house.sandbox.post(f"/buyer/orders/{oid}/refund", **wanted)
    return Applied(asked["refund_id_text"], str(order["tid"]), oid)


async def apply_for_exchange(house: House, price: str = "89.00", **body: Any) -> Applied:
    """Chen wants another one of what leaks."""
    order = await house.order(price=price)
    oid = str(order["orders"][0]["oid"])
    asked = await house.sandbox.post(f"/buyer/orders/{oid}/exchange", **({"reason": "商品质量问题"} | body))
    return Applied(asked["refund_id_text"], str(order["tid"]), oid)


async def refunds_policy(house: House, **changes: Any) -> None:
    """The shop's own rules; goods come back to its warehouse."""
    async with house.parts.sessions.begin() as session:
        policy = (await office.policy_in_force(session, "refunds", house.shop)).document.model_dump(mode="json")
        policy |= {"return_addresses": [BACK]} | changes
        await office.put_policy(session, "refunds", house.shop, policy, "tests", "a test", datetime.now(UTC))


async def opening_of(house: House, applied: Applied, now: datetime) -> RefundOpening:
    """Keep the application as the way in does, and say how its case is opened."""
    parts = house.parts
    market = await Marketplaces(parts.settings, parts.sessions, parts.http).of(house.shop)
    try:
        shown = await market.clients.refunds.refund(applied.refund_id)
    except Rejected:
        shown = await market.clients.exchanges.exchange(applied.refund_id)
    facts = refund_facts(market, shown, order=await market.trades.order(applied.tid))
    async with parts.sessions.begin() as session:
        kept = await keep_refund(session, parts.ring, facts, now)
        return RefundOpening(
            case=mint(2026, secrets.token_bytes(16)), platform=house.platform, shop=house.shop,
            external_id=applied.refund_id, refund_row=str(kept.row.id), source="pull",
        )  # fmt: skip


@dataclass
class RefundStory:
    """One refund case being told: steps by people, time that passes, and what the case says of itself."""

    house: House
    opening: RefundOpening
    applied: Applied
    pass_time: Callable[[timedelta], Any]
    clock: Callable[[], Any]
    waybill: str = field(default_factory=lambda: f"YT{secrets.randbelow(10**13):013d}")

    @property
    def handle(self) -> Any:
        return self.house.parts.client.get_workflow_handle_for(RefundCase.run, refund_workflow_id(self.opening))

    async def start(self) -> None:
        options = refund_start_options(self.opening, self.house.parts.settings.task_queue)
        await self.house.parts.client.start_workflow(RefundCase.run, self.opening, **options)

    async def view(self) -> RefundCaseState:
        state: RefundCaseState = await self.handle.query(RefundCase.view)
        return state

    async def step(self, who: str, step: steps.Step, key: str | None = None) -> RefundAnswer:
        command = steps.RefundCommand.model_validate(
            {"actor": self.house.actor(who), "step": step, "digest": "d", "sent_at": await self.clock()}
        )
        id = key or uuid4().hex
        while True:
            try:
                answer: RefundAnswer = await self.handle.execute_update(RefundCase.advance, command, id=id)
            except WorkflowUpdateFailedError as failed:
                # The api sends it again as well.
                if not isinstance(failed.cause, ApplicationError) or failed.cause.type != "Draining":
                    raise
                await asyncio.sleep(0.05)
            else:
                return answer

    async def settled(self) -> RefundCaseState:
        """The state once the case has nothing left to do at this moment of its time."""
        async with asyncio.timeout(STUCK_AFTER_SECONDS):
            while True:
                state = await self.view()
                due = next_due(state)
                if due is None or due.at > await self.clock() or state.closed_at is not None:
                    return state
                await asyncio.sleep(0.01)

    async def until(
        self, so: Callable[[RefundCaseState], bool], within: timedelta = timedelta(days=60)
    ) -> RefundCaseState:
        """Straight to what is due next, until something is so. Fails when it is not so within the time."""
        ends = await self.clock() + within
        while True:
            state = await self.settled()
            if so(state):
                return state
            due, now = next_due(state), await self.clock()
            assert due is not None, f"nothing is due any more: {state.outcome}"
            assert due.at <= ends, f"not so within {within}: next is {due.action} at {due.at}"
            await self.pass_time(max(due.at - now, timedelta(seconds=1)))

    async def told(self) -> RefundCaseState:
        """The marketplace says that something changed, and the case has looked."""
        await self.handle.signal(RefundCase.refund_changed)
        return await self.settled()

    async def agent(self) -> str:
        state = await self.until(lambda case: case.assignee is not None)
        return next(name for name, person in self.house.people.items() if person == state.assignee)

    async def ship_back(self, company: str = "圆通") -> None:
        path = f"/buyer/refunds/{self.applied.refund_id}/ship_back"
        await self.house.sandbox.post(path, company=company, sid=self.waybill)

    async def courier(self, what: str, **body: Any) -> None:
        """What becomes of the parcel on its way back: scan, sign, stop, damage, lose."""
        await self.house.sandbox.post(f"/control/courier/waybills/{self.waybill}/{what}", **body)

    async def let_pass(self) -> RefundCaseState:
        """Up to the moment at which the case decides about the deadline; then the marketplace's own clock runs out."""
        state = await self.until(lambda case: case.watch is not None and case.watch.decided is not None)
        assert state.watch is not None
        passing = state.watch.deadline
        left = passing.at - await self.house.sandbox_time() + timedelta(minutes=1)
        await self.house.sandbox.post("/control/clock", advance_seconds=left.total_seconds())
        return await self.until(lambda case: case.watch is None or case.watch.deadline != passing)

    async def parcel(self) -> ParcelRef:
        """The parcel as the warehouse enters it."""
        parts = self.house.parts
        async with parts.sessions.begin() as session:
            arrived = Arrived(self.house.shop, "圆通", self.waybill, None, UUID(self.house.people["wang"]))
            row = await enter_parcel(session, parts.ring, arrived, datetime.now(UTC))
            return ParcelRef(id=str(row.id))

    async def shipment(self, waybill: str = "SF0000000001") -> ShipmentRef:
        """Goods that go out, as the api keeps them."""
        parts, row = self.house.parts, UUID(self.opening.refund_row)
        async with parts.sessions.begin() as session:
            await keep_shipment(session, parts.ring, row, OUT, "顺丰", waybill, datetime.now(UTC), "wang")
            return ShipmentRef(id=str(await shipment_of(session, parts.ring, row, OUT, waybill)))

    async def photo(self, content: bytes = PHOTO, name: str = "photo.png") -> str:
        """The id of a file in the case's vault, as the api puts it there."""
        parts = self.house.parts
        assert parts.vault is not None

        async def pieces() -> AsyncIterator[bytes]:
            yield content

        kept = await parts.vault.receive(pieces(), name)
        case = (await self.view()).opening.case
        async with parts.sessions.begin() as session:
            file = await session.get_one(CaseFile, case)
            row = await keep_attachment(
                session, file, kept.sha256, kept.size, kept.media_type, name, "tests", datetime.now(UTC)
            )
            return str(row.id)

    async def on_the_market(self) -> dict[str, Any]:
        """The application as the sandbox has it."""
        shown: dict[str, Any] = await self.house.sandbox.get(f"/buyer/refunds/{self.applied.refund_id}")
        return shown

    async def buyer(self, does: str, **body: Any) -> None:
        """The buyer does something with the application, and the case has not heard of it yet."""
        await self.house.sandbox.post(f"/buyer/refunds/{self.applied.refund_id}/{does}", **body)

    async def closed(self) -> RefundCaseState:
        """The last state, once everything is written."""
        state: RefundCaseState = await self.until(lambda case: case.closed_at is not None)
        await self.handle.result()
        return state

    async def events(self) -> list[CaseEvent]:
        """The record in order, once everything so far is written."""
        state = await self.view()
        return await recorded(self.house, state.opening.case, state.version)

    async def line(self) -> RefundLine:
        """The case's line of the register, once it shows what the case knows."""
        state = await self.view()
        async with asyncio.timeout(STUCK_AFTER_SECONDS):
            while True:
                async with self.house.parts.sessions() as session:
                    file = await session.get_one(CaseFile, state.opening.case)
                    if file.version >= state.version:
                        return await session.get_one(RefundLine, state.opening.case)
                await asyncio.sleep(0.01)
