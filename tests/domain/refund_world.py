"""A world for the refund case's pure rules: a marketplace that acts at its deadlines, and the case's own agenda.

The marketplace here keeps the same rules as the sandbox's: who must act, until when, and what follows without a word.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.assignment import Assigned
from domain.case_clocks import Reckoned, Told, escalated, reckoned
from domain.disputes import counter_claims, questions
from domain.errors import Refusal
from domain.escalation import EscalationKind
from domain.freight import Payer
from domain.people import Actor, Role
from domain.policies.refund_rules import Consequence, RefundStatus
from domain.refund_case import (
    agenda,
    claiming,
    clocks,
    deadlines,
    desk,
    handling_goods,
    hearing,
    progress,
    rules,
    steps,
    talking,
    tracing,
    writing,
)
from domain.refund_case.agenda import Action, Due
from domain.refund_case.facts import Ordered, OrderResult, RefundOpened, RefundPrepared, Traced, Warned
from domain.refund_case.market import Handling, Intervention, OnItsWay, Reading, RefundKind, basis_of
from domain.refund_case.messages import MessageStatus
from domain.refund_case.ordering import moves_to, shows_done
from domain.refund_case.orders import Order
from domain.refund_case.state import Freight, RefundCaseState, RefundIdentity, RefundOpening
from domain.refund_deadlines import Deadline, DeadlineSource
from domain.sealed import ParcelRef, SealedRef
from domain.tracking import Leg, TransitState

START = datetime(2026, 11, 21, 4, tzinfo=UTC)
TEXT = SealedRef(id="text", digest="digest")
PARCEL = ParcelRef(id="parcel")
ALICE = Actor(person="alice", roles=frozenset({Role.AGENT}))
ANN = Actor(person="ann", roles=frozenset({Role.AGENT}))
BOB = Actor(person="bob", roles=frozenset({Role.SUPERVISOR, Role.LEAD}))
FAY = Actor(person="fay", roles=frozenset({Role.FINANCE}))
WAN = Actor(person="wan", roles=frozenset({Role.WAREHOUSE}))
ADA = Actor(person="ada", roles=frozenset({Role.AUDITOR}))
PLAIN = Handling(executed_by="finance", inspected_by="warehouse", alternatives=["usage_help", "partial_refund"])

ASKED, RETURNING, RETURNED, REFUSED = (
    RefundStatus.ASKED,
    RefundStatus.RETURNING,
    RefundStatus.RETURNED,
    RefundStatus.REFUSED,
)
PAID, CLOSED = RefundStatus.SUCCEEDED, RefundStatus.CLOSED
LIMITS = {
    ASKED: (timedelta(days=5), Consequence.AGREED),
    RETURNING: (timedelta(days=7), Consequence.CLOSED),
    RETURNED: (timedelta(days=10), Consequence.REFUNDED),
    REFUSED: (timedelta(days=7), Consequence.CLOSED),
}


@dataclass
class Market:
    """One application on its marketplace."""

    kind: RefundKind = RefundKind.RETURN
    status: RefundStatus = ASKED
    amount_fen: int = 8900
    cause: str | None = "quality.broken"
    version: int = 1
    moved_at: datetime = START
    shipment: str | None = None
    parcels: list[OnItsWay] = field(default_factory=list)
    intervention: Intervention = Intervention.NONE
    handling: Handling = PLAIN
    cannot_refuse: bool = False
    acted: list[Deadline] = field(default_factory=list)

    @property
    def deadline(self) -> Deadline | None:
        if self.status not in LIMITS or self.intervention is Intervention.STEPPED_IN:
            return None
        length, then = LIMITS[self.status]
        return Deadline(status=self.status, at=self.moved_at + length, then=then, source=DeadlineSource.PLATFORM)

    def settle(self, now: datetime) -> None:
        """What the marketplace does at its deadlines, each at its own moment."""
        while (deadline := self.deadline) is not None and deadline.at <= now:
            self.acted.append(deadline)
            follows = {ASKED: RETURNING if self.kind is RefundKind.RETURN else PAID, RETURNED: PAID}
            self.move(follows.get(self.status, CLOSED), deadline.at)

    def move(self, status: RefundStatus, now: datetime) -> None:
        self.status, self.moved_at, self.version = status, now, self.version + 1

    def reading(self, now: datetime) -> Reading:
        self.settle(now)
        return Reading(
            at=now, status=self.status, code=self.status, version=str(self.version), modified_at=self.moved_at,
            kind=self.kind, amount_fen=self.amount_fen, cause=self.cause, cannot_refuse=self.cannot_refuse,
            intervention=self.intervention, deadline=self.deadline, shipment=self.shipment, handling=self.handling,
            parcels=list(self.parcels),
        )  # fmt: skip

    def obey(self, order: Order, now: datetime) -> Ordered:
        """As the gateway does it: look, compare what it was decided on, act under the version seen, look again."""
        before = self.reading(now)
        if shows_done(order, before):
            return Ordered(result=OrderResult.DONE, reading=before)
        if order.on != basis_of(before):
            return Ordered(result=OrderResult.MOVED, reading=before)
        if self.intervention is Intervention.STEPPED_IN:
            return Ordered(result=OrderResult.REFUSED, reading=before, trouble="cs-intervened")
        self.move(moves_to(order.action, self.kind), now)
        return Ordered(result=OrderResult.DONE, reading=self.reading(now))

    def ship(self, now: datetime) -> None:
        """The buyer sends the goods."""
        self.settle(now)
        if self.status is RETURNING and self.intervention is not Intervention.STEPPED_IN:
            self.shipment = "shipment"
            self.parcels.append(OnItsWay(shipment="shipment", leg=Leg.BACK, told_at=now))
            self.move(RETURNED, now)

    def withdraw(self, now: datetime) -> None:
        self.settle(now)
        if self.status in LIMITS and self.intervention is not Intervention.STEPPED_IN:
            self.move(CLOSED, now)

    def change(self, amount_fen: int, now: datetime) -> None:
        """The buyer asks for another sum; the seller's clock starts anew."""
        self.settle(now)
        if self.status in {ASKED, REFUSED} and self.intervention is not Intervention.STEPPED_IN:
            self.amount_fen = amount_fen
            self.move(ASKED, now)

    def intervene(self, now: datetime) -> None:
        """Its own service steps in, and stops its clock."""
        self.settle(now)
        if self.status in LIMITS:
            self.intervention, self.version = Intervention.STEPPED_IN, self.version + 1

    def rule(self, now: datetime, for_buyer: bool = True) -> None:
        """Its own service decides."""
        if self.intervention is Intervention.STEPPED_IN:
            self.intervention = Intervention.FOR_BUYER if for_buyer else Intervention.FOR_SELLER
            self.move(PAID if for_buyer else CLOSED, now)

    def chat(self, now: datetime) -> None:
        """A message moves the version and nothing else."""
        self.settle(now)
        self.version += 1


