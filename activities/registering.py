"""Registering a case of any kind: its number, its file and its key, so that a second first run is found out."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.buyers import person_of
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
    """The number that counts, with the state that an earlier run left; `number` None: there is a case already."""

    number: str | None
    left: dict[str, Any] | None = None


async def register(
    session: AsyncSession, opening: Opens, source: Source, workflow: str, now: datetime, first_action: str
) -> Registered:
    """Insert the case's file and key, or find them: an attempt that is repeated gets the same number, the next run of
    a closed case goes on under it, and a second first run gets none."""
    known = await key_of(session, opening, source.kind, lock=True)
    if known is None:
        return Registered(await _insert(session, opening, source, workflow, now, first_action))
    file = await session.get_one(CaseFile, known.case)
    retried = known.run == opening.run and file.workflow == workflow and not _projected(file, opening)
    next_run = opening.run == known.run + 1 and file.closed_at is not None
    if not retried and not next_run:
        return Registered(None)
    known.run, file.workflow = opening.run, workflow
    return Registered(known.case, file.state or None)


async def key_of(session: AsyncSession, opening: Opens, kind: str, *, lock: bool = False) -> CaseKey | None:
    wanted = select(CaseKey).where(
        CaseKey.kind == kind,
        CaseKey.platform == opening.platform,
        CaseKey.shop == opening.shop,
        CaseKey.external_id == opening.external_id,
    )
    return await session.scalar(wanted.with_for_update() if lock else wanted)


async def earlier_cases(session: AsyncSession, person: str | None, number: str) -> int:
    """How many other cases of any kind the buyer has had."""
    if person is None:
        return 0
    others = select(func.count()).where(CaseFile.buyer_person == UUID(person), CaseFile.number != number)
    return await session.scalar(others) or 0


async def _insert(
    session: AsyncSession, opening: Opens, source: Source, workflow: str, now: datetime, first_action: str
) -> str:
    number = opening.case
    for _ in range(TRIES_FOR_A_NUMBER):
        if await _insert_file(session, opening, source, workflow, now, number, first_action):
            break
        # Another case has this number: numbers are random, and this one was minted twice.
        number = mint(now.year, secrets.token_bytes(16))
    key = {"kind": source.kind, "platform": opening.platform, "shop": opening.shop, "external_id": opening.external_id}
    await session.execute(insert(CaseKey).values(**key, case=number, run=opening.run))
    return number


async def _insert_file(
    session: AsyncSession,
    opening: Opens,
    source: Source,
    workflow: str,
    now: datetime,
    number: str,
    first_action: str,
) -> bool:
    row = insert(CaseFile).values(
        number=number,
        kind=source.kind,
        workflow=workflow,
        run=opening.run,
        shop=opening.shop,
        platform=opening.platform,
        external_id=opening.external_id,
        source_row=source.row,
        buyer_person=await person_of(session, source.buyer) if source.buyer else None,
        stage=FIRST_STAGE,
        grade=source.grade,
        severity=1,
        due_at=now,
        due_what=first_action,
        review_created_at=source.since,
        opened_at=now,
        version=0,
        person_step=0,
        state={},
        written_at=now,
    )
    inserted = row.on_conflict_do_nothing(index_elements=["number"]).returning(CaseFile.number)
    return await session.scalar(inserted) is not None


def _projected(file: CaseFile, opening: Opens) -> bool:
    """Whether this run has written events already; then a start under its id is a second one, after the engine has
    forgotten the first."""
    return file.version > 0 if opening.run == 1 else file.run >= opening.run
