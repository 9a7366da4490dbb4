"""Steps about quarrels, in cases of any kind. Texts are references: the api seals what a person typed."""

from typing import Literal

from pydantic import AwareDatetime, Field

from domain.disputes.state import Forum, Result, Risk
from domain.sealed import SealedRef
from domain.step import Step


class WithFiles(Step):
    files: list[str] = Field(default=[], max_length=20, description="ids of files in the case's vault")


class FlagRisk(WithFiles):
    """The buyer wants to talk outside of the marketplace, or to be paid past it. Stay inside of it, and keep what shows
    it: the words, files, or both."""

    step: Literal["flag_risk"] = "flag_risk"
    risk: Risk
    words: SealedRef | None = Field(default=None, description="what the buyer said")
    declined: bool = Field(default=False, description="the buyer was told that we stay inside of the marketplace")


class JudgeFlag(Step):
    """Say whether a flag stands: one that a message suggested, or (a leader) one that was raised by mistake."""

    step: Literal["judge_flag"] = "judge_flag"
    flag: int = Field(ge=1, description="the flag's number in the case")
    stands: bool
    why: SealedRef | None = Field(default=None, description="required where it does not stand")
    declined: bool = Field(default=False, description="the buyer was told that we stay inside of the marketplace")


class OpenCounterClaim(WithFiles):
    """Seek the shop's right: at the marketplace's rights centre, with the police, or in court."""

    step: Literal["open_counter_claim"] = "open_counter_claim"
    forum: Forum
    what: SealedRef = Field(description="what is claimed, and why")
    due: AwareDatetime = Field(description="when something is to be done next, like the last day for more papers")
    reference: str | None = Field(default=None, max_length=64, description="the forum's own number")


class MoveCounterClaim(WithFiles):
    """Something happened with a counter-claim, so that it is due anew: papers went in, a day was set."""

    step: Literal["move_counter_claim"] = "move_counter_claim"
    claim: int = Field(ge=1, description="the counter-claim's number in the case")
    what: SealedRef
    due: AwareDatetime
    reference: str | None = Field(default=None, max_length=64, description="the forum's own number")


class EndCounterClaim(WithFiles):
    """How a counter-claim ended, with the paper that shows it."""

    step: Literal["end_counter_claim"] = "end_counter_claim"
    claim: int = Field(ge=1, description="the counter-claim's number in the case")
    result: Result
    what: SealedRef


class AskQuestion(Step):
    """Ask a supervisor what no rule covers. Without a time it is due a day from now."""

    step: Literal["ask_question"] = "ask_question"
    what: SealedRef
    due: AwareDatetime | None = None


class AnswerQuestion(Step):
    """Answer what no rule covers. What is given as `rule` holds for everybody from now on, and is found by them: write
    it without anything about this buyer. Never whoever asked."""

    step: Literal["answer_question"] = "answer_question"
    question: int = Field(ge=1, description="the question's number in the case")
    answer: SealedRef
    rule: SealedRef | None = Field(default=None, description="the rule for everybody; empty: for this case alone")
