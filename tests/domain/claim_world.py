"""A refund case whose parcels are watched and whose claims are answered: what activities and the claim's own story
would say, said by the test."""

from datetime import timedelta
from typing import Any

from domain.courier_claims import ClaimKind, ClaimStatus, DamageFinding
from domain.freight import Payer
from domain.policies.documents import load_shipped
from domain.policies.refunds import RefundsPolicy
from domain.policies.tracking import TrackingPolicy
from domain.refund_case import claim_steps, claiming, clocks
from domain.refund_case.claims import ClaimGrounds, ClaimReport
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.state import Freight
from domain.tracking import Leg, TransitState
from tests.domain.refund_world import ALICE, PLAIN, TEXT, Market, RefundWorld

CLAIMS = load_shipped("refunds", RefundsPolicy).claims
HANDLING = PLAIN.model_copy(
    update={
        "tracking": TrackingPolicy(), "claims": CLAIMS, "return_freight_fen": 1000, "outbound_freight_fen": 800,
        "executed_by": "service",
    }
)  # fmt: skip
BACK: dict[str, Any] = {"leg": Leg.BACK, "kind": ClaimKind.DAMAGE, "amount_fen": 5000}
PAYERS = {
    DamageFinding.QUALITY: (Payer.SELLER, Payer.SELLER),
    DamageFinding.TRANSIT: (Payer.SELLER, Payer.SELLER),
    DamageFinding.MISUSE: (Payer.SELLER, Payer.BUYER),
}


def world(**changes: Any) -> RefundWorld:
    """The parcel is on its way back and was scanned."""
    made = RefundWorld(Market(handling=HANDLING.model_copy(update=changes))).shipped()
    made.scan(TransitState.MOVING)
    made.wait(minutes=1)
    return made


def arrived(**changes: Any) -> RefundWorld:
    made = world(**changes)
    made.scan(TransitState.SIGNED)
    made.wait(hours=7)
    return made


def judge(made: RefundWorld, finding: DamageFinding, **more: Any) -> str | None:
    out, back = PAYERS[finding]
    recover = "courier" if finding is DamageFinding.TRANSIT else None
    found = RefundPrepared(freight=Freight(outbound=out, back=back, recover_from=recover, reason="test"))
    return made.step(ALICE, claim_steps.JudgeDamage(finding=finding, why=TEXT, **more), found)


def claim(made: RefundWorld, who: Any = ALICE, **changes: Any) -> str | None:
    step = claim_steps.FileCourierClaim(**(BACK | changes))
    grounds = ClaimGrounds(
        claimed_fen=step.amount_fen, until=made.now + timedelta(days=30), answer_due_at=made.now + timedelta(days=15)
    )
    refused = made.step(who, step, RefundPrepared(grounds=grounds, policy="refunds:1"))
    if refused is None:
        made.wait(minutes=1)
    return refused


def report(made: RefundWorld, status: ClaimStatus, number: int = 1, **more: Any) -> None:
    """What the claim's own story tells."""
    told = ClaimReport(key=made.case.claims[number - 1].key, status=status, at=made.now, **more)
    claiming.reported(made.case, told, made.now)
    clocks.follow(made.case, made.now)
