"""The ids of a review case: one builder for every sender."""

import re

from domain.errors import Refusal

KIND = "review"
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,64}")


class BadReviewKey(Refusal):
    """A review's external id can't be part of a case's key."""

    code = "BadReviewKey"


def check_external_id(external_id: str) -> str:
    """Marketplace ids are digits and letters; anything else would make ids that collide or can't be linked to."""
    if not _SAFE.fullmatch(external_id):
        raise BadReviewKey(
            "A review id is 1 to 64 letters, digits, dots, hyphens or underscores; send the platform's own."
        )
    return external_id


def workflow_id(platform: str, shop: str, external_id: str, run: int = 1) -> str:
    """`review:{platform}:{shop}:{review id}`, and `…:2` for the second life of the same case."""
    first = f"{KIND}:{platform}:{shop}:{check_external_id(external_id)}"
    return first if run == 1 else f"{first}:{run}"


def lives_of(workflow: str, run: int) -> list[str]:
    """The workflows of a case from its first run on, given the one of its present run."""
    first = workflow if run == 1 else workflow.removesuffix(f":{run}")
    return [first, *(f"{first}:{later}" for later in range(2, run + 1))]


def payout_id(key: str) -> str:
    """The workflow of the payout under this money key."""
    return f"payout:{key}"
