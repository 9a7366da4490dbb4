"""The seller's public answer: prepared here, confirmed by a person, posted once."""

from dataclasses import dataclass

from domain.errors import Refusal
from domain.outgoing import as_facts, named
from domain.platforms import reply_max_chars
from domain.policies.gate import GateMode
from domain.policies.platforms import PlatformRules
from domain.policies.texts import PLACE, TextsPolicy
from domain.wording import lint


class ReplyUnfit(Refusal):
    """A reply that may not be posted; `facts["problems"]` says what is in it."""

    code = "ReplyUnfit"


@dataclass(frozen=True)
class ReplyFacts:
    """What a reply may tell, all of it public: how to reach the shop, what was done, how long the parcel took."""

    contact: str = "在线客服"
    action: str = ""
    days: int | None = None
    date: str = ""


def prepare(cause: str, facts: ReplyFacts, rules: PlatformRules, policy: TextsPolicy) -> str:
    """A reply within the marketplace's length. Sentences without their facts are left out, and the last ones go first
    when it is too long. Raises ReplyUnfit when what an agent wrote into the facts may not stand in public."""
    known = {"contact": facts.contact, "action": facts.action, "date": facts.date}
    known["days"] = "" if facts.days is None else str(facts.days)
    sentences = [_filled(one, known) for one in _template(cause, policy) if all(map(known.get, PLACE.findall(one)))]
    limit = reply_max_chars(rules)
    while len(sentences) > 1 and len("".join(sentences)) > limit:
        sentences.pop()
    text = "".join(sentences)
    check(text, rules, policy)
    return text


def check(text: str, rules: PlatformRules, policy: TextsPolicy, private: tuple[str, ...] = ()) -> None:
    """What a reply has to pass before it is posted, also one that a person wrote. Raises ReplyUnfit."""
    limit = reply_max_chars(rules)
    if not text.strip():
        raise ReplyUnfit("The reply is empty; write what was done for the buyer.", problems=["empty"])
    if len(text) > limit:
        raise ReplyUnfit(f"The reply has {len(text)} characters, {rules.name_zh} takes {limit}.", problems=["too_long"])
    problems = [one for one in lint(text, policy.wording, GateMode.ON_RESOLUTION, True, private) if one.blocks]
    if problems:
        raise ReplyUnfit(f"These words may not stand in a public reply: {named(problems)}.", **as_facts(problems))


def _template(cause: str, policy: TextsPolicy) -> tuple[str, ...]:
    templates = policy.public_reply.templates
    return templates.get(cause) or templates.get(cause.partition(".")[0]) or templates["default"]


def _filled(sentence: str, known: dict[str, str]) -> str:
    return PLACE.sub(lambda place: known[place.group(1)], sentence).replace("。。", "。")
