"""Words: the call script, public replies, notices to buyers, and the words that may not go out."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart
from domain.policies.questionnaire import NO_QUESTIONS, Questionnaire

PLACE = re.compile(r"\{(\w+)\}")

CALL_VARIABLES = frozenset({"title", "shop", "agent", "date", "item", "complaint", "option_1", "option_2"})
PHRASE_VARIABLES = CALL_VARIABLES - {"option_1", "option_2"}
REPLY_VARIABLES = frozenset({"contact", "action", "days", "date"})
NOTICE_VARIABLES = frozenset({"shop", "item", "amount", "form", "contact", "case"})

_LEAST_OPTIONS = 2


class NoticeKind(StrEnum):
    """Notices that go to a buyer by themselves."""

    PAYMENT = "payment"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"


SkipReason = Literal[
    "platform_bans_asking", "asks_to_amend_total_reached", "severity_4", "buyer_angry", "details_wanted"
]


def _check_places(text: str, known: frozenset[str]) -> str:
    strange = sorted(set(PLACE.findall(text)) - known)
    if strange:
        raise ValueError(f"{{{strange[0]}}} is not known here; use {', '.join(sorted(known))}")
    return text


class VagueWords(PolicyPart):
    """What a step says instead while nobody knows what the review is about."""

    goal: str
    say: str = Field(min_length=1)

    @field_validator("say")
    @classmethod
    def _known_places(cls, say: str) -> str:
        return _check_places(say, CALL_VARIABLES)


class CallStep(PolicyPart):
    """One of the six steps of a call (S004). `skip_when` names what leaves it out."""

    code: Literal["identify", "apologise_thank", "empathise", "own_and_offer", "mention_review", "close"]
    goal: str
    say: str = Field(min_length=1)
    skip_when: tuple[SkipReason, ...] = ()
    when_vague: VagueWords | None = None

    @field_validator("say")
    @classmethod
    def _known_places(cls, say: str) -> str:
        return _check_places(say, CALL_VARIABLES)


class NeverSaid(PolicyPart):
    """A tip of the trade that is false, pitiful or unlawful, kept so that nobody adds it again."""

    what: str
    why: str
    src: tuple[str, ...]


class CallFlow(MarkedPart):
    principles: tuple[str, ...]
    steps: tuple[CallStep, ...]
    never: tuple[NeverSaid, ...] = ()

    @model_validator(mode="after")
    def _six_in_order(self) -> Self:
        order = ("identify", "apologise_thank", "empathise", "own_and_offer", "mention_review", "close")
        if tuple(step.code for step in self.steps) != order:
            raise ValueError(f"steps: give each once and in this order: {', '.join(order)}")
        offer = set(PLACE.findall(self.steps[3].say))
        if not {"option_1", "option_2"} <= offer:
            raise ValueError("steps.3.say: a buyer chooses between at least {option_1} and {option_2}")
        return self


class PublicReplies(MarkedPart):
    """Templates by cause, its first level, or `default`: sentences in the order in which they may be dropped from the
    end. A sentence whose facts are missing is left out; the first needs none."""

    templates: Mapping[str, tuple[str, ...]]

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if "default" not in self.templates:
            raise ValueError("templates: a `default` is missing, and some causes would have no reply")
        for name, sentences in self.templates.items():
            if not sentences or PLACE.search(sentences[0]):
                raise ValueError(f"templates.{name}: the first sentence must do without facts")
            for sentence in sentences:
                _check_places(sentence, REPLY_VARIABLES)
        return self


class PublicPattern(PolicyPart):
    """A regular expression that no public reply may match, and what it would give away."""

    code: Literal["phone", "account", "address", "payment_offer", "accusation", "order_number"]
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as wrong:
            raise ValueError(f"{pattern!r} is no regular expression: {wrong}") from None
        return pattern


class Wording(MarkedPart):
    """`paid_review` blocks where the gate is on_resolution and warns where it is after_amendment; `threats` block
    everywhere. Punctuation and spaces between the characters do not hide a phrase."""

    paid_review: tuple[str, ...] = Field(min_length=1)
    threats: tuple[str, ...] = Field(min_length=1)
    public: tuple[PublicPattern, ...] = Field(min_length=1)


class WaysOut(PolicyPart):
    """How an agent names a remedy of the causes policy to the buyer; remedies without words here are the desk's own
    work. `otherwise` fills up to the two that a buyer chooses between at least."""

    words: Mapping[str, str] = Field(default_factory=dict)
    otherwise: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.words and len(self.otherwise) < _LEAST_OPTIONS:
            raise ValueError(f"otherwise: give at least {_LEAST_OPTIONS}, for causes without a remedy")
        return self


class TextsPolicy(PolicyDocument):
    """The document `texts`."""

    call: CallFlow
    public_reply: PublicReplies
    wording: Wording
    notices: Mapping[NoticeKind, str]
    follow_up: Questionnaire = NO_QUESTIONS
    ways_out: WaysOut = Field(default_factory=WaysOut)
    quick_phrases: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="by cause, its first level, or `general`"
    )

    @field_validator("quick_phrases")
    @classmethod
    def _phrases_of_known_places(cls, phrases: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for sentence in (sentence for sentences in phrases.values() for sentence in sentences):
            _check_places(sentence, PHRASE_VARIABLES)
        return phrases

    @field_validator("notices")
    @classmethod
    def _all_of_known_places(cls, notices: Mapping[NoticeKind, str]) -> Mapping[NoticeKind, str]:
        missing = [kind.value for kind in NoticeKind if kind not in notices]
        if missing:
            raise ValueError(f"no text for {', '.join(missing)}; add one for each")
        for text in notices.values():
            _check_places(text, NOTICE_VARIABLES)
        return notices
