"""What is kept for a case: its files with their custody, and what is kept against a malicious review."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.attachments import attachments_of
from db.reads.people import names_of
from db.tables.buyers import Review, SealedText
from db.tables.cases import CaseFile
from db.tables.office import OfficeEvent
from db.tables.vault import Attachment, LegalHold, VaultFile
from domain.review_case.evidence import Evidence, Report, manifest
from domain.review_case.state import ReviewCaseState


class FileLine(BaseModel):
    """A file of a case. `name` is null once it was erased."""

    file: UUID
    name: str | None
    sha256: str
    size: int
    media_type: str = Field(description="what its content tells, whatever its name says")
    put_by: str
    put_at: datetime
    erased_at: datetime | None


class CustodyLine(BaseModel):
    """Who did what with a file; `hash` is that of the line in the office's chain."""

    seq: int
    at: datetime
    who: str
    what: str
    how: str | None = None
    hash: str


class Piece(BaseModel):
    """One piece of evidence. `sha256` is of the file's bytes; words have a salted commitment as `digest` only."""

    number: int
    kind: str
    attached_by: str
    attached_at: datetime
    digest: str
    file: FileLine | None = None
    words: str | None = Field(default=None, description="where the piece is words; null once they were erased")
    elsewhere: str | None = Field(default=None, description="name of a file that lies outside of the vault")
    custody: list[CustodyLine] = []


class EvidenceManifest(BaseModel):
    """All that is kept against a review, for the platform's report or the police."""

    case: str
    shop: str
    platform: str
    review: str = Field(description="the marketplace's own id")
    order: str
    reviewed_at: datetime
    pieces: list[Piece]
    digest: str = Field(description="SHA-256 over `number kind digest` of all pieces, as the report's event has it")
    report: Report | None
    held_since: datetime | None = Field(description="since when a legal hold keeps everything")


async def files_of(session: AsyncSession, case: str) -> list[FileLine]:
    names = await names_of(session)
    return [file_line(attachment, file, names) for attachment, file in await attachments_of(session, case)]


def file_line(attachment: Attachment, file: VaultFile, names: Mapping[str, str]) -> FileLine:
    return FileLine(
        file=attachment.id,
        name=attachment.name,
        sha256=file.sha256.hex(),
        size=file.size,
        media_type=file.media_type,
        put_by=names.get(attachment.put_by, attachment.put_by),
        put_at=attachment.put_at,
        erased_at=attachment.erased_at,
    )


async def custody_of(session: AsyncSession, files: Sequence[UUID]) -> dict[UUID, list[CustodyLine]]:
    """Everything that was done with these files, in order."""
    names = await names_of(session)
    found: dict[UUID, list[CustodyLine]] = {file: [] for file in files}
    lines = select(OfficeEvent).where(OfficeEvent.subject.in_([str(file) for file in files])).order_by(OfficeEvent.seq)
    for line in await session.scalars(lines):
        found[UUID(line.subject)].append(
            CustodyLine(
                seq=line.seq, at=line.at, who=names.get(line.actor, line.actor), what=line.kind,
                how=line.facts.get("how"), hash=line.hash.hex(),
            )
        )  # fmt: skip
    return found


async def evidence_of(session: AsyncSession, case: CaseFile, state: ReviewCaseState) -> EvidenceManifest:
    review = await session.get_one(Review, case.source_row)
    kept = state.malice.evidence
    files = {line.file: line for line in await files_of(session, case.number)}
    custody = await custody_of(session, list(files))
    words = await _words(session, kept)
    names = await names_of(session)
    held = select(LegalHold.set_at).where(LegalHold.case == case.number, LegalHold.lifted_at.is_(None))
    return EvidenceManifest(
        case=case.number,
        shop=case.shop,
        platform=case.platform,
        review=case.external_id,
        order=review.order_external_id,
        reviewed_at=review.created_at,
        pieces=[_piece(piece, files, custody, words, names) for piece in kept],
        digest=manifest(kept),
        report=state.malice.report,
        held_since=await session.scalar(held),
    )


def _piece(
    piece: Evidence,
    files: Mapping[UUID, FileLine],
    custody: Mapping[UUID, list[CustodyLine]],
    words: Mapping[str, str | None],
    names: Mapping[str, str],
) -> Piece:
    file = files.get(UUID(piece.upload)) if piece.upload else None
    return Piece(
        number=piece.number,
        kind=piece.kind,
        attached_by=names.get(piece.by, piece.by),
        attached_at=piece.at,
        digest=piece.digest,
        file=file,
        words=words.get(piece.text.id) if piece.text else None,
        elsewhere=words.get(piece.file.id) if piece.file else None,
        custody=custody[file.file] if file else [],
    )


async def _words(session: AsyncSession, pieces: Sequence[Evidence]) -> dict[str, str | None]:
    wanted = [UUID(text.id) for piece in pieces for text in (piece.text, piece.file) if text is not None]
    rows = await session.execute(select(SealedText.id, SealedText.body).where(SealedText.id.in_(wanted)))
    return {str(row.id): row.body for row in rows}
