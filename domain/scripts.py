"""The call script in six steps (S004), filled for one case, and the few notices that buyers get."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.errors import Refusal
from domain.platforms import may_ask_to_amend
from domain.policies.gate import GateMode
from domain.policies.platforms import PlatformRules
from domain.policies.texts import PLACE, CallStep, NoticeKind, SkipReason, TextsPolicy
from domain.wording import lint

_QUOTED_CHARS = 60
_GENERAL = "general"


class ScriptIncomplete(Refusal):
    """A text cannot be filled; `facts["missing"]` names what is needed."""

    code = "ScriptIncomplete"


@dataclass(frozen=True)
class ScriptFacts:
    """What an agent sees on the case page anyway. `options` are at least two ways out, in the agent's words."""

    shop: str
    agent: str
    item: str
    date: str
    complaint: str
    options: tuple[str, ...]
    title: str = ""
    severity: int = 1
    buyer_angry: bool = False
    asks_made: int = 0
    asks_allowed: int = 2
    vague: bool = False


@dataclass(frozen=True)
class ScriptStep:
    """`skipped` gives the reasons for which this step is left out of this call."""

    number: int
    code: str
    goal: str
    say: str
    skipped: tuple[str, ...] = ()


def call_script(facts: ScriptFacts, rules: PlatformRules, policy: TextsPolicy) -> tuple[ScriptStep, ...]:
    """All six steps in order. Raises ScriptIncomplete when the shop, the item, the review's words or two options are
    missing: an opening that names none of them sounds like fraud."""
    known = _known(facts)
    steps = enumerate(policy.call.steps, start=1)
    return tuple(_step(number, step, known, facts, rules) for number, step in steps)


def ways_out(remedies: Iterable[str], policy: TextsPolicy) -> tuple[str, ...]:
    """Remedies in the words for a buyer, filled up to two; those that are no choice of the buyer's are left out."""
    words = policy.ways_out.words
    options = list(dict.fromkeys(words[remedy] for remedy in remedies if remedy in words))
    spare = [option for option in policy.ways_out.otherwise if option not in options]
    return tuple(options + spare[: max(0, 2 - len(options))])


def quick_phrases(cause: str | None, facts: ScriptFacts, policy: TextsPolicy) -> tuple[str, ...]:
    """Phrases to copy, of the cause first, then of its first level, then general ones. One whose facts are missing, or
    that would say what may not be said, is left out."""
    known = _known(facts)
    keys = (cause or "", (cause or "").partition(".")[0], _GENERAL)
    sentences = [sentence for key in dict.fromkeys(keys) for sentence in policy.quick_phrases.get(key, ())]
    filled = [_filled(sentence, known) for sentence in sentences if not _missing(sentence, known)]
    return tuple(phrase for phrase in filled if not lint(phrase, policy.wording, GateMode.ON_RESOLUTION, public=False))


def offer_words(mode: GateMode, facts: ScriptFacts, amount: str, until: str, policy: TextsPolicy) -> str | None:
    """How an offer is put to the buyer; None where the shop has no words for it, or a fact is missing."""
    known = {**_known(facts), "amount": amount, "until": until}
    words = policy.offer.get(mode)
    return None if words is None or _missing(words, known) else _filled(words, known)


def notice_text(kind: NoticeKind, facts: Mapping[str, str], policy: TextsPolicy) -> str:
    """One of the policy's notices. Raises ScriptIncomplete."""
    return _filled(policy.notices[kind], facts)


def _step(
    number: int, step: CallStep, known: Mapping[str, str], facts: ScriptFacts, rules: PlatformRules
) -> ScriptStep:
    skipped = tuple(reason for reason in step.skip_when if _applies(reason, facts, rules))
    words = step.when_vague if facts.vague and step.when_vague else step
    return ScriptStep(number, step.code, words.goal, _filled(words.say, known), skipped)


def _applies(reason: SkipReason, facts: ScriptFacts, rules: PlatformRules) -> bool:
    return {
        "platform_bans_asking": not may_ask_to_amend(rules),
        "asks_to_amend_total_reached": facts.asks_made >= facts.asks_allowed,
        "severity_4": facts.severity >= 4,
        "buyer_angry": facts.buyer_angry,
        "details_wanted": facts.vague,
    }[reason]


def _known(facts: ScriptFacts) -> dict[str, str]:
    said = " ".join(facts.complaint.split())
    return {
        "shop": facts.shop,
        "agent": facts.agent,
        "item": facts.item,
        "date": facts.date,
        "complaint": said if len(said) <= _QUOTED_CHARS else said[:_QUOTED_CHARS] + "…",
        "title": facts.title or "",
        **{f"option_{number}": option for number, option in enumerate(facts.options, start=1)},
    }


def _filled(text: str, known: Mapping[str, str]) -> str:
    missing = _missing(text, known)
    if missing:
        raise ScriptIncomplete(f"The text still needs {', '.join(missing)}; enter them first.", missing=missing)
    return PLACE.sub(lambda place: known.get(place.group(1), ""), text)


def _missing(text: str, known: Mapping[str, str]) -> list[str]:
    # A title may be unknown; everything else that a text names has to be there.
    return [name for name in dict.fromkeys(PLACE.findall(text)) if name != "title" and not known.get(name, "").strip()]
