"""Words that may not go out, as data: what ships with the product, and what a shop adds."""

import re
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field, field_validator

from domain.policies.documents import MarkedPart, PolicyPart
from domain.squeezing import squeezed


class PublicPattern(PolicyPart):
    """A regular expression that no public reply may match, and what it would give away."""

    code: Literal["phone", "account", "address", "payment_offer", "accusation", "order_number"]
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as wrong:
            raise ValueError(f"{pattern!r} is no regular expression: {wrong}") from None
        return pattern


class ShopWord(PolicyPart):
    """A phrase of the shop's own list, with what its people say instead; it blocks everywhere, or in public alone."""

    word: str
    instead: str = Field(min_length=1)
    public_only: bool = False

    @field_validator("word")
    @classmethod
    def _can_be_found(cls, word: str) -> str:
        if len(squeezed(word)) < 2:
            raise ValueError(f"{word!r} has fewer than two letters or digits and would be found everywhere")
        return word


class Wording(MarkedPart):
    """`paid_review` blocks where the gate is on_resolution and warns where it is after_amendment; `threats` and
    `fake_reviews` block everywhere, and no remedy is proposed in words of the latter. Punctuation and spaces between
    the characters do not hide a phrase. `instead` says by code what to say in its place; `shop_words` are a shop's
    own."""

    paid_review: tuple[str, ...] = Field(min_length=1)
    threats: tuple[str, ...] = Field(min_length=1)
    fake_reviews: tuple[str, ...] = ()
    public: tuple[PublicPattern, ...] = Field(min_length=1)
    shop_words: tuple[ShopWord, ...] = ()
    instead: Mapping[str, str] = Field(default_factory=dict)

    def taken_away(self, changed: "Wording") -> Iterator[tuple[str, str]]:
        """What of this list `changed` no longer has: a shop adds words and takes none away."""
        for name in ("paid_review", "threats", "fake_reviews"):
            for phrase in sorted(set(getattr(self, name)) - set(getattr(changed, name))):
                yield f"wording.{name}", f"{phrase!r} is missing; add to the list and leave what is in it"
        for rule in self.public:
            if rule not in changed.public:
                yield "wording.public", f"the pattern for {rule.code} is missing; leave it as it is and add your own"
