"""The lint on outgoing words: no paid reviews, no threats, nothing about the buyer in public."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from domain.policies.compensation import GateMode
from domain.policies.texts import TextsPolicy
from domain.squeezing import squeezed


@dataclass(frozen=True)
class WordingProblem:
    """`code` says what kind; a problem that does not block is shown as a warning."""

    code: str
    found: str
    blocks: bool


def lint(
    text: str, policy: TextsPolicy, mode: GateMode, public: bool, private: Iterable[str] = ()
) -> list[WordingProblem]:
    """Problems of a text that is about to go out. `private` are words that belong to the buyer (nick, name, phone):
    they never stand in a public text. A single character is no nick, it is in every text."""
    plain = squeezed(text)
    paid_blocks = public or mode is GateMode.ON_RESOLUTION
    problems = [WordingProblem("paid_review", one, paid_blocks) for one in policy.wording.paid_review if one in plain]
    problems += [WordingProblem("threat", one, True) for one in policy.wording.threats if one in plain]
    if public:
        problems += [
            WordingProblem("buyer_data", one, True)
            for one in private
            if len(squeezed(one)) > 1 and squeezed(one) in plain
        ]
        problems += _public_problems(text, policy)
    return problems


def _public_problems(text: str, policy: TextsPolicy) -> list[WordingProblem]:
    # Numbers are written with spaces and hyphens to slip through; patterns see the text with and without them.
    plain = unicodedata.normalize("NFKC", text).casefold()
    forms = (plain, re.sub(r"(?<=\d)[\s-]+(?=\d)", "", plain), squeezed(text))
    found: dict[str, WordingProblem] = {}
    for rule in policy.wording.public:
        for form in forms:
            hit = re.search(rule.pattern, form)
            if hit:
                found.setdefault(rule.code, WordingProblem(rule.code, hit.group(), True))
    return list(found.values())
