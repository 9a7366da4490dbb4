"""Files of a case: put in as a stream, taken out as a download, each look on record."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from api.callers import TheCaller
from api.downloads import answers, stream
from api.errors import documented
from api.fields import Line, Text
from api.finding import case_for
from api.house import TheHouse
from db import attachments, legal_holds
from db.reads.evidence import CustodyLine, FileLine, custody_of, file_line, files_of
from db.reads.people import names_of
from vault.setup import needed
from vault.store import StoreAway
from vault.vault import FileTooLarge, Vault

router = APIRouter(tags=["evidence"])
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_BYTES = answers("application/octet-stream", "The file, always as a download")


class HoldBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    why: Text


@router.post(
    "/cases/{number}/files",
    responses=documented(403, 404, 413),
    status_code=201,
    summary="Put a file into a case's vault",
    openapi_extra=_BODY,
)
async def put_file(
    house: TheHouse,
    caller: TheCaller,
    number: str,
    request: Request,
    name: Annotated[Line, Query(description="as the sender calls it; its ending must agree with the content")],
) -> FileLine:
    """The body is the file itself. Steps take the `file` of the answer. The same content is one file, however often it
    is sent. Files are told by their content; packed ones are looked into."""
    row = await case_for(house, caller, number)
    vault = needed(house.vault)
    _check_announced(request, vault)
    received = await vault.receive(request.stream(), name)
    async with house.sessions.begin() as session:
        kept = await attachments.keep_attachment(
            session, row, received.sha256, received.size, received.media_type, name, str(caller.person), house.now()
        )
        # An erasure that was under way has ended by now, since it held the file's row.
        if not await vault.store.has(received.sha256):
            raise StoreAway("The same file was just being erased; send it again.")
        kept, file = await attachments.attachment_of(session, row.number, kept.id)
        return file_line(kept, file, await names_of(session))


@router.get("/cases/{number}/files", responses=documented(403, 404), summary="The files of a case")
async def list_files(house: TheHouse, caller: TheCaller, number: str) -> list[FileLine]:
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        return await files_of(session, row.number)


@router.get(
    "/cases/{number}/files/{file}",
    responses=documented(403, 404, 410) | _BYTES,
    response_class=StreamingResponse,
    summary="Download a file",
)
async def download_file(house: TheHouse, caller: TheCaller, number: str, file: UUID) -> StreamingResponse:
    """Never shown inside a page. Who took it when stands in its custody, before the first byte leaves."""
    row = await case_for(house, caller, number)
    vault = needed(house.vault)
    async with house.sessions.begin() as session:
        attachment, kept = await attachments.attachment_of(session, row.number, file)
        await attachments.note_seen(session, attachment, str(caller.person), house.now(), "download")
    name = attachment.name or str(file)
    return stream(vault.read(kept.sha256.hex()), name, kept.media_type, kept.size)


@router.get("/cases/{number}/files/{file}/custody", responses=documented(403, 404), summary="Who had a file")
async def show_custody(house: TheHouse, caller: TheCaller, number: str, file: UUID) -> list[CustodyLine]:
    """Lines of the office's record, so they are chained and signed with it. An erased file keeps its custody."""
    row = await case_for(house, caller, number)
    async with house.reads() as session:
        known = {line.file for line in await files_of(session, row.number)}
        if file not in known:
            raise attachments.FileUnknown(f"Case {row.number} has no file {file}.", file=str(file))
        return (await custody_of(session, [file]))[file]


@router.post(
    "/cases/{number}/legal-hold", responses=documented(403, 404, 409), status_code=204, summary="Keep a case whole"
)
async def set_legal_hold(house: TheHouse, caller: TheCaller, number: str, body: HoldBody) -> None:
    """Nothing of it is erased while the hold stands, whatever retention says."""
    row = await case_for(house, caller, number)
    async with house.sessions.begin() as session:
        await legal_holds.set_hold(session, row, body.why, str(caller.person), house.now())


@router.post(
    "/cases/{number}/legal-hold/lift", responses=documented(403, 404, 409), status_code=204, summary="Lift a legal hold"
)
async def lift_legal_hold(house: TheHouse, caller: TheCaller, number: str, body: HoldBody) -> None:
    row = await case_for(house, caller, number)
    async with house.sessions.begin() as session:
        await legal_holds.lift_hold(session, row, body.why, str(caller.person), house.now())


def _check_announced(request: Request, vault: Vault) -> None:
    """A sender that says how much is coming is refused before it comes. Raises FileTooLarge."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > vault.max_bytes:
        raise FileTooLarge(
            f"The file has {announced} bytes; {vault.max_bytes} are the most.", max_bytes=vault.max_bytes
        )
