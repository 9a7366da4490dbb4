"""Parcels of a refund case: watched, told of when late, and acted on when they were signed for."""

import pytest

from domain.policies.tracking import TrackingPolicy
from domain.refund_case import agenda, steps, tracing
from domain.refund_case.agenda import Action
from domain.refund_case.facts import Traced
from domain.refund_case.market import OnItsWay
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from domain.tracking import DelayReason, Leg, TransitState
from tests.domain.refund_world import ADA, ALICE, FAY, PARCEL, PLAIN, START, TEXT, WAN, Market, RefundWorld

WATCHED = PLAIN.model_copy(update={"tracking": TrackingPolicy()})
MOVING, SIGNED = TransitState.MOVING, TransitState.SIGNED


@pytest.fixture
def world() -> RefundWorld:
    """The goods are on their way back, scanned just now, and their parcel is watched."""
    world = RefundWorld(Market(handling=WATCHED)).shipped()
    world.scan(MOVING)
    world.wait(minutes=1)
    return world


def test_without_a_policy_nobody_is_asked_about_parcels() -> None:
    assert RefundWorld().shipped().case.parcels == []


@pytest.mark.covers(140)
def test_a_late_parcel_is_told_to_its_buyer_once_before_they_ask(world: RefundWorld) -> None:
    world.wait(hours=47)
    assert world.told == []
    world.wait(hours=2)
    assert (world.told, world.case.parcels[0].delay) == (["delay"], DelayReason.SILENT)
    world.scan(MOVING)
    world.wait(hours=7)
    assert world.case.parcels[0].delay is None
    world.wait(days=4)
    assert (world.told, world.kinds.count("parcel_delayed")) == (["delay"], 2)


@pytest.mark.covers(140)
def test_what_is_over_when_the_hour_comes_is_not_told_any_more(world: RefundWorld) -> None:
    world.now = world.case.parcels[0].moves.last_at or world.now
    tracing.traced(
        world.case, "shipment", Traced(shipment="shipment", state=TransitState.TROUBLE, last_at=world.now), world.now
    )
    tracing.traced(world.case, "shipment", Traced(shipment="shipment", state=MOVING, last_at=world.now), world.now)
    world.wait(minutes=1)
    assert (world.told, "buyer_not_told" in world.kinds) == ([], True)


def test_a_number_that_nobody_knows_is_the_desks_matter_and_not_told_to_the_buyer() -> None:
    world = RefundWorld(Market(handling=WATCHED)).shipped()
    world.wait(hours=50)
    assert (world.case.parcels[0].delay, world.told) == (DelayReason.UNCOLLECTED, [])


def test_a_shop_may_choose_to_tell_nobody() -> None:
    quiet = PLAIN.model_copy(update={"tracking": TrackingPolicy(tell_buyer=False)})
    world = RefundWorld(Market(handling=quiet)).shipped()
    world.scan(TransitState.TROUBLE)
    world.wait(hours=1)
    assert (world.case.parcels[0].delay, world.case.tellings) == (DelayReason.TROUBLE, [])


@pytest.mark.covers(126, 99)
def test_the_couriers_sign_for_makes_it_the_warehouses_turn_and_looks_at_the_marketplace(world: RefundWorld) -> None:
    assert (stage_of(world.case), owner_of(world.case)) == (RefundStage.IN_TRANSIT, Owner.COURIER)
    before = world.case.read_at
    world.scan(SIGNED)
    world.wait(hours=7)
    assert (stage_of(world.case), owner_of(world.case)) == (RefundStage.ARRIVED, Owner.WAREHOUSE)
    assert (world.case.parcels[0].look_at, world.case.read_at != before) == (None, True)
    assert world.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) is None
    assert stage_of(world.case) is RefundStage.INSPECTING


def test_a_courier_that_is_away_is_asked_again_and_loses_nothing(world: RefundWorld) -> None:
    world.down = True
    world.wait(hours=20)
    assert (world.case.parcels[0].failed > 1, world.case.parcels[0].state) == (True, MOVING)
    world.down = False
    world.scan(SIGNED)
    world.wait(hours=7)
    assert (world.case.parcels[0].failed, world.case.parcels[0].state) == (0, SIGNED)


def test_an_older_trace_moves_the_parcel_nowhere(world: RefundWorld) -> None:
    old = world.scanned["shipment"]
    world.wait(hours=1)
    world.scan(SIGNED)
    tracing.pushed(world.case, "shipment", world.now)
    world.wait(minutes=1)
    tracing.traced(world.case, "shipment", old, world.now)
    assert world.case.parcels[0].state is SIGNED


def test_a_push_makes_the_case_look_at_once_and_one_of_nobodys_parcel_changes_nothing(world: RefundWorld) -> None:
    tracing.pushed(world.case, "another", world.now)
    assert not world.case.parcels[0].pushed
    tracing.pushed(world.case, "shipment", world.now)
    due = agenda.next_due(world.case)
    assert due is not None
    assert (due.action, due.subject, world.case.parcels[0].pushed) == (Action.TRACE, "shipment", True)


def test_a_parcel_that_never_arrives_is_not_asked_about_for_ever(world: RefundWorld) -> None:
    assert world.case.watch is not None
    tracing.traced(world.case, "shipment", world.scanned["shipment"], world.now.replace(year=2027))
    assert world.case.parcels[0].look_at is None


def test_where_no_courier_is_set_up_nobody_asks_again(world: RefundWorld) -> None:
    tracing.traced(world.case, "shipment", Traced(shipment="shipment", watched=False), world.now)
    assert world.case.parcels[0].look_at is None


def test_anybody_of_the_shop_may_have_the_courier_asked_now_and_an_auditor_may_not(world: RefundWorld) -> None:
    assert world.step(ADA, steps.CheckParcels()) == "NotYours"
    for person in (ALICE, WAN, FAY):
        assert world.step(person, steps.CheckParcels()) is None
    assert world.case.parcels[0].look_at == world.now
    world.scan(SIGNED)
    world.wait(minutes=1)
    assert world.step(ALICE, steps.CheckParcels()) == "NothingOnItsWay"


def test_holding_a_case_holds_no_courier(world: RefundWorld) -> None:
    assert world.step(ALICE, steps.Hold(why=TEXT)) is None
    world.scan(SIGNED)
    world.wait(hours=7)
    assert world.case.parcels[0].state is SIGNED


@pytest.mark.covers(137, 140)
@pytest.mark.parametrize(("leg", "told"), [(Leg.ORDER, ["keep_packaging"]), (Leg.BACK, [])])
def test_of_damage_that_the_courier_shows_the_buyer_hears_what_to_keep_and_not_that_it_is_slow(
    leg: Leg, told: list[str]
) -> None:
    way = OnItsWay(shipment="way", leg=leg, told_at=START)
    world = RefundWorld(Market(handling=WATCHED, parcels=[way]))
    world.scan(TransitState.DAMAGED, "way")
    world.wait(hours=7)
    assert (world.case.parcels[0].delay, world.told) == (DelayReason.DAMAGED, told)
