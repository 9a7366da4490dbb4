"""Words: the call script, public replies, notices to buyers, and the words that may not go out."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from domain.policies.documents import MarkedPart, PolicyDocument, PolicyPart
from domain.policies.gate import GateMode
from domain.policies.public_replies import PLACE as PLACE
from domain.policies.public_replies import PublicReplies, check_places, said
from domain.policies.questionnaire import NO_QUESTIONS, Questionnaire
from domain.policies.wording import Wording
from domain.wording import lint

CALL_VARIABLES = frozenset({"title", "shop", "agent", "date", "item", "complaint", "option_1", "option_2"})
PHRASE_VARIABLES = CALL_VARIABLES - {"option_1", "option_2"}
OFFER_VARIABLES = frozenset({"shop", "agent", "item", "amount", "until"})
NOTICE_VARIABLES = frozenset({"shop", "item", "amount", "form", "contact", "case", "result"})

_LEAST_OPTIONS = 2


class NoticeKind(StrEnum):
    """Notices that go to a buyer by themselves."""

    PAYMENT = "payment"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    REFUND = "refund"
    DELAY = "delay"
    KEEP_PACKAGING = "keep_packaging"


# Texts of notices that older documents do not have.
_ADDED_LATER = {
    NoticeKind.DELAY: "【{shop}】您好,{item}的{result}比预计慢,我们正在关注物流。有问题随时联系{contact}。",
    NoticeKind.KEEP_PACKAGING: (
        "【{shop}】您好,{item}可能是运输中损坏的。请保留内外包装,拍下面单、外箱和破损处发给{contact}。"
    ),
}

SkipReason = Literal[
    "platform_bans_asking", "asks_to_amend_total_reached", "severity_4", "buyer_angry", "details_wanted"
]


class VagueWords(PolicyPart):
    """What a step says instead while nobody knows what the review is about."""

    goal: str
    say: str = Field(min_length=1)

    @field_validator("say")
    @classmethod
    def _known_places(cls, say: str) -> str:
        return check_places(say, CALL_VARIABLES)


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
        return check_places(say, CALL_VARIABLES)


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
    offer: Mapping[GateMode, str] = Field(default_factory=dict, description="how an offer is put to the buyer")
    quick_phrases: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="by cause, its first level, or `general`"
    )

    @field_validator("quick_phrases")
    @classmethod
    def _phrases_of_known_places(cls, phrases: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for sentence in (sentence for sentences in phrases.values() for sentence in sentences):
            check_places(sentence, PHRASE_VARIABLES)
        return phrases

    @field_validator("offer")
    @classmethod
    def _offers_of_known_places(cls, offers: Mapping[GateMode, str]) -> Mapping[GateMode, str]:
        for words in offers.values():
            check_places(words, OFFER_VARIABLES)
        return offers

    @field_validator("notices")
    @classmethod
    def _all_of_known_places(cls, notices: Mapping[NoticeKind, str]) -> Mapping[NoticeKind, str]:
        if NoticeKind.REFUND not in notices and NoticeKind.CLOSED in notices:
            notices = {**notices, NoticeKind.REFUND: notices[NoticeKind.CLOSED]}  # documents from before refunds
        notices = _ADDED_LATER | dict(notices)
        missing = [kind.value for kind in NoticeKind if kind not in notices]
        if missing:
            raise ValueError(f"no text for {', '.join(missing)}; add one for each")
        for text in notices.values():
            check_places(text, NOTICE_VARIABLES)
        return notices

    def loosened(self, changed: PolicyDocument) -> list[tuple[str, str]]:
        """A shop adds to the words that may not go out and takes none away, and writes none of them into its own texts:
        not even where its gate would let them pass with a warning."""
        if not isinstance(changed, TextsPolicy):
            return []
        patterns = changed.public_reply.claims or self.public_reply.claims
        gone = [one for one in self.public_reply.claims if one not in patterns]
        missing = [
            ("public_reply.claims", f"the pattern for {one.claim} is missing; add your own to it") for one in gone
        ]
        untagged = changed.public_reply.untagged(patterns)
        return [*self.wording.taken_away(changed.wording), *missing, *changed.unfit(), *untagged]

    def unfit(self) -> Iterator[tuple[str, str]]:
        """Texts of this document that its own lint would stop, by their path."""
        for path, text, public in self._texts():
            for problem in lint(text, self.wording, GateMode.ON_RESOLUTION, public):
                yield path, f"says {problem}"

    def _texts(self) -> Iterator[tuple[str, str, bool]]:
        """Every text that buyers hear or read, with its path and whether it is public."""
        for number, step in enumerate(self.call.steps):
            yield f"call.steps.{number}.say", step.say, False
            if step.when_vague is not None:
                yield f"call.steps.{number}.when_vague.say", step.when_vague.say, False
        for cause, sentences in self.public_reply.templates.items():
            yield from ((f"public_reply.templates.{cause}.{n}", said(one), True) for n, one in enumerate(sentences))
        for claim, words in self.public_reply.actions.items():
            yield f"public_reply.actions.{claim}", words, True
        for kind, text in self.notices.items():
            yield f"notices.{kind}", text, False
        for mode, words in self.offer.items():
            yield f"offer.{mode}", words, False
        for number, question in enumerate(self.follow_up.questions):
            yield f"follow_up.questions.{number}.ask", question.ask, False
        for remedy, words in self.ways_out.words.items():
            yield f"ways_out.words.{remedy}", words, False
        yield from ((f"ways_out.otherwise.{n}", words, False) for n, words in enumerate(self.ways_out.otherwise))
        for cause, phrases in self.quick_phrases.items():
            yield from ((f"quick_phrases.{cause}.{n}", phrase, False) for n, phrase in enumerate(phrases))
