"""Registering a case of any kind: its number, its file and its key, so that a second first run is found out."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.opening import FileRef, insert_file, insert_key
from db.tables.cases import CaseFile, CaseKey
from domain.case_numbers import mint

TRIES_FOR_A_NUMBER = 5
FIRST_STAGE = "opening"


class Opens(Protocol):
    """How a case of any kind is opened."""

    @property
    def case(self) -> str: ...
    @property
    def platform(self) -> str: ...
    @property
    def shop(self) -> str: ...
    @property
    def external_id(self) -> str: ...
    @property
    def run(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Source:
    """What a case is about: a row that the way in has sealed. `since` is when the buyer wrote it."""

    kind: str
    row: UUID
    buyer: UUID | None
    since: datetime
    grade: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The case's file, with the state that an earlier run left; `file` None: there is a case already."""

    file: FileRef | None
    left: dict[str, Any] | None = None


class NoFreeNumber(Exception):
    """Every number that was minted is another case's."""


async def register(
    session: AsyncSession, opening: Opens, source: Source, workflow: str, now: datetime, first_action: str
) -> Registered:
    """Insert the case's file and key, or find them: an attempt that is repeated gets the same number, the next run of
    a closed case goes on under it, and a second first run gets none."""
    known = await key_of(session, opening, source.kind, lock=True)
    if known is None:
        row = _first_row(opening, source, workflow, now, first_action)
        return Registered(await _insert(session, opening, source.kind, row))
    file = await session.get_one(CaseFile, known.case)
    retried = known.run == opening.run and file.workflow == workflow and not _projected(file, opening)
    next_run = opening.run == known.run + 1 and file.closed_at is not None
    if not retried and not next_run:
        return Registered(None)
    known.run, file.workflow = opening.run, workflow
    return Registered(FileRef(file.number, file.serial, file.buyer_person), file.state or None)


async def key_of(session: AsyncSession, opening: Opens, kind: str, *, lock: bool = False) -> CaseKey | None:
    wanted = select(CaseKey).where(
        CaseKey.kind == kind,
        CaseKey.platform == opening.platform,
        CaseKey.shop == opening.shop,
        CaseKey.external_id == opening.external_id,
    )
    return await session.scalar(wanted.with_for_update() if lock else wanted)


async def _insert(session: AsyncSession, opening: Opens, kind: str, row: dict[str, Any]) -> FileRef:
    number, file = opening.case, None
    for _ in range(TRIES_FOR_A_NUMBER):
        file = await insert_file(session, row | {"number": number})
        if file is not None:
            break
        # Another case has this number: numbers are random, and this one was minted twice.
        number = mint(row["opened_at"].year, secrets.token_bytes(16))
    if file is None:
        raise NoFreeNumber(f"{TRIES_FOR_A_NUMBER} numbers in a row were taken; trying again mints others")
    key = {"kind": kind, "platform": opening.platform, "shop": opening.shop, "external_id": opening.external_id}
    await insert_key(session, key | {"case_number": file.number, "run": opening.run})
    return file


def _first_row(opening: Opens, source: Source, workflow: str, now: datetime, first_action: str) -> dict[str, Any]:
    """The case file before its first event; the projection completes it."""
    return {
        "kind": source.kind,
        "workflow": workflow,
        "run": opening.run,
        "shop": opening.shop,
        "platform": opening.platform,
        "external_id": opening.external_id,
        "source_row": source.row,
        "buyer": source.buyer,
        "stage": FIRST_STAGE,
        "grade": source.grade,
        "due_at": now,
        "due_what": first_action,
        "review_created_at": source.since,
        "opened_at": now,
        "written_at": now,
    }


def _projected(file: CaseFile, opening: Opens) -> bool:
    """Whether this run has written events already; then a start under its id is a second one, after the engine has
    forgotten the first."""
    return file.version > 0 if opening.run == 1 else file.run >= opening.run
