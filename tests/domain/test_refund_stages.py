"""The stages of a refund case as one table: how a case gets there, who has to move, and what each of them may do."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.people import Actor
from domain.policies.refund_rules import RefundStatus
from domain.refund_case import rules, steps
from domain.refund_case.market import Intervention, RefundKind
from domain.refund_case.register import WHY
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from tests.domain.refund_world import ALICE, BOB, FAY, PARCEL, PLAIN, TEXT, WAN, Market, RefundWorld
from tests.domain.test_refund_amends import kept
from tests.domain.test_refund_special import refused, reopened


def opening() -> RefundWorld:
    world = RefundWorld()
    world.case.identity = None
    return world


def refund_only(**handling: object) -> RefundWorld:
    return RefundWorld(Market(kind=RefundKind.REFUND, handling=PLAIN.model_copy(update=handling)))


def assigned() -> RefundWorld:
    world = RefundWorld()
    world.wait(minutes=1)
    return world


def trying() -> RefundWorld:
    world = RefundWorld().asked()
    assert world.step(ALICE, steps.TryFirst(until=world.now + timedelta(days=2))) is None
    return world


def keeps() -> RefundWorld:
    world = trying()
    assert world.step(ALICE, steps.EndTrial(satisfied=True)) is None
    return world


def ordering() -> RefundWorld:
    world = RefundWorld().asked()
    assert world.step(ALICE, steps.Agree()) is None
    return world


def by_hand() -> RefundWorld:
    world = refund_only(by_machine=False, executed_by="service").asked()
    assert world.step(ALICE, steps.Agree()) is None
    return world


def releasing() -> RefundWorld:
    world = refund_only().asked()
    assert world.step(ALICE, steps.Agree()) is None
    return world


def exchange(**handling: object) -> RefundWorld:
    market = Market(kind=RefundKind.EXCHANGE, handling=PLAIN.model_copy(update=handling))
    world = RefundWorld(market).asked()
    world.market.move(RefundStatus.TO_SEND, world.now)
    world.read()
    return world


def sent() -> RefundWorld:
    world = exchange()
    world.market.move(RefundStatus.SENT, world.now)
    world.read()
    return world


def intervened() -> RefundWorld:
    world = RefundWorld().asked()
    world.market.intervention = Intervention.STEPPED_IN
    world.market.chat(world.now)
    world.read()
    return world


def paid_before_the_goods_came() -> RefundWorld:
    world = RefundWorld().shipped()
    world.wait(days=10, hours=1)
    return world


def over() -> RefundWorld:
    world = refund_only().asked()
    world.market.withdraw(world.now)
    world.read()
    return world


def closed() -> RefundWorld:
    world = over()
    world.wait(minutes=1)
    return world


def opened_again() -> RefundWorld:
    return reopened(closed())


S, O = RefundStage, Owner  # noqa: E741 - a table wants short names
TALK = {"record_reason", "explain"}
PROPOSE = {"propose"}
DECIDE = {"agree", "refuse"}
TABLE: dict[RefundStage, tuple[Callable[[], RefundWorld], Owner, set[str], set[str], set[str]]] = {
    # stage: how to get there, who has to move, and what only its agent, the warehouse and finance may do
    S.OPENING: (opening, O.CASE, set(), set(), set()),
    S.ASKING: (assigned, O.SERVICE, TALK, set(), set()),
    S.DECIDING: (lambda: RefundWorld().asked(), O.SERVICE, TALK | PROPOSE | DECIDE | {"try_first"}, set(), set()),
    S.TRYING: (trying, O.BUYER, TALK | PROPOSE | DECIDE | {"end_trial"}, set(), set()),
    S.AWAITING_BUYER: (keeps, O.BUYER, TALK | PROPOSE | DECIDE | {"end_trial"}, set(), set()),
    S.ORDERING: (ordering, O.CASE, set(), set(), set()),
    S.BY_HAND: (by_hand, O.SERVICE, {"confirm_done"}, set(), set()),
    S.AWAITING_RETURN: (lambda: RefundWorld().agreed(), O.BUYER, {"record_reason"}, set(), set()),
    S.IN_TRANSIT: (lambda: RefundWorld().shipped(), O.COURIER, {"record_reason"}, set(), set()),
    S.INSPECTING: (lambda: RefundWorld().received(), O.WAREHOUSE, {"record_reason"}, {"inspect"}, set()),
    S.SECOND_LOOK: (lambda: RefundWorld().inspected("undecided"), O.LEAD, {"record_reason"}, set(), set()),
    S.DISPUTING: (lambda: RefundWorld().inspected("empty_parcel"), O.SERVICE, {"record_reason"} | DECIDE, set(), set()),
    S.RESENDING: (exchange, O.WAREHOUSE, {"record_reason"}, {"send_goods"}, set()),
    S.AWAITING_RECEIPT: (sent, O.BUYER, {"record_reason"}, set(), set()),
    S.RELEASING: (releasing, O.FINANCE, {"record_reason"}, set(), {"release_refund"}),
    S.REFUSED: (refused, O.BUYER, {"record_reason", "answer_refusal"}, set(), set()),
    S.INTERVENED: (intervened, O.SUPERVISOR, {"record_reason"}, set(), set()),
    S.REOPENED: (opened_again, O.SERVICE, {"record_reason", "close_again"}, set(), set()),
    S.PAYING: (kept, O.SERVICE, set(), set(), set()),
    S.AWAITING_GOODS: (paid_before_the_goods_came, O.COURIER, set(), set(), set()),
    S.ENDING: (over, O.CASE, set(), set(), set()),
    S.CLOSED: (closed, O.NOBODY, set(), set(), set()),
}
# A code is asked for by the marketplace, the rest is about couriers: tests of their own tell how a case gets there.
ELSEWHERE = {S.ENTERING_CODE, S.ARRIVED, S.AWAITING_CLAIM, S.BEARING_LOSS}
# Steps whose place is a stage of the story; those of the desk, of parcels, of freight and of quarrels have tests of
# their own.
STORY = {
    *("record_reason", "explain", "propose", "answer_proposal", "try_first", "end_trial", "agree", "refuse"),
    *("release_refund", "enter_code", "confirm_done", "inspect", "send_goods", "answer_refusal", "close_again"),
}


def may(world: RefundWorld, actor: Actor) -> set[str]:
    return STORY & set(rules.allowed_steps(world.case, actor, world.now))


@pytest.mark.covers(111, 113, 117, 119)
@pytest.mark.parametrize("stage", TABLE, ids=str)
def test_each_stage_has_one_owner_and_its_own_steps(stage: RefundStage) -> None:
    there, owner, agent, warehouse, finance = TABLE[stage]
    world = there()
    assert (stage_of(world.case), owner_of(world.case)) == (stage, owner)
    assert (may(world, ALICE), may(world, WAN), may(world, FAY)) == (agent, warehouse, finance)


def test_the_table_tells_of_every_stage_and_the_register_says_why_each_waits() -> None:
    assert set(TABLE) | ELSEWHERE == set(RefundStage)
    assert set(WHY) == set(RefundStage)


@pytest.mark.parametrize("stage", [S.SECOND_LOOK, S.INTERVENED], ids=str)
def test_what_is_a_leaders_a_leader_can_do(stage: RefundStage) -> None:
    world = TABLE[stage][0]()
    allowed = set(rules.allowed_steps(world.case, BOB, world.now))
    assert allowed >= ({"inspect"} if stage is S.SECOND_LOOK else {"end_refund", "ask_platform"})


def test_a_case_is_in_its_warehouse_before_the_marketplace_knows() -> None:
    world = RefundWorld().agreed()
    assert world.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) is None
    assert (stage_of(world.case), owner_of(world.case)) == (S.INSPECTING, O.WAREHOUSE)
    assert world.step(WAN, steps.Inspect(result="intact", good=1)) is None
    assert world.step(ALICE, steps.Note(text=TEXT)) is None
    assert stage_of(world.case) is S.AWAITING_RETURN
