"""The ids of a review case: one builder for every sender."""

from domain.case_keys import checked, workflow_of
from domain.errors import Refusal

KIND = "review"


class BadReviewKey(Refusal):
    """A review's external id can't be part of a case's key."""

    code = "BadReviewKey"


def check_external_id(external_id: str) -> str:
    """Raises BadReviewKey."""
    return checked(external_id, KIND, BadReviewKey)


def workflow_id(platform: str, shop: str, external_id: str, run: int = 1) -> str:
    """`review:{platform}:{shop}:{review id}`, and `…:2` for the second life of the same case."""
    return workflow_of(KIND, platform, shop, check_external_id(external_id), run)


def lives_of(workflow: str, run: int) -> list[str]:
    """The workflows of a case from its first run on, given the one of its present run."""
    first = workflow if run == 1 else workflow.removesuffix(f":{run}")
    return [first, *(f"{first}:{later}" for later in range(2, run + 1))]


def payout_id(key: str) -> str:
    """The workflow of the payout under this money key."""
    return f"payout:{key}"
