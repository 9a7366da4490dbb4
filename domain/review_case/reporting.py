"""Steps of the malicious track once a review is suspected: keep evidence, report to the platform, or decide not to."""

from datetime import datetime

from domain.people import Actor
from domain.review_case import steps, undecided
from domain.review_case.evidence import Evidence, Report, manifest
from domain.review_case.facts import Prepared
from domain.review_case.permissions import leaders, require, supervisor, working
from domain.review_case.recording import record
from domain.review_case.refusals import BadTime, EvidenceUnfit, WrongStage
from domain.review_case.state import ReviewCaseState

PIECES_KEPT = 100


def may_attach(case: ReviewCaseState, actor: Actor) -> None:
    working(case, actor)
    room = len(case.malice.evidence) < PIECES_KEPT
    require(room, EvidenceUnfit, f"The case keeps {PIECES_KEPT} pieces already; put what is left into one archive.")


def check_attach(case: ReviewCaseState, actor: Actor, step: steps.AttachEvidence, now: datetime) -> None:
    elsewhere = step.file is not None and step.sha256 is not None
    given = [step.text is not None, elsewhere, step.upload is not None]
    half = (step.file is None) != (step.sha256 is None)
    require(
        sum(given) == 1 and not half, EvidenceUnfit,
        "Send one of these: the words as text, a file's id as upload, or its name and its sha256 together.",
    )  # fmt: skip
    known = {(piece.kind, piece.upload or piece.digest) for piece in case.malice.evidence}
    mark = step.upload or _digest(step, Prepared())
    require((step.kind, mark) not in known, EvidenceUnfit, "This very piece is kept already; send another.")


def _digest(step: steps.AttachEvidence, found: Prepared) -> str:
    if step.upload is not None:
        return found.digests.get(step.upload, "")
    if step.sha256 is not None:
        return step.sha256
    return step.text.digest if step.text else ""


def attach(case: ReviewCaseState, actor: Actor, step: steps.AttachEvidence, now: datetime, found: Prepared) -> None:
    piece = Evidence(
        number=len(case.malice.evidence) + 1, kind=step.kind, digest=_digest(step, found),
        text=step.text, file=step.file, upload=step.upload, by=actor.person, at=now,
    )  # fmt: skip
    case.malice.evidence.append(piece)
    record(
        case, actor, now, "evidence_attached",
        number=piece.number, what=piece.kind, digest=piece.digest, text=piece.text, file=piece.file,
        upload=piece.upload, policy=found.policy,
    )  # fmt: skip


def may_report(case: ReviewCaseState, actor: Actor) -> None:
    leaders(case, actor)
    _undecided(case)


def may_skip(case: ReviewCaseState, actor: Actor) -> None:
    supervisor(case, actor)
    _undecided(case)


def _undecided(case: ReviewCaseState) -> None:
    require(
        case.malicious, WrongStage, "Only what a supervisor found to be malicious is reported; let them decide first."
    )
    done = case.malice.report is not None
    require(not done, WrongStage, "About the report it was decided already; look at the record.")


def check_report(case: ReviewCaseState, actor: Actor, step: steps.ReportToPlatform, now: datetime) -> None:
    written = case.identity.review_created_at if case.identity else now
    fits = written <= step.at <= now
    require(fits, BadTime, "A report is made after the review and not in the future; send when it was made.")


def report(case: ReviewCaseState, actor: Actor, step: steps.ReportToPlatform, now: datetime, found: Prepared) -> None:
    pieces = case.malice.evidence
    made = Report(ground=step.ground, reference=step.reference, at=step.at, by=actor.person, manifest=manifest(pieces))
    case.malice.report = made
    undecided.settle(case)
    record(
        case, actor, now, "reported_to_platform",
        ground=made.ground, reference=made.reference, at=made.at, pieces=len(pieces), manifest=made.manifest,
        evidence=[f"{piece.number} {piece.kind} {piece.digest}" for piece in pieces], policy=found.policy,
    )  # fmt: skip


def skip(case: ReviewCaseState, actor: Actor, step: steps.SkipReport, now: datetime, found: Prepared) -> None:
    case.malice.report = Report(at=now, by=actor.person)
    undecided.settle(case)
    record(case, actor, now, "report_skipped", why=step.why)
