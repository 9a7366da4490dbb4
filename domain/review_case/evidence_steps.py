"""The steps of the malicious track after suspicion: evidence, and the report to the platform."""

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.review_case.step import Step
from domain.sealed import SealedRef


class AttachEvidence(Step):
    """Keep a piece of evidence: words (a chat, a transcript), a file of the case's vault, or one that lies elsewhere by
    its name and SHA-256."""

    step: Literal["attach_evidence"] = "attach_evidence"
    kind: str = Field(max_length=60, description="a kind of the causes policy, like `platform_chat`")
    text: SealedRef | None = Field(default=None, description="the evidence itself, where it is words")
    file: SealedRef | None = Field(default=None, description="name of the file, where it is one; give its sha256 too")
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$", description="of the file, lower-case hex")
    upload: str | None = Field(default=None, max_length=36, description="id of a file in the case's vault")


class AttachFiles(Step):
    """Keep files of the case's vault, like the buyer's photos, with the case or with one of its contacts."""

    step: Literal["attach_files"] = "attach_files"
    files: list[str] = Field(min_length=1, max_length=20, description="ids that the uploads answered")
    contact: int | None = Field(default=None, ge=1, description="number of the contact that they came with")
    note: SealedRef | None = None


class ReportToPlatform(Step):
    """Record that the review was reported to the platform, with what is kept as evidence."""

    step: Literal["report_to_platform"] = "report_to_platform"
    ground: str = Field(max_length=60, description="one that the platform takes, like `extortion`")
    reference: str = Field(min_length=1, max_length=64, description="the platform's own number of the report")
    at: AwareDatetime


class SkipReport(Step):
    """Decide that a malicious review is not reported to the platform."""

    step: Literal["skip_report"] = "skip_report"
    why: SealedRef
