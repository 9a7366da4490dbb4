"""What a case asks about its public reply: references and what the case shows, never the words."""

from datetime import datetime

from pydantic import Field

from activities.requests import Request
from domain.claims import Claim
from domain.review_case.facts import StepRequest
from domain.review_case.steps import PostReply


class ReplyRequest(Request):
    case: str
    shop: str
    review_row: str
    cause: str | None
    malicious: bool
    shown: list[Claim] = Field(default_factory=list)
    now: datetime


class ReplyWordsRequest(Request):
    """`shown` is what the case shows to have been done; the words may claim nothing else."""

    step: StepRequest
    post: PostReply
    shown: list[Claim] = Field(default_factory=list)


class PostReplyRequest(Request):
    case: str
    shop: str
    review_row: str
    text: str
    now: datetime
