"""Why a step of a case of any kind is refused. Each message says what to do next."""

from domain.errors import Refusal


class StepRefused(Refusal):
    code = "StepRefused"


class CaseClosed(StepRefused):
    """The case has ended; a leader may reopen it."""

    code = "CaseClosed"


class CaseOpening(StepRefused):
    """The case is still being registered."""

    code = "CaseOpening"


class CaseHeld(StepRefused):
    """The case is on hold."""

    code = "CaseHeld"


class NotYours(StepRefused):
    """The step needs another role, or the case is somebody else's."""

    code = "NotYours"


def whose(assignee: str | None) -> str:
    """Why a step of the case's own agent is refused to another one, and what to do."""
    if assignee is None:
        return "The case is nobody's yet: claim it first, or ask a lead to assign it."
    return "The case is somebody else's: ask its agent, or a lead to hand it over."


class SecondPersonNeeded(StepRefused):
    """A second person looks, never the one whose own doing it is."""

    code = "SecondPersonNeeded"


class WrongStage(StepRefused):
    """The case is not where this step makes sense."""

    code = "WrongStage"


class StaleVersion(StepRefused):
    """Somebody took a step since the sender looked."""

    code = "StaleVersion"


class ReasonMissing(StepRefused):
    """This step needs its reason."""

    code = "ReasonMissing"


class BadTime(StepRefused):
    """A time that can't be meant."""

    code = "BadTime"


class NobodyReached(StepRefused):
    """Something is said to have come of a contact that did not come about."""

    code = "NobodyReached"


class BadOutcome(StepRefused):
    """An outcome that only facts can bring about."""

    code = "BadOutcome"


class CaseEnding(StepRefused):
    """The case has its outcome; only what follows an end can still be done."""

    code = "CaseEnding"
