"""Webhooks for other systems: which events somebody asked for, what is said of one, and what follows a try.

A webhook may come twice and says so by its id: a double can be sorted out there, what never came can not. Events
of one case come in their order for as long as each comes through within a day.
"""

import base64
import secrets
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

PING = "ping"
EVERYTHING = "*"
KINDS_OF_CASES = ("review", "refund")
GIVE_UP_AFTER = timedelta(hours=24)
# Ours. A listener that has answered nothing good for two days is gone; its events are kept to be sent again.
OFF_AFTER = timedelta(days=2)
LOST_AFTER = timedelta(minutes=2)
LONGEST_OVERLAP = timedelta(days=7)
# After each try; all together a little less than a day.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 300, 1800, 7200, 18_000, 28_800, 28_800))
SECRET_PREFIX = "whsec_"  # noqa: S105 the form of a secret, and none


class WebhookState(StrEnum):
    """MISSED: it happened while the subscription was switched off."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    MISSED = "missed"


OPEN = frozenset({WebhookState.QUEUED, WebhookState.SENDING})


def event_type(case_kind: str, event: str) -> str:
    return f"{case_kind}.{event}"


def wants(patterns: Collection[str], type: str) -> bool:
    """`*` is everything, `review.*` everything of reviews, `*.closed` that event of every case."""
    kind, _, event = type.partition(".")
    return not {EVERYTHING, f"{kind}.*", f"*.{event}", type}.isdisjoint(patterns)


def unknown_patterns(patterns: Collection[str], events: Collection[str]) -> list[str]:
    """Those that no event of any case can ever fit."""
    known = {EVERYTHING, *(f"{kind}.*" for kind in KINDS_OF_CASES), *(f"*.{event}" for event in events)}
    known |= {event_type(kind, event) for kind in KINDS_OF_CASES for event in events}
    return sorted(set(patterns) - known)


def payload(type: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The form of Standard Webhooks: a type, a moment, and facts and references."""
    return {"type": type, "timestamp": at.isoformat(), "data": dict(data)}


def outside(facts: Any) -> Any:
    """Facts of an event without the hashes by which the record commits to sealed texts: they are our affair."""
    if isinstance(facts, Mapping):
        return {name: outside(value) for name, value in facts.items() if name != "digest"}
    return [outside(value) for value in facts] if isinstance(facts, list) else facts


def new_secret() -> str:
    """32 random bytes, as libraries of Standard Webhooks take them."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def succeeded(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def gone(status: int | None) -> bool:
    """The listener says that it listens no more (RFC 9110, 15.5.11)."""
    return status == 410


def next_state(
    status: int | None, *, tries: int, queued_at: datetime, now: datetime, retry_after: timedelta | None = None
) -> tuple[WebhookState, datetime | None]:
    """Where a delivery stands after its `tries`-th try, and when the next one comes. `status` None: no answer."""
    if succeeded(status):
        return WebhookState.SENT, None
    again = now + max(PAUSES[min(tries, len(PAUSES)) - 1], min(retry_after or timedelta(), GIVE_UP_AFTER))
    if gone(status) or again - queued_at > GIVE_UP_AFTER:
        return WebhookState.FAILED, None
    return WebhookState.QUEUED, again
