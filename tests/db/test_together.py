"""Several questions in one statement: the rows are those of each question alone."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import ARRAY, Date, DateTime, Integer, Numeric, Uuid, bindparam, literal, null, select, union_all
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import TypeEngine

from db.sealing import Sealed
from db.sessions import Sessions, rows
from db.together import Together

AT = datetime(2026, 12, 31, 15, 59, 59, 123456, tzinfo=UTC)
MOMENT = DateTime(timezone=True)
EVERYTHING = select(
    literal(AT, MOMENT).label("at"),
    literal(date(2028, 2, 29), Date).label("day"),
    bindparam("id", type_=Uuid).label("id"),
    array([literal(AT, MOMENT)]).label("moments"),
    literal([1, 2], ARRAY(Integer)).label("numbers"),
    literal('水壶 "漏"了\\n').label("words"),
    literal(None, MOMENT).label("never"),
    null().label("nothing"),
    literal(True).label("so"),
    literal(2**40).label("fen"),
)
ANOTHER_DAY = select(literal(date(2027, 1, 1), Date).label("day"))


async def test_the_rows_are_those_that_each_question_has_alone(open_session: Sessions) -> None:
    questions = (union_all(EVERYTHING, EVERYTHING), EVERYTHING.where(literal(1) == 2), ANOTHER_DAY)
    together = Together(*questions)
    asked = {"id": uuid4()}
    async with open_session() as session:
        found = await together.ask(session, asked)
        alone = [(await rows(session, question, asked)).all() for question in questions]
    assert [len(answer) for answer in found] == [2, 0, 1]
    assert found == alone
    assert found[0][0].at == AT


@pytest.mark.parametrize("kind", [Numeric(), Sealed()], ids=lambda kind: type(kind).__name__)
def test_what_json_would_change_is_refused_when_the_question_is_built(kind: TypeEngine[Any]) -> None:
    with pytest.raises(TypeError, match="statement of its own"):
        Together(select(bindparam("it", type_=kind).label("it")))
