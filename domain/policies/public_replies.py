"""Public replies as data: sentences by cause, what they claim, and the words by which a claim is known."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from pydantic import Field, field_validator, model_validator

from domain.claims import Claim
from domain.policies.documents import MarkedPart, PolicyPart

PLACE = re.compile(r"\{(\w+)\}")
VARIABLES = frozenset({"contact", "action", "days", "date"})
LONGEST_SENTENCE = 300


def check_places(text: str, known: frozenset[str]) -> str:
    strange = sorted(set(PLACE.findall(text)) - known)
    if strange:
        raise ValueError(f"{{{strange[0]}}} is not known here; use {', '.join(sorted(known))}")
    return text


class ReplySentence(PolicyPart):
    """One sentence. It is left out where a fact of it is missing or the case does not show what it `claims`; `readers`
    says that it is there for whoever reads the review next (R78)."""

    say: str = Field(min_length=1, max_length=LONGEST_SENTENCE)
    claims: tuple[Claim, ...] = ()
    readers: bool = False

    @field_validator("say")
    @classmethod
    def _known_places(cls, say: str) -> str:
        return check_places(say, VARIABLES)

    @property
    def bare(self) -> bool:
        """Whether it can always be said."""
        return not self.claims and not PLACE.search(self.say)


class ClaimPattern(PolicyPart):
    """Words that claim something, as a regular expression, and what to say while the case does not show it."""

    claim: Claim
    pattern: str
    instead: str = Field(min_length=1)

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as wrong:
            raise ValueError(f"{pattern!r} is no regular expression: {wrong}") from None
        return pattern


class PublicReplies(MarkedPart):
    """Templates by cause, its first level, or `default`: sentences in the order in which they may be dropped from the
    end; the first needs nothing. `actions` are what {action} says of a claim that the case shows, the strongest first;
    `guidelines` are for whoever writes."""

    templates: Mapping[str, tuple[ReplySentence | str, ...]]
    claims: tuple[ClaimPattern, ...] = ()
    actions: Mapping[Claim, str] = Field(default_factory=dict)
    guidelines: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if "default" not in self.templates:
            raise ValueError("templates: a `default` is missing, and some causes would have no reply")
        for name, sentences in self.templates.items():
            for sentence in sentences:
                check_places(said(sentence), VARIABLES)
            check_sentences(as_sentences(sentences), f"templates.{name}")
        return self

    def of(self, cause: str) -> tuple[ReplySentence, ...]:
        """The template of a cause, of its first level, or the default one."""
        found = self.templates.get(cause) or self.templates.get(cause.partition(".")[0]) or self.templates["default"]
        return as_sentences(found)

    def untagged(self, patterns: Sequence[ClaimPattern]) -> Iterator[tuple[str, str]]:
        """Sentences that claim what they are not tagged with, by their path."""
        for cause, sentences in self.templates.items():
            yield from untagged(as_sentences(sentences), patterns, f"public_reply.templates.{cause}")
        for claim, words in self.actions.items():
            one = ReplySentence(say=words, claims=(claim,))
            found = untagged([one], patterns, "")
            yield from ((f"public_reply.actions.{claim}", why) for _, why in found)


def said(sentence: ReplySentence | str) -> str:
    return sentence if isinstance(sentence, str) else sentence.say


def as_sentences(sentences: Sequence[ReplySentence | str]) -> tuple[ReplySentence, ...]:
    """A bare text is a sentence that claims nothing."""
    return tuple(ReplySentence(say=one) if isinstance(one, str) else one for one in sentences)


def check_sentences(sentences: Sequence[ReplySentence], where: str) -> None:
    """Raises ValueError: without a first sentence that can always be said, a case could have no reply at all."""
    if not sentences or not sentences[0].bare:
        raise ValueError(f"{where}: the first sentence must do without facts and claim nothing")


def untagged(
    sentences: Sequence[ReplySentence], patterns: Sequence[ClaimPattern], where: str
) -> Iterator[tuple[str, str]]:
    for number, sentence in enumerate(sentences):
        for pattern, found in claimed(sentence.say, patterns):
            if pattern.claim not in sentence.claims:
                why = f"says {found!r}; give it the claim {pattern.claim}, so that only a case that shows it says so"
                yield f"{where}.{number}", why


def claimed(text: str, patterns: Sequence[ClaimPattern]) -> Iterator[tuple[ClaimPattern, str]]:
    """What a text claims, with the words in it; each claim once."""
    plain, seen = "".join(unicodedata.normalize("NFKC", text).split()), set()
    for pattern in patterns:
        hit = re.search(pattern.pattern, plain)
        if hit and pattern.claim not in seen:
            seen.add(pattern.claim)
            yield pattern, hit.group()
