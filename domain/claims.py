"""What a public reply may say was done, each shown by facts of its case and by nothing else."""

from enum import StrEnum


class Claim(StrEnum):
    """A sentence that says one of these is posted only where the case shows it."""

    TRIED = "tried"  # somebody tried to reach the buyer
    CONTACTED = "contacted"  # the buyer was reached
    EXPLAINED = "explained"
    INVESTIGATED = "investigated"  # an investigation was answered
    COMPENSATED = "compensated"  # amends arrived, in whatever form
    REFUNDED = "refunded"  # money of the order went back
    RESENT = "resent"  # something was sent to the buyer
    EXCHANGED = "exchanged"
    PROMISE_KEPT = "promise_kept"
    SETTLED = "settled"  # the buyer said yes to the result
    EVIDENCE_KEPT = "evidence_kept"
