"""The payout gate as data: what each marketplace and each jurisdiction say to a mode, and the text that is signed."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from domain.policies.documents import Confidence, MarkedPart, PolicyPart
from domain.policies.platforms import Platform


class GateMode(StrEnum):
    """When money may move: once the amended review was seen, or once the problem is solved."""

    AFTER_AMENDMENT = "after_amendment"
    ON_RESOLUTION = "on_resolution"


class Permission(StrEnum):
    """Whether a gate mode may be switched on; ACKNOWLEDGE asks a named person to accept the law that applies."""

    ALLOW = "allow"
    ACKNOWLEDGE = "acknowledge"
    REFUSE = "refuse"


STRICTNESS = {Permission.ALLOW: 0, Permission.ACKNOWLEDGE: 1, Permission.REFUSE: 2}


class GateRow(MarkedPart):
    """What one marketplace or one jurisdiction says to each mode, and on what ground."""

    after_amendment: Permission
    on_resolution: Permission = Permission.ALLOW
    basis: str = ""

    def says(self, mode: GateMode) -> Permission:
        return self.after_amendment if mode is GateMode.AFTER_AMENDMENT else self.on_resolution


class LawText(PolicyPart):
    """What is signed under one law, in the words of that law; `renew_days` where it differs from the gate's own."""

    version: str = Field(min_length=1)
    text: str = Field(min_length=1)
    renew_days: int | None = Field(default=None, ge=1)


class Gate(PolicyPart):
    """`remind_days` before an acknowledgement ends the shop's leaders hear of it. `acknowledgements` are the texts by
    jurisdiction; the one without a law is for shops that only their marketplace asks."""

    platforms: Mapping[Platform, GateRow]
    jurisdictions: Mapping[str, GateRow]
    acknowledgement_text: str = Field(min_length=1)
    acknowledgement_version: str = Field(min_length=1)
    acknowledgements: Mapping[str, LawText] = Field(default_factory=dict)
    renew_days: int = Field(ge=1)
    remind_days: tuple[int, ...] = (30, 7)

    @model_validator(mode="after")
    def _sooner_and_sooner(self) -> Self:
        falling = sorted(set(self.remind_days), reverse=True)
        if list(self.remind_days) != falling or min(falling, default=1) < 1:
            raise ValueError("remind_days: whole days before the end, each fewer than the one before")
        return self

    @model_validator(mode="after")
    def _words_are_for_a_law(self) -> Self:
        unknown = [law for law in self.acknowledgements if law not in self.jurisdictions]
        if unknown:
            raise ValueError(f"acknowledgements.{unknown[0]}: jurisdictions has no such law; add its row first")
        return self

    def to_sign(self, jurisdiction: str) -> LawText:
        """The text in force under a law."""
        general = LawText(version=self.acknowledgement_version, text=self.acknowledgement_text)
        return self.acknowledgements.get(jurisdiction, general)

    def renewed_after(self, jurisdiction: str) -> int:
        """Days for which a signature under a law counts."""
        return self.to_sign(jurisdiction).renew_days or self.renew_days

    def laxer(self, changed: "Gate") -> Iterator[tuple[str, str]]:
        """Paths with the reason in which `changed` lets through what this gate does not. A row that is certain is never
        laxer, and nobody signs the acknowledgement away: a bare `allow` is for what ships with it."""
        for path, row, now in self._beside(changed):
            given = now.after_amendment if now else Permission.REFUSE
            if (
                row is not None
                and row.conf is Confidence.CERTAIN
                and STRICTNESS[given] < STRICTNESS[row.after_amendment]
            ):
                because = row.basis or "the marketplace"
                yield path, f"says {row.after_amendment} by {because}; it cannot say {given} here"
            elif given is Permission.ALLOW and (row is None or row.after_amendment is not Permission.ALLOW):
                yield path, f"cannot be {given}: a named person acknowledges the law first, so write acknowledge"
        for law in changed.without_words():
            yield f"gate.acknowledgements.{law}", "is missing: write what is signed under this law, in its words"

    def without_words(self) -> Iterator[str]:
        """Laws that ask for a signature and have no text of their own: nobody signs a text about another law. The one
        text of documents from before was China's."""
        written = set(self.acknowledgements) or {"CN"}
        for law, row in self.jurisdictions.items():
            if row.after_amendment is Permission.ACKNOWLEDGE and law not in written:
                yield law

    def _beside(self, changed: "Gate") -> Iterator[tuple[str, GateRow | None, GateRow | None]]:
        for key in {**self.platforms, **changed.platforms}:
            yield f"gate.platforms.{key}.after_amendment", self.platforms.get(key), changed.platforms.get(key)
        for law in {**self.jurisdictions, **changed.jurisdictions}:
            mine, theirs = self.jurisdictions.get(law), changed.jurisdictions.get(law)
            yield f"gate.jurisdictions.{law}.after_amendment", mine, theirs
