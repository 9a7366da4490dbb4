"""What a return has cost."""

import pytest

from domain.refund_case import steps
from domain.refund_case.losses import loss_fen
from domain.refund_case.market import RefundKind
from tests.domain.refund_world import FAY, PARCEL, PLAIN, WAN, Market, RefundWorld

DEAR = PLAIN.model_copy(update={"return_freight_fen": 1000, "executed_by": "service"})


def paid(world: RefundWorld) -> RefundWorld:
    assert world.step(FAY, steps.ReleaseRefund(amount_fen=8900)) is None
    world.wait(minutes=1)
    return world


@pytest.mark.covers(158)
def test_goods_that_can_be_sold_again_cost_the_way_back_alone() -> None:
    handling = DEAR.model_copy(update={"executed_by": "finance"})
    assert loss_fen(paid(RefundWorld(Market(handling=handling)).inspected()).case) == 1000


@pytest.mark.covers(158)
@pytest.mark.parametrize(("good", "damaged", "lost"), [(2, 0, 0), (1, 1, 4450), (0, 2, 8900)])
def test_pieces_that_can_not_be_sold_are_lost_in_proportion(good: int, damaged: int, lost: int) -> None:
    world = RefundWorld().received()
    world.step(WAN, steps.Inspect(result="intact", good=good, damaged=damaged))
    assert loss_fen(paid(world).case) == lost


def test_money_back_without_goods_is_lost_and_a_withdrawn_application_costs_nothing() -> None:
    refunded = RefundWorld(Market(kind=RefundKind.REFUND, handling=DEAR)).agreed()
    withdrawn = RefundWorld(Market(handling=DEAR)).asked()
    withdrawn.market.withdraw(withdrawn.now)
    withdrawn.read()
    assert (loss_fen(refunded.case), loss_fen(withdrawn.case)) == (8900, 0)


def test_goods_that_never_came_back_are_lost() -> None:
    world = RefundWorld(Market(handling=PLAIN)).shipped()
    world.wait(days=30)
    assert (world.case.goods.received_at, loss_fen(world.case)) == (None, 8900)
    assert world.step(WAN, steps.ReceiveParcel(parcel=PARCEL)) == "CaseClosed"
