"""What is left of a loss: damage judged, a part of the buyer's borne as a coupon, money recovered elsewhere."""

from datetime import datetime

from domain.case_record import record
from domain.courier_claims import DamageFinding, share_of_loss, suggest_finding
from domain.people import Actor, Role
from domain.policies.causes import Fault
from domain.policies.texts import NoticeKind
from domain.refund_case import claim_steps as steps
from domain.refund_case.claim_standing import SHORT, share_waits, short_claim
from domain.refund_case.claiming import claim_of
from domain.refund_case.claims import Damage, LossShare, Recovery
from domain.refund_case.deadlines import settle
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.permissions import SUPERVISOR, require, unheld, working
from domain.refund_case.refusals import (
    AboveShare,
    NoLossToShare,
    NotYours,
    RecoveredTooMuch,
    WrongStage,
)
from domain.refund_case.state import RefundCaseState
from domain.refund_case.tracing import tell
from domain.tracking import Leg, TransitState

FAULTS: dict[DamageFinding, Fault] = {
    DamageFinding.QUALITY: "seller",
    DamageFinding.TRANSIT: "courier",
    DamageFinding.MISUSE: "buyer",
}


def may_judge(case: RefundCaseState, actor: Actor) -> None:
    """The case's agent; the warehouse too, once the goods lie before it."""
    unheld(case)
    if actor.holds(frozenset({Role.WAREHOUSE})) and case.goods.received_at is not None:
        return
    working(case, actor)


def judge(case: RefundCaseState, actor: Actor, step: steps.JudgeDamage, now: datetime, found: RefundPrepared) -> None:
    """Quality is the seller's, who pays both ways (S004); for the way the courier is claimed from, and the buyer keeps
    the packaging for it."""
    traced = any(parcel.state is TransitState.DAMAGED for parcel in case.parcels)
    suggested = suggest_finding(step.packaging_intact, traced)
    case.damage = Damage(
        finding=step.finding, suggested=suggested, packaging_intact=step.packaging_intact, by=actor.person, at=now
    )
    case.fault = FAULTS[step.finding]
    record(
        case, actor, now, "damage_judged",
        finding=step.finding, suggested=suggested, packaging_intact=step.packaging_intact,
        photos=step.photos or None, digests=found.digests or None, why=step.why, policy=found.policy,
    )  # fmt: skip
    if found.freight is not None:
        settle(case, actor, found.freight, now)
    if step.finding is DamageFinding.TRANSIT and case.goods.received_at is None:
        leg = Leg.OUT if case.parcel_on(Leg.OUT) is not None else Leg.ORDER
        parcel = case.parcel_on(leg)
        tell(case, NoticeKind.KEEP_PACKAGING, parcel.shipment if parcel else str(leg), leg, now)


def may_share(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    short = short_claim(case) is not None
    require(short, NoLossToShare, "No claim of this case leaves the buyer with a loss that could be shared now.")


def check_share(case: RefundCaseState, actor: Actor, step: steps.ShareLoss, now: datetime) -> None:
    claim, policy = claim_of(case, step.claim), case.handling.claims
    require(claim.status in SHORT, NoLossToShare, "That claim is not over; wait for the courier's answer.")
    most = share_of_loss(claim.unrecovered_fen, policy) if policy is not None else 0
    fits = step.amount_fen <= most
    require(fits, AboveShare, f"The shop bears at most {most} fen of this loss; offer that or less.", most_fen=most)


def share(case: RefundCaseState, actor: Actor, step: steps.ShareLoss, now: datetime, found: RefundPrepared) -> None:
    case.shares.append(LossShare(claim=step.claim, amount_fen=step.amount_fen, by=actor.person, at=now))
    record(case, actor, now, "share_offered", claim=step.claim, amount_fen=step.amount_fen, policy=case.handling.policy)


def may_answer_share(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    asked = bool(case.shares) and case.shares[-1].accepted is None
    require(asked, WrongStage, "No offered share waits for the buyer's answer.")


def answer_share(
    case: RefundCaseState, actor: Actor, step: steps.AnswerShare, now: datetime, found: RefundPrepared
) -> None:
    case.shares[-1].accepted = step.accepted
    record(case, actor, now, "share_accepted" if step.accepted else "share_declined", claim=case.shares[-1].claim)


def may_give_share(case: RefundCaseState, actor: Actor) -> None:
    unheld(case)
    waits = bool(case.shares) and bool(case.shares[-1].accepted) and case.shares[-1].given_at is None
    require(waits, WrongStage, "No coupon for a shared loss waits to be given.")
    roles = frozenset({Role.FINANCE, Role.LEAD, Role.SUPERVISOR})
    require(actor.holds(roles), NotYours, "This coupon is given by finance or a lead.")
    require(case.shares[-1].by != actor.person, NotYours, "Whoever offered it does not give it as well.")


def give_share(
    case: RefundCaseState, actor: Actor, step: steps.GiveShare, now: datetime, found: RefundPrepared
) -> None:
    share = case.shares[-1]
    share.given_by, share.given_at, share.proof = actor.person, now, step.proof
    record(case, actor, now, "share_given", claim=share.claim, amount_fen=share.amount_fen, proof=step.proof)


def may_keep_loss(case: RefundCaseState, actor: Actor) -> None:
    working(case, actor)
    require(share_waits(case) and not case.shares, WrongStage, "No loss of the buyer's waits for a decision.")


def keep_loss(case: RefundCaseState, actor: Actor, step: steps.LeaveLoss, now: datetime, found: RefundPrepared) -> None:
    case.loss_kept = True
    record(case, actor, now, "loss_left", why=step.why)


def may_recover(case: RefundCaseState, actor: Actor) -> None:
    roles = frozenset({Role.FINANCE}) | SUPERVISOR
    require(actor.holds(roles), NotYours, "Money that came is finance's to record.")


def check_recover(case: RefundCaseState, actor: Actor, step: steps.RecordRecovery, now: datetime) -> None:
    """Nobody gets back more than the goods and both ways were worth."""
    most = case.reading.amount_fen + 2 * case.handling.return_freight_fen + 2 * case.handling.outbound_freight_fen
    came = sum(one.amount_fen for one in case.recoveries) + sum(one.paid_fen for one in case.claims)
    fits = came + step.amount_fen <= most
    require(
        fits, RecoveredTooMuch, f"With this, more than the {most} fen at stake would have come back; check the sum."
    )


def recover(
    case: RefundCaseState, actor: Actor, step: steps.RecordRecovery, now: datetime, found: RefundPrepared
) -> None:
    made = Recovery(source=step.source, amount_fen=step.amount_fen, by=actor.person, at=now, proof=step.proof)
    case.recoveries.append(made)
    record(case, actor, now, "recovered", source=made.source, amount_fen=made.amount_fen, proof=made.proof)
