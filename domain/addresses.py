"""What kind of place a delivery address names, so that its hours can be judged (a hint, never a fact)."""

import unicodedata

from domain.contact_terms import AddressType
from domain.policies.contact import AddressRule, ContactPolicy

__all__ = ["AddressType", "address_type"]

_LONGEST = 300


def address_type(detail: str, policy: ContactPolicy) -> AddressType:
    """The type of the first rule that matches the detail part (street and below); unknown where none does."""
    text = unicodedata.normalize("NFKC", detail)[:_LONGEST].strip()
    matching = (rule.type for rule in policy.address_rules if _matches(rule, text))
    return next(matching, AddressType.UNKNOWN)


def _matches(rule: AddressRule, text: str) -> bool:
    if rule.unless and rule.unless.search(text):
        return False
    # Blanked by a sign that no pattern contains, so that neither side of a gap grows together.
    seen = rule.ignoring.sub("□", text) if rule.ignoring else text
    return rule.any.search(seen) is not None
