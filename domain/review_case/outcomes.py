"""How a review case may end."""

from enum import StrEnum


class Outcome(StrEnum):
    """The one outcome that a closed review case has."""

    AMENDED_PAID = "amended_paid"
    AMENDED_UNPAID = "amended_unpaid"
    SETTLED_KEPT = "settled_kept"  # the buyer is satisfied, the review stands
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    STOPPED_BY_BUYER = "stopped_by_buyer"
    MALICIOUS_REPORTED = "malicious_reported"
    REMOVED = "removed"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"  # amended and paid, and bad again


SOLVED = frozenset({Outcome.AMENDED_PAID, Outcome.AMENDED_UNPAID, Outcome.SETTLED_KEPT})

# What a person may choose when closing by hand; the others follow from facts.
CHOSEN_BY_PEOPLE = frozenset({Outcome.SETTLED_KEPT, Outcome.REFUSED, Outcome.WITHDRAWN, Outcome.DUPLICATE})
