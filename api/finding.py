"""Finding the case a request speaks of, and waiting a moment for what its sender has seen already."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from api.callers import Caller
from api.errors import BadInput, NotFound
from api.house import House
from db.merges import merged_into
from db.reads.cases import find_case, version_of
from db.sessions import Sessions
from db.tables.cases import CaseFile
from domain import case_numbers
from domain.review_case.outcomes import Outcome

# A case is written a few milliseconds after it began; whoever just began one may ask at once.
FIRST_WRITE_SECONDS = 1.0
SEEN_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.04

Saw = Annotated[
    str | None,
    Query(
        max_length=60,
        description="`<case>:<version>` as the last answer gave it: the list waits up to 2 s until it shows that much",
    ),
]


@dataclass(frozen=True, slots=True)
class Seen:
    case: str
    version: int


async def case_for(house: House, caller: Caller, number: str) -> CaseFile:
    """The case's row. Raises BadCaseNumber or NotFound, the same for a case that the caller may not see."""
    number = case_numbers.parse(number)

    async def look() -> CaseFile | None:
        async with house.reads() as session:
            return await find_case(session, number)

    row = caller.asked if caller.asked is not None and caller.asked.number == number else None
    row = row or await _until(look, lambda found: found is not None, FIRST_WRITE_SECONDS)
    unseen = f"There is no case {number} that you may see; check the number."
    if row is None:
        raise NotFound(unseen)
    caller.see(row.shop, unseen)
    caller.enter(row.shop)
    return row


async def survivor_of(house: House, row: CaseFile) -> str | None:
    """The number of the case that this one was merged into; None for one that was not."""
    if row.outcome != Outcome.DUPLICATE:
        return None
    async with house.reads() as session:
        return (await merged_into(session, {row.number})).get(row.number)


async def surviving_case(house: House, caller: Caller, row: CaseFile) -> CaseFile:
    """The case in which whatever is done to this one is done: itself, or the one that it was merged into."""
    into = await survivor_of(house, row)
    return row if into is None else await case_for(house, caller, into)


def read_saw(saw: str | None) -> Seen | None:
    """Raises BadInput."""
    if saw is None:
        return None
    number, _, version = saw.rpartition(":")
    if not version.isdigit() or len(version) > 9:
        raise BadInput("saw must look like A26-57XTE-9K2M8:12, a case and a version.", field="saw")
    return Seen(case_numbers.parse(number), int(version))


async def wait_for(sessions: Sessions, seen: Seen | None) -> None:
    """Return as soon as lists show what the reader has seen, after two seconds in any case."""
    if seen is None:
        return

    async def look() -> int | None:
        async with sessions() as session:
            return await version_of(session, seen.case)

    await _until(look, lambda version: version is not None and version >= seen.version, SEEN_SECONDS)


async def _until[T](look: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float) -> T:
    deadline = asyncio.get_running_loop().time() + seconds
    found = await look()
    while not good(found) and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        found = await look()
    return found
