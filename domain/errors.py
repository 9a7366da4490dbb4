"""Refusals: named facts about why something may not happen, each saying what to do next."""

from typing import ClassVar


class Refusal(Exception):
    """A rule said no. `code` is machine-readable and stable; the message tells a person what to do next."""

    code: ClassVar[str] = "Refused"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class PolicyUnreadable(Refusal):
    """A policy document does not fit its model; `facts["fields"]` lists the paths that are wrong and why."""

    code = "PolicyUnreadable"
