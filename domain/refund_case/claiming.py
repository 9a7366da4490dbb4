"""Claims at couriers: made once with evidence and in time, told of by their own story, answered, paid or borne."""

from collections.abc import Iterator
from datetime import datetime

from domain.case_record import record
from domain.courier_claims import ACCEPTED, ClaimKind, ClaimStatus
from domain.people import SYSTEM, Actor, Role
from domain.refund_case import claim_steps as steps
from domain.refund_case.claims import ClaimPiece, ClaimReport, ClaimWord, CourierClaim
from domain.refund_case.facts import RefundPrepared
from domain.refund_case.permissions import SUPERVISOR, desk, require, unheld
from domain.refund_case.refusals import (
    ClaimMadeAlready,
    ClaimUnfounded,
    NoSuchClaim,
    NothingClaimed,
    NotYours,
    WrongStage,
)
from domain.refund_case.state import RefundCaseState
from domain.tracking import ARRIVED, TransitState

FINANCE_TOO = frozenset({Role.FINANCE})
_NEXT = {
    steps.ClaimAnswerWord.FILED: frozenset({ClaimStatus.BY_HAND}),
    steps.ClaimAnswerWord.ACCEPTED: frozenset({ClaimStatus.BY_HAND, ClaimStatus.FILED}),
    steps.ClaimAnswerWord.PARTLY: frozenset({ClaimStatus.BY_HAND, ClaimStatus.FILED}),
    steps.ClaimAnswerWord.REFUSED: frozenset({ClaimStatus.BY_HAND, ClaimStatus.FILED}),
    steps.ClaimAnswerWord.PAID: ACCEPTED,
}


def key_of(case: RefundCaseState, number: int) -> str:
    """Permanent, and unlike any other installation's."""
    assert case.identity is not None  # noqa: S101 - an open case is registered
    return f"{case.identity.installation}-{case.identity.case_serial}-C{number}"


def claim_of(case: RefundCaseState, number: int) -> CourierClaim:
    """Raises NoSuchClaim."""
    require(1 <= number <= len(case.claims), NoSuchClaim, f"The case has {len(case.claims)} claims; name one of them.")
    return case.claims[number - 1]


def worth_fen(case: RefundCaseState) -> int:
    """What the parcel's goods are worth here: what the buyer asks back for them."""
    return case.reading.amount_fen


def claims_due(case: RefundCaseState) -> Iterator[tuple[datetime, str]]:
    """Claims whose own story has to be begun, or told what a person said."""
    for claim in case.claims:
        if not claim.started:
            yield claim.at, str(claim.number)
        elif claim.words:
            yield claim.words[0].at, str(claim.number)


def acted(case: RefundCaseState, number: int) -> None:
    """A claim's own story was begun, or heard what a person said."""
    claim = case.claims[number - 1]
    if claim.started:
        claim.words = claim.words[1:]
    claim.started = True


def may_claim(case: RefundCaseState, actor: Actor) -> None:
    """The desk's, or finance's: whoever has the case before them. Also when the buyer has their money back."""
    unheld(case)
    require(actor.holds(FINANCE_TOO) or _of_desk(case, actor), NotYours, "Claims are the desk's or finance's.")
    require(bool(case.parcels), NothingClaimed, "No parcel of this case is known that could be claimed for.")


def _of_desk(case: RefundCaseState, actor: Actor) -> bool:
    try:
        desk(case, actor)
    except NotYours:
        return False
    return True


def _claimable(case: RefundCaseState, shipment: str) -> bool:
    return not any(claim.shipment == shipment and claim.counts for claim in case.claims)


def check_claim(case: RefundCaseState, actor: Actor, step: steps.FileCourierClaim, now: datetime) -> None:
    parcel = case.parcel_on(step.leg)
    require(
        parcel is not None, NothingClaimed, f"No parcel is known on the way {step.leg!r}; look at the case's parcels."
    )
    assert parcel is not None  # noqa: S101 - required just now
    free = _claimable(case, parcel.shipment)
    require(free, ClaimMadeAlready, "This parcel was claimed for already; look at that claim.")
    lost = parcel.state not in ARRIVED
    require(
        lost or step.kind is ClaimKind.DAMAGE, ClaimUnfounded,
        "The courier shows this parcel as signed for, so it is not lost; claim for damage, or have the courier search.",
    )  # fmt: skip
    seen = parcel.state in ARRIVED | {TransitState.DAMAGED, TransitState.REFUSED, TransitState.RETURNING}
    require(
        seen or step.kind is ClaimKind.LOSS, ClaimUnfounded,
        "The parcel has not arrived, and its courier says nothing of damage; claim for loss, or wait for it.",
    )  # fmt: skip


