"""A shop's own replies beside those of its policy: what one must satisfy to be kept, and which fit a case."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from domain.claims import Claim
from domain.errors import Refusal
from domain.gate import GateMode
from domain.policies.platforms import PlatformRules
from domain.policies.public_replies import PLACE, ReplySentence, check_sentences, untagged
from domain.policies.texts import TextsPolicy
from domain.public_reply import Draft, ReplyFacts, draft, faults, patterns_of
from domain.wording import WordingProblem, lint

DEFAULT = "default"
MALICIOUS = "malicious"
POLICYS = "policy"


class TemplateUnfit(Refusal):
    """A reply that may not stand in the library; `facts["sentences"]` says which sentence and why."""

    code = "TemplateUnfit"


@dataclass(frozen=True)
class Template:
    """A reply of the library, or (by its id POLICYS) the policy's own."""

    id: str
    cause: str
    title: str
    sentences: tuple[ReplySentence, ...]


@dataclass(frozen=True)
class Suggestion:
    """A template as this case would say it, with what still stands against posting it."""

    template: Template
    draft: Draft
    problems: tuple[WordingProblem, ...]


def check_template(sentences: Sequence[ReplySentence], policy: TextsPolicy) -> None:
    """Raises TemplateUnfit, naming every sentence at fault: the wording, claims without their tag, a beginning that not
    every case can say, and nothing for the next reader."""
    found = [
        {"sentence": number, "why": f"says {problem}"}
        for number, sentence in enumerate(sentences)
        for problem in lint(PLACE.sub("", sentence.say), policy.wording, GateMode.ON_RESOLUTION, public=True)
    ]
    found += [
        {"sentence": int(path.rpartition(".")[2]), "why": why}
        for path, why in untagged(sentences, patterns_of(policy), "sentences")
    ]
    try:
        check_sentences(sentences, "sentences")
    except ValueError as wrong:
        found.append({"sentence": 0, "why": str(wrong)})
    if not any(one.readers for one in sentences):
        found.append({"sentence": len(sentences), "why": "add one for the next reader (`readers`): how to get help"})
    if found:
        first = f"Sentence {found[0]['sentence']}: {found[0]['why']}"
        raise TemplateUnfit(f"{first}. Correct it and save again.", sentences=found)


def causes_for(cause: str | None, *, malicious: bool = False) -> tuple[str, ...]:
    """Whose templates fit a case, the closest first."""
    if malicious:
        return (MALICIOUS,)
    return tuple(dict.fromkeys(one for one in (cause or "", (cause or "").partition(".")[0], DEFAULT) if one))


def of_policy(causes: Sequence[str], policy: TextsPolicy) -> Template:
    cause = next((one for one in causes if one in policy.public_reply.templates), DEFAULT)
    return Template(POLICYS, cause, "", policy.public_reply.of(cause))


def suggest(
    library: Iterable[Template],
    causes: Sequence[str],
    facts: ReplyFacts,
    rules: PlatformRules,
    policy: TextsPolicy,
    shown: Collection[Claim],
) -> list[Suggestion]:
    """The best first: what may be posted, of the closest cause, the shop's own before the policy's, helping the next
    reader, leaving the least out."""
    found = [_as_said(one, facts, rules, policy, shown) for one in (*library, of_policy(causes, policy))]
    return sorted(found, key=lambda one: _rank(one, causes))


def _as_said(
    template: Template, facts: ReplyFacts, rules: PlatformRules, policy: TextsPolicy, shown: Collection[Claim]
) -> Suggestion:
    drafted = draft(template.sentences, facts, rules, policy, shown)
    return Suggestion(template, drafted, tuple(faults(drafted.text, policy, shown=shown)))


def _rank(one: Suggestion, causes: Sequence[str]) -> tuple[bool, int, bool, bool, int, str]:
    closeness = causes.index(one.template.cause) if one.template.cause in causes else len(causes)
    own = one.template.id == POLICYS
    return bool(one.problems), closeness, own, not one.draft.for_readers, len(one.draft.left_out), one.template.title
