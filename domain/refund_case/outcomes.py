"""How a refund case may end."""

from enum import StrEnum


class RefundOutcome(StrEnum):
    """The one outcome that a closed refund case has."""

    REFUNDED = "refunded"
    REFUNDED_BY_PLATFORM = "refunded_by_platform"  # the marketplace let the money go by itself
    EXCHANGED = "exchanged"  # goods went out again: an exchange, a repair, what was missing
    KEPT = "kept"  # withdrawn after help or an alternative; the buyer keeps the goods
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"  # the refusal stood
    LAPSED = "lapsed"  # the buyer never sent the goods
    NOT_SENT = "not_sent"  # we never sent what should have gone out; the marketplace ended the exchange
    RULED_FOR_BUYER = "ruled_for_buyer"
    RULED_FOR_SELLER = "ruled_for_seller"
    ENDED_BY_HAND = "ended_by_hand"
    DUPLICATE = "duplicate"


# The money went back to the buyer, whoever let it go.
PAID_BACK = frozenset({RefundOutcome.REFUNDED, RefundOutcome.REFUNDED_BY_PLATFORM, RefundOutcome.RULED_FOR_BUYER})
