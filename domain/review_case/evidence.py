"""What is kept against a malicious review, as parts of the case's state: hashes, references and times only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from pydantic import BaseModel, Field

from domain.policies.causes import EvidenceItem
from domain.sealed import SealedRef


class Suspicion(BaseModel):
    """Signals that the review is malicious, and what a supervisor decided about it (None: nothing yet)."""

    signals: list[str]
    score: int
    since: datetime
    decided: bool | None = None


class Evidence(BaseModel):
    """One piece. `digest` is the SHA-256 of a file's bytes, or the salted commitment to the words in `text`; `upload`
    is the file in the case's vault, where it lies there."""

    number: int
    kind: str
    digest: str
    text: SealedRef | None = None
    file: SealedRef | None = None
    upload: str | None = None
    by: str
    at: datetime


class KeptFile(BaseModel):
    """A file of the case's vault that came with the case, or with one of its contacts."""

    file: str
    digest: str
    contact: int | None = None
    by: str
    at: datetime


class Report(BaseModel):
    """The report to the platform, or the decision to make none. `manifest` is the digest over all evidence then."""

    ground: str | None = None
    reference: str | None = None
    at: datetime
    by: str
    manifest: str | None = None

    @property
    def made(self) -> bool:
        return self.reference is not None


class Malice(BaseModel):
    """Everything kept against the review."""

    evidence: list[Evidence] = Field(default_factory=list)
    report: Report | None = None


def manifest(pieces: Sequence[Evidence]) -> str:
    """SHA-256 over one line per piece, in the order of their numbers: `number kind digest`."""
    lines = [f"{piece.number} {piece.kind} {piece.digest}" for piece in pieces]
    return sha256("\n".join(lines).encode()).hexdigest()


def missing(items: Mapping[str, EvidenceItem], kept: Sequence[str]) -> list[str]:
    """The kinds that a report must have and that are not there yet, in the policy's order."""
    return [kind for kind, item in items.items() if item.must and kind not in kept]
