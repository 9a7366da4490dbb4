"""Steps that a case of any kind takes at the desk. Texts are references: the api seals what a person typed."""

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.sealed import SealedRef
from domain.step import Step


class Claim(Step):
    """Take an unassigned case, or (a lead) take over one."""

    step: Literal["claim"] = "claim"


class HandOver(Step):
    """Give the case to another person of the desk."""

    step: Literal["hand_over"] = "hand_over"
    to: str = Field(description="id of the person who takes over")
    why: SealedRef | None = None


class Note(Step):
    """Write down something the next person should know."""

    step: Literal["note"] = "note"
    text: SealedRef


class Hold(Step):
    """Stop the case's clocks; the marketplace's own do not stop."""

    step: Literal["hold"] = "hold"
    why: SealedRef
    until: AwareDatetime | None = None


class Resume(Step):
    """Start the clocks again, each with the time it had left."""

    step: Literal["resume"] = "resume"


class Escalate(Step):
    """Ask the next one up the ladder now."""

    step: Literal["escalate"] = "escalate"
    why: SealedRef
