"""What becomes of a message to the staff: tried again, given up, or left open.

A message is never sent twice. What may have arrived (no answer, an unreadable one, a worker that died in the middle) is
`unknown` and is not repeated there; an urgent one goes to the person's next channel instead, and all of it stays in the
app.
"""

from datetime import datetime, timedelta
from enum import StrEnum

_MINUTE = timedelta(minutes=1)
# Ours. Urgent things are worthless after an hour, so their first tries come soon.
PAUSES = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 60 * _MINUTE)
URGENT_PAUSES = (_MINUTE / 2, _MINUTE, 2 * _MINUTE, 5 * _MINUTE, 15 * _MINUTE)
# Longer than any try may last: whoever began it has died.
LOST_AFTER = timedelta(minutes=3)


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


# Nothing moves out of these by itself.
ENDED = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.DROPPED})
MISSED = frozenset({DeliveryState.FAILED, DeliveryState.UNKNOWN})


class Answer(StrEnum):
    """How a try ended: TAKEN; REFUSED for good; NOT_DONE, so that it may be tried again; OPEN."""

    TAKEN = "taken"
    REFUSED = "refused"
    NOT_DONE = "not_done"
    OPEN = "open"


def next_state(
    answer: Answer, *, tries: int, urgent: bool, queued_at: datetime, give_up_hours: int, now: datetime
) -> tuple[DeliveryState, datetime | None]:
    """Where a delivery stands after its `tries`-th try, and when the next one comes."""
    if answer is Answer.TAKEN:
        return DeliveryState.SENT, None
    if answer is Answer.OPEN:
        return DeliveryState.UNKNOWN, None
    pauses = URGENT_PAUSES if urgent else PAUSES
    again = now + pauses[min(tries, len(pauses)) - 1]
    if answer is Answer.REFUSED or again - queued_at > timedelta(hours=give_up_hours):
        return DeliveryState.FAILED, None
    return DeliveryState.QUEUED, again
