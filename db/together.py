"""Several questions asked with one statement: each of its own would cost a round trip, and the work around it."""

from collections import namedtuple
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Date,
    DateTime,
    Integer,
    Select,
    String,
    Uuid,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import NullType, TypeEngine

from db.sessions import rows

type Question = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
type Reading = Callable[[Any], Any]


class Together:
    """Built once from questions of plain columns, and asked often."""

    def __init__(self, *questions: Question) -> None:
        self._readings = [_Rows(question) for question in questions]
        self._statement = select(*(_as_json(question) for question in questions))

    async def ask(self, session: AsyncSession, asked: Mapping[str, Any]) -> list[list[Any]]:
        """The rows of each question, in the questions' order, as if it had been asked alone. What the session has not
        flushed yet is not seen."""
        answers = (await rows(session, self._statement, asked)).one()
        return [reading.read(found) for reading, found in zip(self._readings, answers, strict=True)]


def _as_json(question: Question) -> ColumnElement[Any]:
    found = question.subquery()
    every = func.json_agg(func.json_build_array(*found.c))
    return select(func.coalesce(every, literal_column("'[]'"), type_=JSON)).scalar_subquery()


class _Rows:
    """Makes rows of one question out of JSON, which knows neither times nor ids."""

    def __init__(self, question: Question) -> None:
        columns = list(question.selected_columns)
        self._row = _row_of([column.name for column in columns])
        readings = [(place, _reading(column.type)) for place, column in enumerate(columns)]
        self._readings = [(place, reading) for place, reading in readings if reading is not None]

    def read(self, found: list[list[Any]]) -> list[Any]:
        for values in found:
            for place, reading in self._readings:
                if values[place] is not None:
                    values[place] = reading(values[place])
        return [self._row(*values) for values in found]


def _row_of(names: list[str]) -> Callable[..., Any]:
    return namedtuple("Row", names)


def _reading(kind: TypeEngine[Any]) -> Reading | None:
    """How a value of this type is read from JSON; None: as it stands. Raises TypeError for what would come changed."""
    match kind:
        case ARRAY():
            each = _reading(kind.item_type)
            return None if each is None else lambda values: [each(value) for value in values]
        case DateTime():
            return datetime.fromisoformat
        case Date():
            return date.fromisoformat
        case Uuid():
            return UUID
        case String() | Integer() | Boolean() | NullType():
            return None
    raise TypeError(f"{kind!r} does not come through JSON as it is; ask for it with a statement of its own")
