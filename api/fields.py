"""Types of fields that come from outside: bounded texts without control characters, moments with an offset."""

import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from domain.money import BadAmount, in_yuan, offered_fen

MAX_TEXT = 4000
_LAYOUT = frozenset("\n\r\t")
# Cc are control characters, Cs halves of characters that no encoding can carry. Emoji and their joiners are fine.
_UNWANTED = frozenset({"Cc", "Cs"})


def _no_control(text: str) -> str:
    if any(unicodedata.category(sign) in _UNWANTED and sign not in _LAYOUT for sign in text):
        raise ValueError("control characters are not accepted; remove them")
    return text


def _one_line(text: str) -> str:
    if any(unicodedata.category(sign) in _UNWANTED for sign in text):
        raise ValueError("control characters and line breaks are not accepted; remove them")
    return text


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the moment lies outside of the calendar; send a real one") from None


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TEXT), AfterValidator(_no_control)
]
MaybeEmpty = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TEXT), AfterValidator(_no_control)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
ShopCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


def _named[T](read: Callable[[object], T]) -> Callable[[object], T]:
    """The refusal's own code is the type of the fault, so that the problem is named by it."""

    def checked(given: object) -> T:
        try:
            return read(given)
        except BadAmount as bad:
            raise PydanticCustomError(bad.code, bad.message) from None

    return checked


# What is offered, approved or given back to a buyer, wherever a step speaks of an amount.
OfferedFen = Annotated[int, BeforeValidator(_named(offered_fen)), Field(json_schema_extra={"exclusiveMinimum": 0})]
Yuan = Annotated[Literal["CNY"], BeforeValidator(_named(in_yuan))]
# What PostgreSQL's bigint holds is far beyond; this keeps sums of many payouts inside it.
AmountFen = Annotated[int, Field(ge=1, le=100_000_000)]
