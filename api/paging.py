"""Pages by key: the cursor says where the page before ended, and a cursor that was made up is refused by name."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from db.reads.cases import CaseLine, Order, Place
from domain.errors import Refusal

Limit = Annotated[int, Query(ge=1, le=200, description="how many lines at most")]
Cursor = Annotated[str | None, Query(max_length=300, description="`next` of the page before; empty for the first")]


class BadCursor(Refusal):
    """The cursor was not made by this list."""

    code = "BadCursor"


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    o: str
    a: AwareDatetime
    k: str


def write_cursor(order: str, at: datetime, key: str) -> str:
    plain = _Written(o=order, a=at, k=key).model_dump_json()
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def read_cursor(cursor: str | None, order: str, key: Callable[[str], object] = str) -> tuple[datetime, str] | None:
    """Moment and key of the last line before; raises BadCursor, also where `key` can't read the key."""
    if not cursor:
        return None
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        written = _Written.model_validate_json(plain)
        key(written.k)
    except (binascii.Error, ValidationError, ValueError):
        written = None
    if written is None or written.o != order or "\x00" in written.k:
        raise BadCursor("This cursor does not belong to this list; begin at its first page, without a cursor.")
    return written.a, written.k


def place_of(cursor: str | None, order: Order) -> Place | None:
    read = read_cursor(cursor, order)
    return Place(order, *read) if read else None


def cursor_behind(lines: list[CaseLine], order: Order, limit: int) -> str | None:
    """None on the last page, as far as can be told without looking further."""
    if len(lines) < limit:
        return None
    last = lines[-1]
    moment = {Order.DUE: last.due_at, Order.CLOSED: last.closed_at, Order.OPENED: last.opened_at}[order]
    return write_cursor(order, moment, last.number) if moment else None
