"""Why a supervisor has to decide about a case, and the clock that runs while there is a reason."""

from collections.abc import Iterator
from datetime import datetime

from domain.case_clocks import begin
from domain.escalation import EscalationKind
from domain.review_case.state import Clock, ReviewCaseState

KIND = EscalationKind.DECISION_WAITING


def reasons(case: ReviewCaseState) -> Iterator[str]:
    if case.suspected:
        yield "suspected"
    if case.malicious and case.malice.report is None:
        yield "report undecided"
    if case.person_must_look:
        yield "reading unclear"
    # While somebody whose shift fits is looked for, nobody has to decide.
    if case.plan_code is not None and case.replace_at is None and case.stopped is None:
        yield "no contact possible"


def wait(case: ReviewCaseState, now: datetime, *, another: bool) -> None:
    """Start the clock. `another`: for a reason of which nobody has heard yet."""
    if another:
        begin(case, KIND, Clock(since=now))
    else:
        case.clocks.setdefault(KIND, Clock(since=now))


def settle(case: ReviewCaseState) -> None:
    """One reason is gone: the clock stops, unless another one is left."""
    if case.edition < 1 or not any(reasons(case)):
        case.clocks.pop(KIND, None)
