"""What a check of the record has come to."""

from dataclasses import dataclass, field
from enum import StrEnum


class Weight(StrEnum):
    """BROKEN: the record is not what it was. MISSING: a part of it isn't there. NOTED: worth knowing, no fault."""

    BROKEN = "broken"
    MISSING = "missing"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Finding:
    """`where` is what a person would look for: a case and its event, a head, a file of the export."""

    weight: Weight
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.weight}: {self.where} {self.what}"


@dataclass
class Report:
    """All findings in the order in which they were made, and how much was looked at."""

    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def broken(self, where: str, what: str) -> None:
        self.findings.append(Finding(Weight.BROKEN, where, what))

    def missing(self, where: str, what: str) -> None:
        self.findings.append(Finding(Weight.MISSING, where, what))

    def noted(self, where: str, what: str) -> None:
        self.findings.append(Finding(Weight.NOTED, where, what))

    def count(self, what: str, many: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + many

    @property
    def holds(self) -> bool:
        """Whether nothing is broken and nothing missing."""
        return self.first is None

    @property
    def first(self) -> Finding | None:
        """The first that is broken or missing."""
        return next((finding for finding in self.findings if finding.weight is not Weight.NOTED), None)
