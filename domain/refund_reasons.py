"""What a marketplace's refund reason says about the cause, and who is at fault by it."""

from dataclasses import dataclass

from domain.causes import fault_of, suggest_cause
from domain.policies.causes import CausesPolicy, Fault

WITHOUT_REASON = "无理由"


@dataclass(frozen=True, slots=True)
class Reason:
    """A suggestion, like that of a review's words: only what a person recorded counts. `freight_only`: the buyer wants
    the freight back and keeps the goods."""

    cause: str
    fault: Fault
    needs: str = ""
    freight_only: bool = False
    without_reason: bool = False


def reason_of(words: str | None, policy: CausesPolicy) -> Reason:
    """By the marketplace's own wording where the policy knows it, else by what the words sound like."""
    plain = (words or "").strip()
    row = policy.refund_reasons.get(plain)
    if row is not None:
        return Reason(row.cause, row.fault, row.needs, row.kind == "freight_only", WITHOUT_REASON in plain)
    found = suggest_cause(plain, policy).cause
    return Reason(found, fault_of(found, policy), without_reason=WITHOUT_REASON in plain)