def file_claim(
    case: RefundCaseState, actor: Actor, step: steps.FileCourierClaim, now: datetime, found: RefundPrepared
) -> None:
    grounds, parcel = found.grounds, case.parcel_on(step.leg)
    assert grounds is not None and parcel is not None  # noqa: S101, PT018 - prepared and checked under the same lock
    number = len(case.claims) + 1
    pieces = [
        ClaimPiece(kind=one.kind, file=one.file, digest=grounds.digests.get(one.file, "")) for one in step.evidence
    ]
    claim = CourierClaim(
        number=number, key=key_of(case, number), kind=step.kind, leg=step.leg, shipment=parcel.shipment,
        claimed_fen=grounds.claimed_fen, evidence=pieces, by=actor.person, at=now, until=grounds.until,
        answer_due_at=grounds.answer_due_at,
    )  # fmt: skip
    case.claims.append(claim)
    record(
        case, actor, now, "claim_made",
        claim=number, what=claim.kind, leg=claim.leg, shipment=claim.shipment, amount_fen=claim.claimed_fen,
        declared_fen=step.declared_fen, evidence=pieces, until=claim.until, answer_due_at=claim.answer_due_at,
        policy=found.policy,
    )  # fmt: skip


def reported(case: RefundCaseState, report: ClaimReport, now: datetime) -> None:
    """What the claim's own story says; told twice, or too late, it changes nothing."""
    claim = next((one for one in case.claims if one.key == report.key), None)
    if claim is None or case.closed_at is not None:
        return
    if report.overdue and not claim.overdue:
        claim.overdue = True
        record(case, SYSTEM, now, "claim_overdue", claim=claim.number, answer_due_at=claim.answer_due_at)
    if claim.status is report.status:
        return
    before, claim.status = claim.status, report.status
    claim.agreed_fen, claim.paid_fen, claim.code = report.agreed_fen, report.paid_fen, report.code
    claim.answer_due_at = report.answer_due_at or claim.answer_due_at
    claim.settled_at = None if claim.open else now
    record(
        case, SYSTEM, now, "claim_moved",
        claim=claim.number, was=before, status=claim.status, agreed_fen=claim.agreed_fen or None,
        paid_fen=claim.paid_fen or None, code=claim.code,
    )  # fmt: skip


def may_go_on(case: RefundCaseState, actor: Actor) -> None:
    unheld(case)
    require(actor.holds(FINANCE_TOO) or _of_desk(case, actor), NotYours, "Claims are the desk's or finance's.")
    require(
        any(one.open for one in case.claims), WrongStage, "No claim waits for anything now; look at the case again."
    )


def check_answer(case: RefundCaseState, actor: Actor, step: steps.AnswerCourierClaim, now: datetime) -> None:
    """What a machine asks by itself is nobody's word, and the courier's money is seen by finance."""
    claim = claim_of(case, step.claim)
    may = claim.status in _NEXT[step.answer]
    require(may, WrongStage, f"The claim is {claim.status.replace('_', ' ')}; that can't follow it.")
    money = step.answer is not steps.ClaimAnswerWord.PAID or actor.holds(FINANCE_TOO | SUPERVISOR)
    require(money, NotYours, "Whether the courier's money came is finance's to say.")
    partly = step.answer is steps.ClaimAnswerWord.PARTLY
    less = step.agreed_fen is not None and step.agreed_fen < claim.claimed_fen
    fits = less if partly else step.agreed_fen is None
    most = claim.claimed_fen
    require(fits, WrongStage, f"What is accepted in part has an amount below the {most} fen claimed; nothing else has.")


def answer(
    case: RefundCaseState, actor: Actor, step: steps.AnswerCourierClaim, now: datetime, found: RefundPrepared
) -> None:
    claim = claim_of(case, step.claim)
    word = ClaimWord(answer=step.answer, agreed_fen=step.agreed_fen or 0, by=actor.person, at=now, proof=step.proof)
    claim.words = [*claim.words, word]
    record(
        case, actor, now, "claim_answered_by_hand",
        claim=claim.number, answer=step.answer, agreed_fen=step.agreed_fen, proof=step.proof,
    )  # fmt: skip


def check_drop(case: RefundCaseState, actor: Actor, step: steps.DropCourierClaim, now: datetime) -> None:
    claim = claim_of(case, step.claim)
    fits = claim.open and claim.status not in ACCEPTED
    require(fits, WrongStage, f"The claim is {claim.status.replace('_', ' ')}; there is nothing to give up.")


def drop(
    case: RefundCaseState, actor: Actor, step: steps.DropCourierClaim, now: datetime, found: RefundPrepared
) -> None:
    claim = claim_of(case, step.claim)
    word = ClaimWord(answer=steps.ClaimAnswerWord.DROPPED, by=actor.person, at=now, proof=step.why)
    claim.words = [*claim.words, word]
    record(case, actor, now, "claim_dropped", claim=claim.number, why=step.why)
