"""The seller's public answer: put together here from what the case shows, confirmed by a person, posted once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from domain.claims import Claim
from domain.errors import Refusal
from domain.outgoing import as_facts, named
from domain.platforms import reply_max_chars
from domain.policies.documents import load_shipped
from domain.policies.gate import GateMode
from domain.policies.platforms import PlatformRules
from domain.policies.public_replies import PLACE, ClaimPattern, ReplySentence, claimed
from domain.policies.texts import TextsPolicy
from domain.wording import WordingProblem, discreet, lint


class ReplyUnfit(Refusal):
    """A reply that may not be posted; `facts["problems"]` says what is in it."""

    code = "ReplyUnfit"


@dataclass(frozen=True)
class ReplyFacts:
    """What a reply may tell, all of it public: how to reach the shop, what was done, how long the parcel took. Without
    an `action` of its own it says the strongest thing that the case shows."""

    contact: str = "在线客服"
    action: str = ""
    days: int | None = None
    date: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A sentence that this case can't say, and why."""

    say: str
    why: str


@dataclass(frozen=True)
class Draft:
    """A reply put together for one case. `for_readers`: it also helps whoever reads the review next."""

    text: str
    for_readers: bool
    left_out: tuple[LeftOut, ...] = ()


def draft(
    sentences: Sequence[ReplySentence],
    facts: ReplyFacts,
    rules: PlatformRules,
    policy: TextsPolicy,
    shown: Collection[Claim] = (),
) -> Draft:
    """Within the marketplace's length. Sentences without their facts are left out, and those whose claim the case does
    not show; the last ones go first when it is too long."""
    known = {"contact": facts.contact, "date": facts.date, "action": facts.action or _action(policy, shown)}
    known["days"] = "" if facts.days is None else str(facts.days)
    why_not = [(one, _why_not(one, known, shown)) for one in sentences]
    said = [one for one, why in why_not if not why]
    left = [LeftOut(one.say, why) for one, why in why_not if why]
    limit = reply_max_chars(rules)
    while len(said) > 1 and len(_together(said, known)) > limit:
        left.append(LeftOut(said.pop().say, f"{rules.name_zh} takes {limit} characters"))
    return Draft(_together(said, known), any(one.readers for one in said), tuple(left))


def prepare(
    cause: str, facts: ReplyFacts, rules: PlatformRules, policy: TextsPolicy, shown: Collection[Claim] = ()
) -> str:
    """The policy's reply for a cause. Raises ReplyUnfit when what an agent wrote into the facts may not stand in
    public."""
    text = draft(policy.public_reply.of(cause), facts, rules, policy, shown).text
    check(text, rules, policy, shown=shown)
    return text


def check(
    text: str,
    rules: PlatformRules,
    policy: TextsPolicy,
    private: tuple[str, ...] = (),
    shown: Collection[Claim] = (),
    *,
    quoting: bool = True,
) -> None:
    """What a reply has to pass before it is posted, also one that a person wrote: its length, the wording, and that it
    claims nothing that the case does not show. Raises ReplyUnfit; without `quoting` it repeats none of the text, for
    answers that are kept where no text may be."""
    limit = reply_max_chars(rules)
    if not text.strip():
        raise ReplyUnfit("The reply is empty; write what was done for the buyer.", problems=["empty"])
    if len(text) > limit:
        raise ReplyUnfit(f"The reply has {len(text)} characters, {rules.name_zh} takes {limit}.", problems=["too_long"])
    problems = faults(text, policy, private, shown)
    if not quoting:
        problems = [discreet(one) for one in problems]
    if problems:
        raise ReplyUnfit(f"This may not stand in a public reply: {named(problems)}.", **as_facts(problems))


def faults(
    text: str, policy: TextsPolicy, private: tuple[str, ...] = (), shown: Collection[Claim] = ()
) -> list[WordingProblem]:
    """Words that may not stand in public, and claims that the case does not show."""
    problems = [one for one in lint(text, policy.wording, GateMode.ON_RESOLUTION, True, private) if one.blocks]
    untrue = [(pattern, found) for pattern, found in claimed(text, patterns_of(policy)) if pattern.claim not in shown]
    return problems + [
        WordingProblem(f"not_shown_{pattern.claim}", found, True, pattern.instead) for pattern, found in untrue
    ]


def patterns_of(policy: TextsPolicy) -> Sequence[ClaimPattern]:
    """A document from before claims were known looks for those that ship."""
    return policy.public_reply.claims or load_shipped("texts", TextsPolicy).public_reply.claims


def _action(policy: TextsPolicy, shown: Collection[Claim]) -> str:
    return next((words for claim, words in policy.public_reply.actions.items() if claim in shown), "")


def _why_not(sentence: ReplySentence, known: dict[str, str], shown: Collection[Claim]) -> str:
    unshown = [claim for claim in sentence.claims if claim not in shown]
    missing = [place for place in PLACE.findall(sentence.say) if not known.get(place)]
    if unshown:
        return f"the case does not show: {', '.join(unshown)}"
    return f"not known: {', '.join(missing)}" if missing else ""


def _together(sentences: Sequence[ReplySentence], known: dict[str, str]) -> str:
    filled = [PLACE.sub(lambda place: known[place.group(1)], one.say) for one in sentences]
    return "".join(filled).replace("。。", "。")
