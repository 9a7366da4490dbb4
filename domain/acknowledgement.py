"""The acknowledgement of the law that applies to paying after an amendment: whose, of which text, and for how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.policies.gate import Gate


class Standing(StrEnum):
    """What an acknowledgement is worth now. Only VALID and ENDING let money through; the rest name what is wrong."""

    VALID = "valid"
    ENDING = "ending"
    MISSING = "acknowledgement_missing"
    EXPIRED = "acknowledgement_expired"
    OLDER_TEXT = "acknowledgement_of_an_older_text"
    OTHER_LAW = "acknowledgement_of_another_law"

    @property
    def holds(self) -> bool:
        return self in {Standing.VALID, Standing.ENDING}


@dataclass(frozen=True)
class Acknowledgement:
    """A named person accepted a version of the text, for one jurisdiction, until it has to be renewed."""

    person: str
    at: datetime
    text_version: str
    jurisdiction: str
    expires_at: datetime


def standing(one: Acknowledgement | None, gate: Gate, jurisdiction: str, now: datetime) -> Standing:
    """What the newest acknowledgement of a shop is worth. A new text and another law each need a new signature."""
    if one is None:
        return Standing.MISSING
    if one.expires_at <= now:
        return Standing.EXPIRED
    if one.jurisdiction != jurisdiction:
        return Standing.OTHER_LAW
    if one.text_version != gate.to_sign(jurisdiction).version:
        return Standing.OLDER_TEXT
    first = max(gate.remind_days, default=0)
    return Standing.ENDING if one.expires_at <= now + timedelta(days=first) else Standing.VALID


def reminder(one: Acknowledgement, gate: Gate, now: datetime) -> int | None:
    """Which reminder of the coming end is due: 0 is the first of the policy's, and one more stands for the end itself.
    None while there is time."""
    left = one.expires_at - now
    if left <= timedelta():
        return len(gate.remind_days)
    passed = [level for level, days in enumerate(gate.remind_days) if left <= timedelta(days=days)]
    return max(passed, default=None)
