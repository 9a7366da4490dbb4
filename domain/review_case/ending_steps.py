"""The steps around a case's end: merge it into another, and visit the buyer once more when it was solved."""

from typing import Literal

from pydantic import Field

from domain.contact_terms import CallResult
from domain.review_case.step import Step
from domain.sealed import SealedRef


class Merge(Step):
    """Go on with this buyer and order in another case: this one ends as its duplicate, and what comes later for it
    reaches the other one."""

    step: Literal["merge"] = "merge"
    into: str = Field(max_length=40, description="number of the case that goes on")
    why: SealedRef


class BeginFollowUp(Step):
    """Take the follow-up visit that is due: caps, hours and stops are checked once more before anyone dials."""

    step: Literal["begin_follow_up"] = "begin_follow_up"


class LogFollowUp(Step):
    """Say how the visit went, with the answers to the questionnaire. Nothing is sold in it."""

    step: Literal["log_follow_up"] = "log_follow_up"
    result: CallResult
    seconds: int | None = Field(default=None, ge=0, le=24 * 3600, description="length of the talk")
    answers: dict[str, str] = Field(
        default_factory=dict, max_length=10, description="of the closed questions: the answer's code by the question's"
    )
    remark: SealedRef | None = Field(default=None, description="what the buyer said to the open questions")


class SkipFollowUp(Step):
    """Close without the visit; a buyer who wants more can then be helped by reopening the case."""

    step: Literal["skip_follow_up"] = "skip_follow_up"
    why: SealedRef
