"""The steps around a case's end: merge it into another, and visit the buyer once more when it was solved."""

from typing import Literal

from pydantic import Field

from domain.review_case.step import Step
from domain.sealed import SealedRef


class Merge(Step):
    """Go on with this buyer and order in another case: this one ends as its duplicate, and what comes later for it
    reaches the other one."""

    step: Literal["merge"] = "merge"
    into: str = Field(max_length=40, description="number of the case that goes on")
    why: SealedRef
