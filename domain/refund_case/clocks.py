"""The desk's clocks of a refund case: whoever has to move now is the one whose clock runs."""

from datetime import datetime

from domain.case_clocks import Clock, begin
from domain.escalation import EscalationKind
from domain.refund_case.claim_standing import claim_missing, claim_overdue
from domain.refund_case.stages import Owner, RefundStage, owner_of, stage_of
from domain.refund_case.state import RefundCaseState

_BY_OWNER = {
    Owner.WAREHOUSE: EscalationKind.GOODS_WAITING,
    Owner.FINANCE: EscalationKind.REFUND_WAITING,
    Owner.LEAD: EscalationKind.DECISION_WAITING,
    Owner.SUPERVISOR: EscalationKind.DECISION_WAITING,
}
# Of service's stages, those that are about money or a quarrel; in the others the clock for stale cases is enough.
_OF_SERVICE = {
    RefundStage.DISPUTING: EscalationKind.DECISION_WAITING,
    RefundStage.RELEASING: EscalationKind.REFUND_WAITING,
    RefundStage.ENTERING_CODE: EscalationKind.REFUND_WAITING,
    RefundStage.BY_HAND: EscalationKind.REFUND_WAITING,
    RefundStage.PAYING: EscalationKind.REFUND_WAITING,
    RefundStage.ARRIVED: EscalationKind.GOODS_WAITING,
    RefundStage.INSPECTING: EscalationKind.GOODS_WAITING,
    RefundStage.BEARING_LOSS: EscalationKind.DECISION_WAITING,
}
FOLLOWING = frozenset({*_BY_OWNER.values(), *_OF_SERVICE.values()})


def follow(case: RefundCaseState, now: datetime) -> None:
    """Start the clock of whoever has to move, and stop those of everybody else. Called after every change."""
    stage = stage_of(case)
    moved = stage != case.stage_seen
    if moved:
        case.stage_seen, case.stage_since = stage, now
    wanted = _wanted(case)
    for kind in FOLLOWING - {wanted}:
        case.clocks.pop(kind, None)
    if wanted is not None and moved:
        begin(case, wanted, Clock(since=now))
    elif wanted is not None:
        case.clocks.setdefault(wanted, Clock(since=now))
    _follow_claims(case, now)


def _follow_claims(case: RefundCaseState, now: datetime) -> None:
    """Beside the stage: damage on the way that nobody has claimed for, or a courier that does not answer."""
    if case.closed_at is None and case.identity is not None and (claim_missing(case) or claim_overdue(case)):
        case.clocks.setdefault(EscalationKind.CLAIM_WAITING, Clock(since=now))
    else:
        case.clocks.pop(EscalationKind.CLAIM_WAITING, None)


def _wanted(case: RefundCaseState) -> EscalationKind | None:
    if case.closed_at is not None:
        return None
    owner = owner_of(case)
    return _OF_SERVICE.get(stage_of(case)) if owner is Owner.SERVICE else _BY_OWNER.get(owner)
