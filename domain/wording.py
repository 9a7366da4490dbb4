"""The lint on outgoing words: no paid reviews, no threats, nothing about the buyer in public."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from domain.policies.gate import GateMode
from domain.policies.wording import Wording
from domain.squeezing import squeezed

# Problems whose words are the policy's; those of the others stand in the text that was looked at.
FROM_THE_LISTS = frozenset({"paid_review", "threat", "fake_review", "shop_word"})
# Where a document names nothing better.
LEAVE_IT_OUT = "leave it out"


@dataclass(frozen=True)
class WordingProblem:
    """`code` says what kind, `instead` what to say in its place; what does not block is shown as a warning."""

    code: str
    found: str
    blocks: bool
    instead: str = LEAVE_IT_OUT

    def __str__(self) -> str:
        return f"{self.found!r} ({self.code}; instead: {self.instead})"


def lint(
    text: str, wording: Wording, mode: GateMode, public: bool, private: Iterable[str] = ()
) -> list[WordingProblem]:
    """Problems of a text that is about to go out. `private` are words that belong to the buyer (nick, name, phone):
    they never stand in a public text. A single character is no nick, it is in every text."""
    plain = squeezed(text)
    problems = list(_everywhere(plain, wording, public or mode is GateMode.ON_RESOLUTION))
    problems += [
        WordingProblem("shop_word", one.word, True, one.instead)
        for one in wording.shop_words
        if squeezed(one.word) in plain and (public or not one.public_only)
    ]
    if public:
        problems += [
            WordingProblem("buyer_data", one, True, _instead("buyer_data", wording))
            for one in private
            if len(squeezed(one)) > 1 and squeezed(one) in plain
        ]
        problems += _public_problems(text, wording)
    return problems


def discreet(problem: WordingProblem) -> WordingProblem:
    """Without the words where they may be the writer's own, or the buyer's: for answers that are kept elsewhere."""
    return problem if problem.code in FROM_THE_LISTS else replace(problem, found="…")


def _everywhere(plain: str, wording: Wording, paid_blocks: bool) -> Iterator[WordingProblem]:
    lists = (
        ("paid_review", wording.paid_review, paid_blocks),
        ("threat", wording.threats, True),
        ("fake_review", wording.fake_reviews, True),
    )
    for code, phrases, blocks in lists:
        for phrase in phrases:
            if squeezed(phrase) in plain:
                yield WordingProblem(code, phrase, blocks, _instead(code, wording))


def _public_problems(text: str, wording: Wording) -> list[WordingProblem]:
    # Numbers are written with spaces and hyphens to slip through; patterns see the text with and without them.
    plain = unicodedata.normalize("NFKC", text).casefold()
    forms = (plain, re.sub(r"(?<=\d)[\s-]+(?=\d)", "", plain), squeezed(text))
    found: dict[str, WordingProblem] = {}
    for rule in wording.public:
        for form in forms:
            hit = re.search(rule.pattern, form)
            if hit:
                found.setdefault(rule.code, WordingProblem(rule.code, hit.group(), True, _instead(rule.code, wording)))
    return list(found.values())


def _instead(code: str, wording: Wording) -> str:
    return wording.instead.get(code, LEAVE_IT_OUT)
