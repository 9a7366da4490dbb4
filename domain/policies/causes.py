"""Why buyers complain, how severe that is, and what makes a review look malicious."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart

Department = Literal["product", "warehouse", "service", "operations", "purchasing", "courier", "finance", "platform"]
Fault = Literal["seller", "courier", "buyer", "none"]


class SubCause(PolicyPart):
    """`dept` and `fault` are given only where they differ from the cause above."""

    zh: str = Field(min_length=1)
    severity: int = Field(ge=1, le=4)
    keywords: tuple[str, ...] = ()
    remedies: tuple[str, ...] = Field(min_length=1)
    dept: Department | None = None
    fault: Fault | None = None

    @field_validator("keywords")
    @classmethod
    def _not_empty(cls, keywords: tuple[str, ...]) -> tuple[str, ...]:
        if any(not keyword.strip() for keyword in keywords):
            raise ValueError("an empty keyword matches everything; remove it")
        return keywords


class Cause(PolicyPart):
    name_zh: str = Field(min_length=1)
    dept: Department
    fault: Fault
    src: tuple[str, ...] = ()
    sub: Mapping[str, SubCause] = Field(min_length=1)


class SeverityRules(MarkedPart):
    """What raises a case by one, whether one of them applies or all; `raise_to_at_most` keeps 4 for causes that are
    dangerous in themselves, because 4 freezes every offer."""

    photo_raises: bool
    member_raises: bool
    order_above_fen: int | None = Field(default=None, ge=1)
    product_bad_reviews_7d: int | None = Field(default=None, ge=1)
    raise_to_at_most: int = Field(ge=1, le=4)


class RefundReason(PolicyPart):
    """What a platform's refund reason says about the cause."""

    cause: str
    fault: Fault
    needs: str = ""
    kind: Literal["goods", "freight_only"] = "goods"


class Inspection(PolicyPart):
    """What the warehouse found, and the next step."""

    resellable: bool | None = None
    next: str
    claim: Literal["supplier", "courier"] | None = None


class Signal(PolicyPart):
    """`patterns` are regular expressions; a signal without them is seen in facts or by a person."""

    weight: int = Field(ge=1)
    patterns: tuple[str, ...] = ()
    src: tuple[str, ...] = ()

    @field_validator("patterns")
    @classmethod
    def _compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as wrong:
                raise ValueError(f"{pattern!r} is no regular expression: {wrong}") from None
        return patterns


class MaliciousRules(MarkedPart):
    """For `new_shop_days` from its first sale a shop is new, which blackmailers look for (S003)."""

    review_by_person_at: int = Field(ge=1)
    new_shop_days: int = Field(default=180, ge=0)
    signals: Mapping[str, Signal] = Field(min_length=1)


class EvidenceItem(PolicyPart):
    must: bool
    note: str = ""


class CausesPolicy(PolicyDocument):
    """The document `causes`. A cause code is "cause.sub", like `quality.broken`."""

    causes: Mapping[str, Cause]
    unclear: str
    no_text: str
    severity: SeverityRules
    malicious: MaliciousRules
    evidence: Mapping[str, EvidenceItem]
    evidence_keep_months: int = Field(ge=1)
    refund_reasons: Mapping[str, RefundReason]
    inspections: Mapping[str, Inspection]
    refund_alternatives: tuple[str, ...]
    record_fields: tuple[str, ...]
    temper_tags: tuple[str, ...]

    def codes(self) -> Iterator[tuple[str, Cause, SubCause]]:
        """Every cause code with its two levels."""
        for name, cause in self.causes.items():
            for sub_name, sub in cause.sub.items():
                yield f"{name}.{sub_name}", cause, sub

    @model_validator(mode="after")
    def _codes_exist(self) -> Self:
        codes = {code for code, _, _ in self.codes()}
        used = {"unclear": self.unclear, "no_text": self.no_text}
        used |= {f"refund_reasons.{reason}.cause": row.cause for reason, row in self.refund_reasons.items()}
        for path, code in used.items():
            if code not in codes:
                raise ValueError(f"{path}: there is no cause {code!r}; use one of the codes of `causes`")
        return self
