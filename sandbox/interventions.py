"""The platform's own service in an application: called by the buyer, stepping in, ruling for one side."""

from sandbox import refunds
from sandbox.refund_states import (
    CLOSED,
    CS_CALLED,
    CS_FOR_BUYER,
    CS_FOR_SELLER,
    CS_NONE,
    CS_STEPPED_IN,
    ENDED,
    EX_CLOSED,
    EX_REFUND_PLEASE,
    EXCHANGE,
    PAID,
)
from sandbox.world import Refused, World


def call(world: World, refund_id: int) -> None:
    """The buyer asks the service in; the seller's clock runs on until it comes."""
    _turn(world, refund_id, CS_CALLED, CS_NONE)


def step_in(world: World, refund_id: int) -> None:
    """From now on nobody's clock runs: the service decides."""
    with world.store.transaction():
        _turn(world, refund_id, CS_STEPPED_IN, CS_NONE, CS_CALLED)
        world.store.execute("UPDATE refund SET deadline = NULL WHERE refund_id = ?", refund_id)


def rule(world: World, refund_id: int, *, for_buyer: bool) -> None:
    """Money goes back by the service's word, or the application is closed by it."""
    with world.store.transaction():
        _turn(world, refund_id, CS_FOR_BUYER if for_buyer else CS_FOR_SELLER, CS_STEPPED_IN)
        refund = refunds.get(world, refund_id)
        exchange = refund["dispute_type"] == EXCHANGE
        won, lost = (EX_REFUND_PLEASE, EX_CLOSED) if exchange else (PAID, CLOSED)
        refunds.move(world, refund, won if for_buyer else lost, world.clock.now())


def _turn(world: World, refund_id: int, cs_status: int, *allowed: int) -> None:
    refunds.settle(world)
    refund, now = refunds.get(world, refund_id), world.clock.now()
    if refund["status"] in ENDED or refund["cs_status"] not in allowed:
        raise Refused("wrong_state", f"The service's part is {refund['cs_status']} and the state {refund['status']}.")
    world.store.execute(
        "UPDATE refund SET cs_status = ?, modified = ?, version = max(version + 1, ?) WHERE refund_id = ?",
        cs_status,
        now,
        now * 1000,
        refund_id,
    )
    refunds.tell(world, refund_id, None if refund["dispute_type"] == EXCHANGE else refunds.MODIFIED_TOPIC)
