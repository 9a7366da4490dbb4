"""What a look at one part of the house comes to."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    GOOD = "good"
    ODD = "odd"  # it works, and somebody should know
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`remedy` says what to do; empty where nothing is to be done."""

    part: str
    state: State
    what: str
    remedy: str = ""


def good(part: str, what: str) -> Diagnosis:
    return Diagnosis(part, State.GOOD, what)


def odd(part: str, what: str, remedy: str) -> Diagnosis:
    return Diagnosis(part, State.ODD, what, remedy)


def bad(part: str, what: str, remedy: str) -> Diagnosis:
    return Diagnosis(part, State.BAD, what, remedy)
