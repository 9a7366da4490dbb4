"""The ids of cases of every kind: one builder for every sender."""

import re

from domain.errors import Refusal

_SAFE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def checked(external_id: str, what: str, refusal: type[Refusal]) -> str:
    """Marketplace ids are digits and letters; anything else would make ids that collide or can't be linked to. Raises
    `refusal`."""
    if not _SAFE.fullmatch(external_id):
        raise refusal(f"A {what} id is 1 to 64 letters, digits, dots, hyphens or underscores; send the platform's own.")
    return external_id


def workflow_of(kind: str, platform: str, shop: str, external_id: str, run: int = 1) -> str:
    """`{kind}:{platform}:{shop}:{external id}`, and `…:2` for the second life of the same case."""
    first = f"{kind}:{platform}:{shop}:{external_id}"
    return first if run == 1 else f"{first}:{run}"
