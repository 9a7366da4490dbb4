"""Special periods, applications that stand still, and cases that come alive again."""

from datetime import timedelta

import pytest

from domain.policies.refund_rules import RefundStatus
from domain.refund_case import clocks, progress, rules, steps
from domain.refund_case.facts import RefundOpened
from domain.refund_case.market import RefundKind
from domain.refund_case.outcomes import RefundOutcome
from domain.refund_case.register import why_stuck
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from domain.refund_case.state import RefundCaseState
from tests.domain.refund_world import ALICE, ANN, BOB, FAY, PARCEL, PLAIN, TEXT, WAN, Market, RefundWorld


def refused() -> RefundWorld:
    world = RefundWorld().asked()
    assert world.step(ALICE, steps.Refuse(message=TEXT)) is None
    world.wait(minutes=1)
    return world


@pytest.mark.covers(123)
@pytest.mark.parametrize(
    ("accepted", "why"),
    [(True, "refused; the buyer accepts it and has to withdraw"), (False, "refused; the buyer insists")],
)
def test_refused_and_not_confirmed_is_a_state_of_its_own_that_tells_what_the_buyer_said(
    accepted: bool, why: str
) -> None:
    world = refused()
    assert (stage_of(world.case), why_stuck(world.case)) == (
        RefundStage.REFUSED,
        "refused, and the buyer has not said anything",
    )
    assert world.step(ANN, steps.AnswerRefusal(accepted=accepted)) is None, "anybody of the desk, at night too"
    assert (stage_of(world.case), why_stuck(world.case)) == (RefundStage.REFUSED, why)
    world.market.change(3000, world.now)
    world.read()
    assert (stage_of(world.case), world.case.refusal_answer) == (RefundStage.DECIDING, None)


@pytest.mark.covers(124)
def test_in_special_periods_the_platforms_staff_are_asked_and_that_is_on_record() -> None:
    world = refused()
    assert world.step(ALICE, steps.AskPlatform(what=TEXT)) == "NotYours"
    assert world.step(BOB, steps.AskPlatform(what=TEXT)) is None
    assert why_stuck(world.case) == "the marketplace's staff were asked to change it"
    assert "platform_asked" in world.kinds
    world.market.move(RefundStatus.ASKED, world.now)
    world.read()
    assert why_stuck(world.case) != "the marketplace's staff were asked to change it"


@pytest.mark.covers(106, 124)
@pytest.mark.parametrize("stand", ["asked", "on its way", "not in order"])
def test_money_goes_back_at_a_loss_on_purpose_and_by_two_people(stand: str) -> None:
    if stand == "asked":
        world = RefundWorld(Market(kind=RefundKind.REFUND))
        world.wait(minutes=1)
    else:
        world = RefundWorld().shipped() if stand == "on its way" else RefundWorld().inspected("empty_parcel")
    assert world.step(ALICE, steps.RefundAtLoss(amount_fen=8900, why=TEXT)) == "NotYours"
    assert world.step(BOB, steps.RefundAtLoss(amount_fen=100, why=TEXT)) == "AmountNotAsked"
    assert world.step(BOB, steps.RefundAtLoss(amount_fen=8900, why=TEXT)) is None
    assert (stage_of(world.case), owner_of(world.case)) == (RefundStage.RELEASING, Owner.FINANCE)
    assert world.step(BOB, steps.ReleaseRefund(amount_fen=8900)) == "NotYours"
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8900)) is None
    world.wait(minutes=1)
    assert (world.case.outcome, world.case.refunded_fen) == (RefundOutcome.REFUNDED, 8900)
    assert "loss_decided" in world.kinds


@pytest.mark.covers(124)
def test_a_loss_was_decided_for_one_sum_and_for_no_other() -> None:
    world = RefundWorld(Market(kind=RefundKind.REFUND))
    world.wait(minutes=1)
    world.step(BOB, steps.RefundAtLoss(amount_fen=8900, why=TEXT))
    world.market.change(3000, world.now)
    world.read()
    assert (stage_of(world.case), world.case.loss_decided) == (RefundStage.ASKING, False)


def test_a_return_that_is_only_asked_for_is_agreed_to_first() -> None:
    world = RefundWorld().asked()
    assert world.step(BOB, steps.RefundAtLoss(amount_fen=8900, why=TEXT)) == "NoLoss"


def reopened(world: RefundWorld) -> RefundWorld:
    """The next run of the same case, as the register activity opens it."""
    left = world.case.view()
    assert left.closed_at is not None
    assert world.case.identity is not None
    opening = left.opening.model_copy(update={"run": 2, "source": "person", "why": "the parcel came after all"})
    world.case = RefundCaseState(opening=opening, opened_at=world.now)
    found = RefundOpened(
        number=left.opening.case, identity=left.identity, reading=world.market.reading(world.now), before=left
    )
    progress.opened(world.case, found, world.now)
    clocks.follow(world.case, world.now)
    world.wait(minutes=1)
    return world


@pytest.mark.covers(120)
def test_a_case_that_comes_alive_again_goes_on_with_its_numbering_and_takes_a_late_parcel() -> None:
    world = RefundWorld().shipped()
    world.wait(days=30)
    assert "goods_given_up" in world.kinds
    version, before = world.case.version, world.case.outcome
    world = reopened(world)
    assert world.case.unwritten[0].seq == version + 1
    assert (stage_of(world.case), owner_of(world.case)) == (RefundStage.REOPENED, Owner.SERVICE)
    world.wait(days=3)
    assert world.case.outcome is None, "a reading that says nothing new ends nothing"
    assert world.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) is None
    assert stage_of(world.case) is RefundStage.INSPECTING
    assert world.step(WAN, steps.Inspect(result="intact", good=1)) is None
    assert world.step(ALICE, steps.CloseAgain(why=TEXT)) is None
    world.wait(minutes=1)
    assert (world.case.outcome, world.case.closed_at is not None) == (before, True)


def test_a_case_that_goes_on_at_the_marketplace_is_worked_on_again() -> None:
    world = RefundWorld().asked()
    assert world.step(BOB, steps.EndRefund(why=TEXT)) is None
    world.wait(minutes=1)
    assert world.case.outcome is RefundOutcome.ENDED_BY_HAND
    world = reopened(world)
    assert (stage_of(world.case), world.case.watch is not None) == (RefundStage.DECIDING, True)
    assert world.step(ALICE, steps.CloseAgain(why=TEXT)) == "NotReopened"


def test_a_second_life_does_not_obey_an_order_of_the_first() -> None:
    world = RefundWorld(Market(kind=RefundKind.REFUND, handling=PLAIN.model_copy(update={"executed_by": "service"})))
    world.asked()
    world.down = True
    world.step(ALICE, steps.Agree())
    world.wait(minutes=1)
    assert world.case.open_order is not None
    world.down = False
    world.market.withdraw(world.now)
    world.read()
    world.wait(minutes=1)
    world = reopened(world)
    assert (world.case.open_order, world.market.status) == (None, RefundStatus.CLOSED)


def test_held_cases_are_not_paid_at_a_loss() -> None:
    world = RefundWorld(Market(kind=RefundKind.REFUND)).asked()
    world.step(ALICE, steps.Hold(why=TEXT, until=world.now + timedelta(days=1)))
    assert "refund_at_loss" not in rules.allowed_steps(world.case, BOB, world.now)
