"""Kinds of cases: each has a state, rules and a command of its own; everything else about a case is the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from db.tables.cases import CaseFile
from domain.errors import Refusal
from domain.people import DESK, LEADERS, Actor
from domain.refund_case import keys as refund_keys
from domain.refund_case import rules as refund_rules
from domain.refund_case.stages import RefundStage, stage_of
from domain.refund_case.state import RefundAnswer, RefundCaseState, RefundOpening
from domain.refund_case.steps import AnyRefundStep, RefundCommand
from domain.review_case import keys as review_keys
from domain.review_case import rules as review_rules
from domain.review_case.state import Answer, Opening, ReviewCaseState, Stage
from domain.review_case.steps import AnyStep, Command
from domain.step import Step

type CaseState = ReviewCaseState | RefundCaseState
type CaseAnswer = Answer | RefundAnswer
type CaseCommand = Command | RefundCommand
type AnyStage = Stage | RefundStage

REOPEN, SPLIT_OFF = "reopen", "split_off"


class OtherKind(Refusal):
    """What was asked for belongs to cases of another kind."""

    code = "OtherKind"


def _by_name(union: Any) -> dict[str, type[Step]]:
    return {review_rules.name_of(step): step for step in get_args(get_args(union)[0])}


REVIEW_STEPS: Mapping[str, type[Step]] = _by_name(AnyStep)
REFUND_STEPS: Mapping[str, type[Step]] = _by_name(AnyRefundStep)


@dataclass(frozen=True)
class CaseKind:
    """`name` is what a case file has in `kind`."""

    name: str
    steps: Mapping[str, type[Step]]
    state: type[ReviewCaseState] | type[RefundCaseState]
    answer: type[Answer] | type[RefundAnswer]
    command: type[Command] | type[RefundCommand]

    def take(self, step: str) -> None:
        """Raises OtherKind for a step that such cases do not have."""
        if step not in self.steps and step != REOPEN and not (step == SPLIT_OFF and self is REVIEW):
            raise OtherKind(f"A {self.name} case has no step {step!r}; look at its allowed_steps.", step=step)


REVIEW = CaseKind(review_keys.KIND, REVIEW_STEPS, ReviewCaseState, Answer, Command)
REFUND = CaseKind(refund_keys.KIND, REFUND_STEPS, RefundCaseState, RefundAnswer, RefundCommand)
KINDS = {kind.name: kind for kind in (REVIEW, REFUND)}


def kind_of(row: CaseFile) -> CaseKind:
    return KINDS[row.kind]


def must_be(row: CaseFile, kind: CaseKind) -> None:
    """Raises OtherKind."""
    if row.kind != kind.name:
        raise OtherKind(f"Case {row.number} is a {row.kind} case; this is asked of {kind.name} cases.", kind=row.kind)


def first_state(row: CaseFile) -> CaseState:
    """What is known of a case before its first write: nothing but how it was opened."""
    known = {"case": row.number, "platform": row.platform, "shop": row.shop, "external_id": row.external_id}
    if row.kind == REFUND.name:
        refund = RefundOpening(**known, refund_row=str(row.source_row), run=row.run)
        return RefundCaseState(opening=refund, opened_at=row.opened_at)
    opening = Opening(**known, review_row=str(row.source_row), run=row.run)
    return ReviewCaseState(opening=opening, opened_at=row.opened_at)


def stage_in(state: CaseState) -> AnyStage:
    return state.stage if isinstance(state, ReviewCaseState) else stage_of(state)


def allowed(state: CaseState, actor: Actor, now: datetime) -> list[str]:
    """The steps that this person may take now. Of a closed case only reopening is left, for the desk: leaders decide
    it, everybody may when the buyer came back."""
    if state.closed_at is not None:
        merged = isinstance(state, ReviewCaseState) and state.merged is not None
        split = [SPLIT_OFF] if merged and actor.holds(LEADERS) else []
        return [REOPEN, *split] if actor.holds(DESK) else []
    if isinstance(state, RefundCaseState):
        return refund_rules.allowed_steps(state, actor, now)
    return review_rules.allowed_steps(state, actor, now)


def check(state: CaseState, command: CaseCommand, now: datetime) -> None:
    """Raises the Refusal that the case would give."""
    if isinstance(state, RefundCaseState) and isinstance(command, RefundCommand):
        refund_rules.check(state, command, now)
    elif isinstance(state, ReviewCaseState) and isinstance(command, Command):
        review_rules.check(state, command, now)
