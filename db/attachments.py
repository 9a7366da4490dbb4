"""Files of cases: what is in the vault for which case, and who put, saw or erased it.

Their custody is a part of the office's record, so it is chained and signed like everything there.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import record
from db.tables.cases import CaseFile
from db.tables.vault import Attachment, VaultFile
from domain.errors import Refusal

PUT, SEEN, ERASED = "file.put", "file.seen", "file.erased"


class FileUnknown(Refusal):
    """The case has no such file."""

    code = "NotFound"


class FileErased(Refusal):
    """The file was there and was erased; what is left of it is its hash."""

    code = "FileErased"


async def keep_attachment(
    session: AsyncSession, case: CaseFile, sha256: str, size: int, media_type: str, name: str, by: str, now: datetime
) -> Attachment:
    """Note that a file is in the vault for this case. The same content in the same case is one attachment."""
    digest = bytes.fromhex(sha256)
    row = insert(VaultFile).values(sha256=digest, size=size, media_type=media_type, kept_at=now)
    back = row.on_conflict_do_update(index_elements=["sha256"], set_={"erased_at": None})
    await session.execute(back)
    kept = insert(Attachment).values(
        id=uuid4(), case=case.number, shop=case.shop, file=digest, name=name, put_by=by, put_at=now
    )
    again = kept.on_conflict_do_update(
        index_elements=["case_number", "file"],
        set_={"name": kept.excluded.name, "erased_at": None, "put_by": by, "put_at": now},
        where=Attachment.erased_at.is_not(None),
    )
    new: Attachment | None = await session.scalar(
        again.returning(Attachment), execution_options={"populate_existing": True}
    )
    if new is not None:
        facts = {"case": case.number, "shop": case.shop, "sha256": sha256, "size": size, "media_type": media_type}
        await record(session, by, now, PUT, str(new.id), facts)
        return new
    found = select(Attachment).where(Attachment.case == case.number, Attachment.file == digest)
    return (await session.scalars(found)).one()


async def note_seen(session: AsyncSession, attachment: Attachment, by: str, now: datetime, how: str) -> None:
    """`how` is the way in which the bytes left the house: `download` or `package`."""
    facts = {"case": attachment.case, "shop": attachment.shop, "sha256": attachment.file.hex(), "how": how}
    await record(session, by, now, SEEN, str(attachment.id), facts)


async def attachment_of(session: AsyncSession, case: str, id: UUID) -> tuple[Attachment, VaultFile]:
    """Raises FileUnknown or FileErased."""
    found = select(Attachment, VaultFile).join(VaultFile, VaultFile.sha256 == Attachment.file)
    row = (await session.execute(found.where(Attachment.id == id, Attachment.case == case))).first()
    if row is None:
        raise FileUnknown(f"Case {case} has no file {id}; GET /cases/{case}/files lists what it has.", file=str(id))
    attachment, file = row
    if attachment.erased_at is not None:
        raise FileErased(f"The file was erased on {attachment.erased_at:%Y-%m-%d}; its hash stands in the record.")
    return attachment, file


async def attachments_of(session: AsyncSession, case: str) -> Sequence[tuple[Attachment, VaultFile]]:
    """In the order in which they were put; erased ones too."""
    found = select(Attachment, VaultFile).join(VaultFile, VaultFile.sha256 == Attachment.file)
    rows = await session.execute(found.where(Attachment.case == case).order_by(Attachment.put_at, Attachment.id))
    return [(row[0], row[1]) for row in rows]


async def digests_of(session: AsyncSession, case: str, ids: Collection[str]) -> dict[str, str]:
    """The SHA-256 of each of these files of a case. Raises FileUnknown or FileErased for the first that is none."""
    return {id: (await attachment_of(session, case, _uuid(case, id)))[0].file.hex() for id in ids}


async def erase_attachments(
    session: AsyncSession, attachments: Sequence[Attachment], by: str, now: datetime, facts: dict[str, Any]
) -> list[str]:
    """Forget these files of their cases; returns the hashes of those whose bytes no case needs any more. Their rows
    stay locked until this transaction ends, so that nobody attaches one again while its bytes are taken away."""
    for attachment in attachments:
        attachment.name, attachment.erased_at = None, now
        noted = {"case": attachment.case, "shop": attachment.shop, "sha256": attachment.file.hex()} | facts
        await record(session, by, now, ERASED, str(attachment.id), noted)
    await session.flush()
    needed = exists().where(Attachment.file == VaultFile.sha256, Attachment.erased_at.is_(None))
    gone = (
        update(VaultFile)
        .where(VaultFile.sha256.in_({attachment.file for attachment in attachments}), ~needed)
        .values(erased_at=now)
        .returning(VaultFile.sha256)
        .execution_options(synchronize_session=False)
    )
    return [digest.hex() for digest in await session.scalars(gone)]


def _uuid(case: str, id: str) -> UUID:
    try:
        return UUID(id)
    except ValueError:
        raise FileUnknown(f"Case {case} has no file {id[:40]!r}; take the id that the upload answered.") from None
