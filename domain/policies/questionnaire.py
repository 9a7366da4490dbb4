"""The questionnaire of the follow-up visit: closed questions with their answers, open ones, and no selling."""

from typing import Literal, Self

from pydantic import Field, model_validator

from domain.policies.documents import MarkedPart, PolicyPart

# S003: a follow-up asks and does not sell. Ours: words that turn a question into an advertisement.
SELLING = ("优惠", "折扣", "打折", "促销", "活动价", "新品", "新款", "下单", "购买", "选购", "再买", "复购", "推荐给您")


class Question(PolicyPart):
    """`answers` are codes that statistics count; an open question has none, and its answer is sealed."""

    code: str = Field(pattern="^[a-z][a-z_]{0,39}$")
    kind: Literal["closed", "open"]
    ask: str = Field(min_length=1, max_length=200)
    answers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _answers_where_closed(self) -> Self:
        if (self.kind == "closed") != (len(self.answers) >= 2):
            raise ValueError("a closed question has at least two answers, an open one none")
        sold = next((word for word in SELLING if word in self.ask), None)
        if sold:
            raise ValueError(f"{sold} sells; a follow-up only asks how it went")
        return self


class Questionnaire(MarkedPart):
    """Asked in this order. Short, because the buyer did not ask for it."""

    questions: tuple[Question, ...] = Field(max_length=5)

    @model_validator(mode="after")
    def _codes_differ(self) -> Self:
        codes = [question.code for question in self.questions]
        if len(set(codes)) != len(codes):
            raise ValueError("questions: two have the same code; give each its own")
        return self

    @property
    def closed(self) -> dict[str, list[str]]:
        """The answers of each closed question, by its code."""
        return {one.code: list(one.answers) for one in self.questions if one.kind == "closed"}


NO_QUESTIONS = Questionnaire(questions=())
