"""What a review seems to complain about. A suggestion: only an agent's confirmation counts for money and statistics."""

import difflib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Refusal
from domain.policies.causes import CausesPolicy, Department, Fault

_DENIES = ("没有", "并没", "并不", "不是", "不会", "毫无", "没", "无", "不")


class UnknownCause(Refusal):
    """A cause code that the shop's causes do not have."""

    code = "UnknownCause"


class Likelihood(StrEnum):
    """How far to trust a suggestion. Keywords never reach "high"."""

    NONE = "none"
    LOW = "low"
    MEDIUM = "medium"


@dataclass(frozen=True)
class CauseSuggestion:
    cause: str
    matched: tuple[str, ...]
    confidence: Likelihood


def suggest_cause(text: str, policy: CausesPolicy) -> CauseSuggestion:
    """The cause whose keywords cover most of the text; the unclear cause when nothing matches, the no-text cause for an
    empty review or the platform's own filler."""
    plain = _plain(text)
    filler = next(sub.keywords for code, _, sub in policy.codes() if code == policy.no_text)
    if not any(letter.isalnum() for letter in plain) or any(plain.startswith(_plain(one)) for one in filler):
        return CauseSuggestion(policy.no_text, (), Likelihood.NONE)
    ranked = sorted(_matches(plain, policy), reverse=True)
    if not ranked:
        return CauseSuggestion(policy.unclear, (), Likelihood.NONE)
    best = ranked[0]
    rival = ranked[1].score if len(ranked) > 1 else 0
    sure = len(best.matched) > 1 and best.score > rival
    return CauseSuggestion(best.cause, best.matched, Likelihood.MEDIUM if sure else Likelihood.LOW)


def check_cause(code: str, policy: CausesPolicy) -> None:
    """Raises UnknownCause."""
    _find(code, policy)


def severity_of(code: str, policy: CausesPolicy) -> int:
    return _find(code, policy).severity


def fault_of(code: str, policy: CausesPolicy) -> Fault:
    """Who answers for the cause; it decides freight and, for a courier, a claim."""
    return _find(code, policy).fault


def department_of(code: str, policy: CausesPolicy) -> Department:
    """Where findings about the cause are sent."""
    return _find(code, policy).dept


def remedies_of(code: str, policy: CausesPolicy) -> tuple[str, ...]:
    return _find(code, policy).remedies


@dataclass(frozen=True)
class _Found:
    severity: int
    fault: Fault
    dept: Department
    remedies: tuple[str, ...]


def _find(code: str, policy: CausesPolicy) -> _Found:
    for known, cause, sub in policy.codes():
        if known == code:
            return _Found(sub.severity, sub.fault or cause.fault, sub.dept or cause.dept, sub.remedies)
    raise UnknownCause(f"There is no cause {code!r}; {_hint(code, policy)}", cause=code)


def _hint(code: str, policy: CausesPolicy) -> str:
    """Those of the same first level, else what looks alike, else where all of them stand."""
    known = [one for one, _, _ in policy.codes()]
    near = [one for one in known if one.partition(".")[0] == code.partition(".")[0]]
    near = near or difflib.get_close_matches(code, known)
    offered = f"choose one of {', '.join(near)}, or another " if near else "choose one "
    return f"{offered}of the policy `causes` (GET /policies/causes)."


@dataclass(frozen=True, order=True)
class _Match:
    """Ordered: more words covered, then graver, then nearer to the text's beginning, where the noun stands."""

    score: int
    severity: int
    before_end: int
    cause: str
    matched: tuple[str, ...]


def _matches(plain: str, policy: CausesPolicy) -> Iterator[_Match]:
    for code, _, sub in policy.codes():
        if code == policy.no_text:
            continue
        matched = tuple(keyword for keyword in sub.keywords if _says(plain, _plain(keyword)))
        if matched:
            first = min(plain.find(_plain(keyword)) for keyword in matched)
            yield _Match(sum(map(len, matched)), sub.severity, len(plain) - first, code, matched)


def _says(plain: str, keyword: str) -> bool:
    """Whether the keyword stands somewhere without a denial right before it ("没有色差" praises)."""
    at = plain.find(keyword)
    while at >= 0:
        if not plain[:at].endswith(_DENIES):
            return True
        at = plain.find(keyword, at + 1)
    return False


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
