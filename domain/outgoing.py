"""The one door by which words leave: whoever sends takes only what was cleared here.

Gateways ask for `Cleared` and `ClearedNotice`, and nothing else makes them. What is shown to an agent to be said passes
the same lint; the titles of transfers have a stricter one of their own (domain/labels.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.errors import Refusal
from domain.policies.gate import GateMode
from domain.policies.texts import NoticeKind, TextsPolicy
from domain.policies.wording import Wording
from domain.scripts import notice_text
from domain.wording import WordingProblem, lint


class WordsUnfit(Refusal):
    """A text that may not go out; `facts["words"]` lists what is in it and what to say instead."""

    code = "WordsUnfit"

    def __init__(self, problems: Sequence[WordingProblem]) -> None:
        super().__init__(f"These words may not go out: {named(problems)}.", **as_facts(problems))
        self.kinds = ", ".join(one.code for one in problems)


@dataclass(frozen=True, slots=True)
class Cleared:
    """A text that may leave. `warnings` are what the shop has taken upon itself to say."""

    text: str
    warnings: tuple[WordingProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class ClearedNotice:
    """The words of a notice that may leave, to be filled into the messenger's approved template."""

    words: Mapping[str, str]


def clear(text: str, wording: Wording, mode: GateMode, *, public: bool = False, private: Iterable[str] = ()) -> Cleared:
    """Raises WordsUnfit, naming the words and what to say instead."""
    problems = lint(text, wording, mode, public, private)
    forbid([one for one in problems if one.blocks])
    return Cleared(text, tuple(problems))


def clear_notice(kind: NoticeKind, words: Mapping[str, str], texts: TextsPolicy) -> ClearedNotice:
    """The notice as the buyer will read it is looked at whole, and so is each word: the template at the messenger may
    be an older one. It goes by itself, so nobody would see a warning, and what would be one stops it. Raises
    WordsUnfit, and ScriptIncomplete where a word is missing."""
    for text in (notice_text(kind, words, texts), *words.values()):
        clear(text, texts.wording, GateMode.ON_RESOLUTION)
    return ClearedNotice(dict(words))


def forbid(problems: Sequence[WordingProblem]) -> None:
    """Raises WordsUnfit where there is any."""
    if problems:
        raise WordsUnfit(problems)


def named(problems: Sequence[WordingProblem]) -> str:
    return ", ".join(map(str, problems))


def as_facts(problems: Sequence[WordingProblem]) -> dict[str, Any]:
    words = [{"code": one.code, "found": one.found, "instead": one.instead} for one in problems]
    return {"problems": [one.code for one in problems], "words": words}
