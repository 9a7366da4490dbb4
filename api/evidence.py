"""What is kept against a malicious review: the manifest, and everything as one package."""

import asyncio
import hashlib
import tempfile
import zipfile
from pathlib import Path
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import FileResponse

from api.callers import TheCaller
from api.downloads import answers, whole_file
from api.errors import documented
from api.evidence_list import in_chinese
from api.finding import case_for
from api.house import House, TheHouse
from api.live import live_state
from db.attachments import attachment_of, note_seen
from db.audit import record
from db.reads.evidence import EvidenceManifest, evidence_of
from db.reads.looks import PACKAGED
from db.tables.cases import CaseFile
from record.documents import SignatureDoc
from vault.setup import needed

router = APIRouter(tags=["evidence"])
PURPOSE = "evidence manifest"
_ZIP = answers("application/zip", "Manifest, list in Chinese, words and files")


@router.get("/cases/{number}/evidence", responses=documented(403, 404), summary="What is kept against a review")
async def show_evidence(house: TheHouse, caller: TheCaller, number: str) -> EvidenceManifest:
    """Every piece with its hash and its custody."""
    return await _manifest(house, await case_for(house, caller, number))


@router.get(
    "/cases/{number}/evidence/package",
    responses=documented(403, 404) | _ZIP,
    response_class=FileResponse,
    summary="The evidence as one package",
)
async def download_evidence(house: TheHouse, caller: TheCaller, number: str) -> FileResponse:
    """For the platform's report or the police: the signed manifest, a list to print, and all that it names. Taking it
    stands in the custody of every file."""
    row = await case_for(house, caller, number)
    manifest = await _manifest(house, row)
    path = Path(tempfile.gettempdir()) / f"amends-evidence-{uuid4().hex}.zip"
    try:
        await _note(house, row, manifest, str(caller.person))
        await _pack(house, manifest, path)
    except BaseException:  # whatever ended it, a cancelled request too: no half package stays behind
        path.unlink(missing_ok=True)
        raise
    return whole_file(path, f"evidence-{row.number}.zip", "application/zip")


async def _manifest(house: House, row: CaseFile) -> EvidenceManifest:
    state, _ = await live_state(house, row)
    async with house.reads() as session:
        return await evidence_of(session, row, state)


async def _note(house: House, row: CaseFile, manifest: EvidenceManifest, by: str) -> None:
    async with house.sessions.begin() as session:
        for piece in manifest.pieces:
            if piece.file is not None and piece.file.erased_at is None:
                attachment, _ = await attachment_of(session, row.number, piece.file.file)
                await note_seen(session, attachment, by, house.now(), "package")
        facts = {"shop": row.shop, "pieces": len(manifest.pieces), "digest": manifest.digest}
        await record(session, by, house.now(), PACKAGED, row.number, facts)


async def _pack(house: House, manifest: EvidenceManifest, path: Path) -> None:
    content = manifest.model_dump_json(indent=1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as package:
        package.writestr("manifest.json", content)
        package.writestr("证据清单.txt", in_chinese(manifest))
        if house.signer is not None:
            signature = house.signer.sign(PURPOSE, hashlib.sha256(content).digest())
            signed = SignatureDoc(public=house.signer.public, signature=signature.hex())
            package.writestr("signature.json", signed.model_dump_json())
        for piece in manifest.pieces:
            if piece.words is not None:
                package.writestr(f"{piece.number:02d}-{piece.kind}.txt", piece.words)
            if piece.file is not None and piece.file.erased_at is None:
                await _add(house, package, f"{piece.number:02d}-{_plain(piece.file.name)}", piece.file.sha256)


async def _add(house: House, package: zipfile.ZipFile, name: str, sha256: str) -> None:
    with package.open(name, "w", force_zip64=True) as entry:
        async for part in needed(house.vault).read(sha256):
            await asyncio.to_thread(entry.write, part)


def _plain(name: str | None) -> str:
    """A name that stays inside of the package, whatever folders it speaks of."""
    return (name or "file").replace("/", "_").replace("\\", "_")
