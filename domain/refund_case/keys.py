"""The ids of a refund case: one builder for every sender."""

import re

from domain.errors import Refusal

KIND = "refund"
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class BadRefundKey(Refusal):
    """An application's external id can't be part of a case's key."""

    code = "BadRefundKey"


def check_external_id(external_id: str) -> str:
    """Marketplace ids are digits and letters; anything else would make ids that collide or can't be linked to."""
    if not _SAFE.fullmatch(external_id):
        raise BadRefundKey(
            "A refund id is 1 to 64 letters, digits, dots, hyphens or underscores; send the platform's own."
        )
    return external_id


def workflow_id(platform: str, shop: str, external_id: str, run: int = 1) -> str:
    """`refund:{platform}:{shop}:{refund id}`, and `…:2` for the second life of the same case."""
    first = f"{KIND}:{platform}:{shop}:{check_external_id(external_id)}"
    return first if run == 1 else f"{first}:{run}"
