"""The record as one file that can be checked anywhere, and the heads that were signed."""

import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Self
from uuid import uuid4

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from api.callers import Caller, TheCaller
from api.cases import TEXT_READERS
from api.downloads import answers, whole_file
from api.errors import NotAllowed, documented
from api.fields import Line, Moment, ShopCode
from api.finding import case_for
from api.house import House, TheHouse
from db.audit import record
from db.reads.looks import EXPORTED
from db.tables.record import RecordHead
from record.documents import Manifest, Scope
from record.export import Wish, export

router = APIRouter(tags=["record"])
# More than this takes longer than a request should; `amends export` on the server knows no limit.
MOST_CASES = 500


class ExportBody(BaseModel):
    """One case, or everything that happened in a period, in one shop or in all that you may see."""

    model_config = ConfigDict(extra="forbid")

    case: Line | None = None
    since: Moment | None = None
    until: Moment | None = None
    shop: ShopCode | None = None
    texts: bool = Field(default=False, description="with what people wrote: reviews, notes, reasons")
    why: Line = Field(description="what it is for; it stands in the office's record, so name no buyer here")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        period = self.since is not None and self.until is not None
        if period == (self.case is not None) or (self.case and (self.since or self.until or self.shop)):
            raise ValueError("name a case, or since and until of a period")
        if self.since and self.until and self.since >= self.until:
            raise ValueError("until must be later than since")
        return self


class HeadLine(BaseModel):
    """Keep `number` and `hash` elsewhere: `amends verify --head NUMBER:HASH` asks for them."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    day: date
    at: datetime
    leaves: int = Field(description="chains that had grown since the head before")
    public: str = Field(description="the key that signed, hexadecimal")
    hash: str = Field(description="hexadecimal")


@router.post(
    "/exports",
    responses=documented(403, 404, 409, 413) | answers("application/zip", "The export; `amends verify` checks it"),
    response_class=FileResponse,
    summary="Export a case or a period",
)
async def make_export(house: TheHouse, caller: TheCaller, body: ExportBody) -> FileResponse:
    """One signed file: events, archived histories, policies, heads. Every export stands in the office's record."""
    scope, shop = await _scope(house, caller, body)
    _check_texts(caller, body, scope, shop)
    wish = Wish(scope, f"{caller.login} ({caller.person})", body.why, house.now(), body.texts, MOST_CASES)
    path = Path(tempfile.gettempdir()) / f"amends-export-{uuid4().hex}.zip"
    try:
        async with house.sessions() as session:
            manifest = await export(session, wish, house.signer, path)
        await _note(house, caller, manifest)
    except BaseException:  # whatever ended it, a cancelled request too: no half export stays behind
        path.unlink(missing_ok=True)
        raise
    return whole_file(
        path, f"amends-{scope.case or f'{scope.since:%Y%m%d}-{scope.until:%Y%m%d}'}.zip", "application/zip"
    )


@router.get("/record/heads", responses=documented(403), summary="The signed heads, the newest first")
async def list_heads(
    house: TheHouse, caller: TheCaller, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[HeadLine]:
    async with house.reads() as session:
        rows = await session.scalars(select(RecordHead).order_by(RecordHead.number.desc()).limit(limit))
        fields = ("number", "day", "at", "leaves", "public")
        return [HeadLine(**{name: getattr(row, name) for name in fields}, hash=row.hash.hex()) for row in rows]


async def _scope(house: House, caller: Caller, body: ExportBody) -> tuple[Scope, str | None]:
    """What is exported, and the one shop that it is about, if it is one."""
    if body.case is not None:
        row = await case_for(house, caller, body.case)
        return Scope(case=row.number), row.shop
    if body.shop is not None:
        caller.enter(body.shop)
        return Scope(since=body.since, until=body.until, shops=[body.shop]), body.shop
    visible = caller.shops()
    return Scope(since=body.since, until=body.until, shops=None if visible is None else sorted(visible)), None


def _check_texts(caller: Caller, body: ExportBody, scope: Scope, shop: str | None) -> None:
    roles = caller.everywhere if shop is None and scope.shops is None else caller.right.opened_by
    for one in [shop] if shop else scope.shops or []:
        roles = roles & caller.roles_in(one)
    if body.texts and not roles & TEXT_READERS:
        raise NotAllowed("What people wrote is for the desk and auditors; export it without texts.")


async def _note(house: House, caller: Caller, manifest: Manifest) -> None:
    scope = manifest.scope.model_dump(mode="json", exclude_none=True)
    facts = {"scope": scope, "cases": len(manifest.cases), "texts": manifest.texts, "why": manifest.why}
    subject = manifest.scope.case or "period"
    async with house.sessions.begin() as session:
        await record(session, str(caller.person), house.now(), EXPORTED, subject, facts)
