"""Files that came with a case: kept in its vault, named by their hashes in its record."""

from datetime import datetime

from domain.people import Actor
from domain.review_case import steps
from domain.review_case.evidence import KeptFile
from domain.review_case.facts import Prepared
from domain.review_case.permissions import require
from domain.review_case.recording import record
from domain.review_case.refusals import EvidenceUnfit
from domain.review_case.state import ReviewCaseState

# Ours: each is a line in the state of the case, which must stay small.
FILES_KEPT = 100


def check_files(case: ReviewCaseState, actor: Actor, step: steps.AttachFiles, now: datetime) -> None:
    room = len(case.files) + len(step.files) <= FILES_KEPT
    require(room, EvidenceUnfit, f"A case keeps {FILES_KEPT} files; put what is left into one archive.")
    known = {kept.file for kept in case.files}
    fresh = len(set(step.files)) == len(step.files) and not known & set(step.files)
    require(fresh, EvidenceUnfit, "One of these files is kept with the case already; send the others.")
    made = {attempt.number for attempt in case.attempts}
    named = step.contact is None or step.contact in made
    require(named, EvidenceUnfit, f"There was no contact {step.contact}; name one that was made, or none.")


def attach_files(case: ReviewCaseState, actor: Actor, step: steps.AttachFiles, now: datetime, found: Prepared) -> None:
    kept = [
        KeptFile(file=file, digest=found.digests[file], contact=step.contact, by=actor.person, at=now)
        for file in step.files
    ]
    case.files += kept
    record(
        case, actor, now, "files_attached",
        files=[{"file": one.file, "sha256": one.digest} for one in kept], many=len(kept),
        contact=step.contact, note=step.note,
    )  # fmt: skip
