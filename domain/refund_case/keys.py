"""The ids of a refund case: one builder for every sender."""

from domain.case_keys import checked, workflow_of
from domain.errors import Refusal

KIND = "refund"


class BadRefundKey(Refusal):
    """An application's external id can't be part of a case's key."""

    code = "BadRefundKey"


def check_external_id(external_id: str) -> str:
    """Raises BadRefundKey."""
    return checked(external_id, KIND, BadRefundKey)


def workflow_id(platform: str, shop: str, external_id: str, run: int = 1) -> str:
    """`refund:{platform}:{shop}:{refund id}`, and `…:2` for the second life of the same case."""
    return workflow_of(KIND, platform, shop, check_external_id(external_id), run)