@dataclass
class RefundWorld:
    """One case and the answers it gets. `down`: neither marketplace nor couriers answer; `scanned` is what a courier
    shows of a shipment, and `told` what the buyer heard without asking."""

    market: Market = field(default_factory=Market)
    now: datetime = START
    down: bool = False
    scanned: dict[str, Traced] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    late: list[Reading] = field(default_factory=list)
    case: RefundCaseState = field(init=False)

    def __post_init__(self) -> None:
        opening = RefundOpening(case="A26-1", platform="sandbox", shop="demo", external_id="1", refund_row="row")
        self.case = RefundCaseState(opening=opening, opened_at=self.now)
        identity = RefundIdentity(
            case_serial=1, shop_serial=1, installation="TEST", applied_at=self.now, paid_fen=8900, quantity=2
        )
        self.late.append(self.market.reading(self.now))
        opened = RefundOpened(number="A26-1", identity=identity, reading=self.late[0])
        progress.opened(self.case, opened, self.now)
        clocks.follow(self.case, self.now)

    def read(self) -> None:
        reading = None if self.down else self.market.reading(self.now)
        if reading is not None:
            self.late.append(reading)
        progress.read(self.case, reading, self.now)
        clocks.follow(self.case, self.now)

    def late_reading(self, which: int) -> None:
        """An answer that was on its way for long arrives, after newer ones."""
        progress.read(self.case, self.late[which % len(self.late)], self.now)
        clocks.follow(self.case, self.now)

    def step(self, actor: Actor, step: steps.Step, found: RefundPrepared | None = None) -> str | None:
        """The refusal's code, or None where the step was taken."""
        command = steps.RefundCommand(actor=actor, step=step, digest="", sent_at=self.now)
        try:
            rules.check(self.case, command, self.now)
        except Refusal as refused:
            return refused.code
        rules.apply(self.case, command, self.now, found or self.prepared(step))
        return None

    def prepared(self, step: Any) -> RefundPrepared:
        """What the policies that ship would say."""
        if isinstance(step, steps.Inspect):
            follows = {"intact": "refund", "undecided": "quality_person_within_24h"}
            return RefundPrepared(resellable=step.result == "intact", next=follows.get(step.result, "agent_negotiates"))
        if isinstance(step, steps.Agree | steps.FlagAbuse):
            buyer = self.case.abuse is not None
            freight = Freight(outbound=Payer.SELLER, back=Payer.BUYER if buyer else Payer.SELLER, reason="test", row=2)
            return RefundPrepared(freight=freight, address=1)
        if isinstance(step, steps.ConfirmDone) and self.case.order is not None:
            self.market.move(moves_to(self.case.order.action, self.market.kind), self.now)
            return RefundPrepared(reading=self.market.reading(self.now))
        digests = {file: f"sha-{file}" for file in getattr(step, "files", [])}
        return RefundPrepared(fault="seller", severity=3, digests=digests)

    def take(self, due: Due) -> None:
        """What the workflow does for one entry of the agenda."""
        case, now = self.case, self.now
        match due.action:
            case Action.READ:
                self.read()
            case Action.ASSIGN:
                progress.assigned(case, Assigned(person=ALICE.person, why="free"), now)
            case Action.WARN:
                hours = deadlines.hours_due(case, now)
                assert hours is not None
                role = deadlines.role_to_warn(case, hours)
                deadlines.warned(case, Warned(hours=hours, role=role, people=["p"]), now)
            case Action.ACT:
                self._act()
            case Action.ORDER:
                order = case.orders[int(due.subject) - 1]
                progress.ordered(case, order.number, None if self.down else self.market.obey(order, now), now)
            case Action.WRITE:
                status = None if self.down else MessageStatus.WRITTEN
                self.market.version += 0 if self.down else 1
                writing.written(case, int(due.subject), status, None, now)
            case Action.TRIAL_ENDS:
                talking.trial_over(case, now)
            case Action.RECKON:
                kind = EscalationKind(due.subject)
                since, counts_from = case.clocks[kind].since, case.clocks[kind].counts_from
                reckoned(case, Reckoned(kind=kind, since=since, due_at=counts_from + timedelta(hours=4)))
            case Action.ESCALATE:
                kind = EscalationKind(due.subject)
                if kind is not EscalationKind.STALE or progress.still_stale(case):
                    escalated(case, Told(kind=kind, role=Role.LEAD, people=["bob"]), now)
            case Action.CLAIM_DUE:
                counter_claims.fell_due(case, int(due.subject), now)
            case Action.QUESTION_DUE:
                questions.fell_due(case, int(due.subject), now)
            case Action.LOG_MESSAGE:
                hearing.logged(case, int(due.subject))
            case Action.RESUME:
                desk.resume_by_timer(case, now)
            case Action.TRACE:
                shown = self.scanned.get(due.subject, Traced(shipment=due.subject))
                tracing.traced(case, due.subject, None if self.down else shown, now)
            case Action.TELL:
                self.tell(int(due.subject))
            case Action.CLAIM:
                claiming.acted(case, int(due.subject))
            case Action.NOTIFY:
                progress.notified(case, True, "told", None, now)
            case Action.GIVE_UP_GOODS:
                handling_goods.goods_given_up(case, now)
            case Action.CLOSE:
                progress.closed(case, now)
            case _:
                raise AssertionError(f"nothing does {due.action}")
        clocks.follow(case, now)

    def tell(self, place: int) -> None:
        worth = tracing.worth_telling(self.case, place)
        if worth:
            self.told.append(self.case.tellings[place].kind)
        tracing.told(self.case, place, worth, "told" if worth else "it is over", None, self.now)

    def scan(self, state: TransitState, shipment: str = "shipment") -> None:
        """The courier scans the parcel now."""
        known = self.scanned.get(shipment)
        first = known.first_at if known is not None else self.now
        signed = self.now if state is TransitState.SIGNED else None
        self.scanned[shipment] = Traced(
            shipment=shipment, state=state, first_at=first, last_at=self.now, signed_at=signed
        )

    def _act(self) -> None:
        watch = self.case.watch
        self.read()
        if self.down:
            deadlines.not_reached(self.case, self.now)
        elif self.case.watch is not None and self.case.watch is watch:
            deadlines.act(self.case, self.prepared(steps.Agree()), self.now)

    def pass_to(self, moment: datetime) -> None:
        """Everything that is due on the way happens at its time."""
        for _ in range(1000):
            due = agenda.next_due(self.case)
            if due is None or due.at > moment:
                self.now = max(self.now, moment)
                return
            self.now = max(self.now, due.at)
            self.take(due)
        raise AssertionError(f"the agenda never comes to rest: {agenda.agenda(self.case)[:3]}")

    def wait(self, **time: int) -> None:
        self.pass_to(self.now + timedelta(**time))

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.case.unwritten]

    # The usual way through, each to the moment when the next person moves.

    def asked(self) -> "RefundWorld":
        self.wait(minutes=1)
        assert self.step(ALICE, steps.RecordReason(cause="quality.broken")) is None
        return self

    def agreed(self) -> "RefundWorld":
        self.asked()
        assert self.step(ALICE, steps.Agree()) is None
        self.wait(minutes=1)
        return self

    def shipped(self) -> "RefundWorld":
        self.agreed()
        self.market.ship(self.now)
        self.read()
        return self

    def received(self) -> "RefundWorld":
        self.shipped()
        assert self.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) is None
        return self

    def inspected(self, result: str = "intact") -> "RefundWorld":
        self.received()
        assert self.step(WAN, steps.Inspect(result=result, good=1)) is None
        return self
