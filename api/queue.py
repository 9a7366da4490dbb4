"""The queue: what do I do now."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.answers import written
from api.callers import TheCaller
from api.errors import documented
from api.finding import Saw, read_saw, wait_for
from api.house import TheHouse
from api.paging import BadCursor, Cursor, Limit, read_cursor, write_cursor
from db.reads.approvals import ApprovalLine, list_approvals
from db.reads.queue import MOVERS, QueueLine, QueuePlace, list_queue
from db.surges import surging
from domain.people import DESK, LEADERS, Role

router = APIRouter(tags=["cases"])
ORDER = "queue"
_FLAGS = {"due": False, "waiting": True}


class QueuePage(BaseModel):
    cases: list[QueueLine]
    approvals: list[ApprovalLine] = Field(
        description="offers of others that I may approve, the first to expire first; on the first page only"
    )
    next: str | None = Field(description="cursor of the next page; null where this is the last")


@router.get(
    "/queue",
    responses=documented(403),
    summary="My own cases, unassigned ones, questions to answer, offers to approve; the first to be taken first",
    response_model=QueuePage,
)
async def my_queue(
    house: TheHouse, caller: TheCaller, saw: Saw = None, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """What somebody is needed for now comes first, by severity, age, chance and deadlines; in a surge by value and
    age. Behind it stands what waits for its hour. Leaders find here what agents put to them for a decision,
    warehouse and finance the refunds in which it is their turn; who is not of a desk finds nothing else but what they
    were asked to find out. When a surge begins or ends, begin at the first page."""
    await wait_for(house.reads, read_saw(saw))
    after = _place(cursor)
    async with house.reads() as session:
        desk = caller.shops_as(DESK)
        hot = await surging(session, house.now(), desk)
        decide = {Role.LEAD: caller.shops_as(LEADERS), Role.SUPERVISOR: caller.shops_as(frozenset({Role.SUPERVISOR}))}
        moves = {role: caller.shops_as(frozenset({role})) for role in sorted(MOVERS)}
        lines = await list_queue(session, caller.person, desk, limit, after, hot, caller.shops(), decide, moves)
        me = caller.accounts | {str(caller.person)}
        approvals = await list_approvals(session, me, caller.roles) if after is None else []
    return written(QueuePage(cases=lines, approvals=approvals, next=_behind(lines, limit)))


def _place(cursor: str | None) -> QueuePlace | None:
    """Raises BadCursor."""
    read = read_cursor(cursor, ORDER)
    if read is None:
        return None
    flag, _, number = read[1].partition(":")
    if flag not in _FLAGS:
        raise BadCursor("This cursor does not belong to the queue; begin at its first page, without a cursor.")
    return QueuePlace(_FLAGS[flag], read[0], number)


def _behind(lines: list[QueueLine], limit: int) -> str | None:
    if len(lines) < limit:
        return None
    last = lines[-1]
    return write_cursor(ORDER, last.place_at, f"{'waiting' if last.waiting else 'due'}:{last.number}")
