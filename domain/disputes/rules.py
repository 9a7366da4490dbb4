"""What the rules of quarrels share: who may, and what is refused."""

from datetime import datetime, timedelta

from domain.disputes.state import Disputed, Found, Paper
from domain.errors import Refusal
from domain.people import DESK, LEADERS, Actor
from domain.step_refusals import BadTime, NotYours, StepRefused, whose

# Ours: a court may set a day that is far off; what lies beyond this is a slip of the pen.
FARTHEST = timedelta(days=400)
# Ours: each is a line in the state of the case, which must stay small.
KEPT = 30
PAPERS_KEPT = 60


class FlagUnknown(StepRefused):
    """There is no such flag, or it was judged already."""

    code = "FlagUnknown"


class ClaimUnknown(StepRefused):
    """There is no such counter-claim, or it has ended."""

    code = "ClaimUnknown"


class QuestionUnknown(StepRefused):
    """There is no such question, or it was answered already."""

    code = "QuestionUnknown"


class DisputeFull(StepRefused):
    """The case keeps no more flags, counter-claims, questions or papers of this kind."""

    code = "DisputeFull"


class RiskUnproven(StepRefused):
    """A risk without anything that shows it."""

    code = "RiskUnproven"


def require(holds: bool, refusal: type[Refusal], message: str) -> None:
    if not holds:
        raise refusal(message)


def desk(case: Disputed, actor: Actor) -> None:
    require(actor.holds(DESK), NotYours, "This step is the desk's; ask an agent, a lead or a supervisor.")


def working(case: Disputed, actor: Actor) -> None:
    """The case's own agent, or a leader in their place."""
    desk(case, actor)
    mine = case.assignee == actor.person
    require(mine or actor.holds(LEADERS), NotYours, whose(case.assignee))


def leaders(case: Disputed, actor: Actor) -> None:
    require(actor.holds(LEADERS), NotYours, "This step is a lead's or a supervisor's; escalate the case to ask for it.")


def ahead(due: datetime, now: datetime) -> None:
    """Raises BadTime for what has passed, or lies absurdly far off."""
    require(now < due, BadTime, "That time has passed; name one that lies ahead.")
    require(due <= now + FARTHEST, BadTime, f"Name a time within {FARTHEST.days} days; it can be moved later.")


def fresh(files: list[str], papers: list[Paper]) -> None:
    """Raises DisputeFull for too many papers, and for one that is there already."""
    once = len(set(files)) == len(files) and not {paper.file for paper in papers} & set(files)
    require(once, DisputeFull, "One of these papers is kept with it already; send the others.")
    room = len(papers) + len(files) <= PAPERS_KEPT
    require(room, DisputeFull, f"{PAPERS_KEPT} papers are kept; put what is left into one archive.")


def papers_of(files: list[str], found: Found) -> list[Paper]:
    return [Paper(file=file, digest=found.digests[file]) for file in files]


def named(papers: list[Paper]) -> list[dict[str, str]] | None:
    """As an event tells of them."""
    return [{"file": paper.file, "sha256": paper.digest} for paper in papers] or None
