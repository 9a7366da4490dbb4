"""Whether a review says what happened, or only that somebody is not content (R50)."""

import re

from domain.causes import suggest_cause
from domain.policies.causes import CausesPolicy

# Ours: a sentence of twelve words, a Chinese sign counting as one, usually names something, in words that no list has.
FEW_WORDS = 12
_WORD = re.compile(r"[a-z0-9]+|[^\W_]", re.IGNORECASE)


def is_vague(text: str, policy: CausesPolicy) -> bool:
    """Few words and none that any cause knows; so is a rating without words, whatever the platform fills in."""
    suggestion = suggest_cause(text, policy)
    if suggestion.cause == policy.no_text:
        return True
    return not suggestion.matched and len(_WORD.findall(text)) < FEW_WORDS
