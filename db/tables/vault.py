"""Files that are kept for cases, and cases that must be kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Hash, Key, Model, Moment


class VaultFile(Model):
    """A file of the vault by the SHA-256 of its bytes; `media_type` is what its content tells. Erasing takes the bytes
    and leaves the row, so that the record's hashes go on meaning something."""

    __tablename__ = "vault_file"

    sha256: Mapped[Hash] = mapped_column(primary_key=True)
    size: Mapped[int]
    media_type: Mapped[str]
    kept_at: Mapped[Moment]
    erased_at: Mapped[datetime | None]


class Attachment(Model):
    """A file in a case's part of the vault; steps and routes speak of it by `id`. Its name may tell of a buyer."""

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("case_number", "file"),)

    id: Mapped[Key]
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"))
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    file: Mapped[bytes] = mapped_column(ForeignKey("vault_file.sha256"), index=True)
    name: Mapped[str | None] = mapped_column(Sealed)
    put_by: Mapped[str]
    put_at: Mapped[Moment]
    erased_at: Mapped[datetime | None]


class LegalHold(Model):
    """While it stands, nothing of its case is erased, whatever retention says. A case has one at a time."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        Index("ix_legal_hold_standing", "case_number", unique=True, postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[Key]
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"))
    why: Mapped[UUID] = mapped_column("why_id", ForeignKey("sealed_text.id"))
    set_by: Mapped[str]
    set_at: Mapped[Moment]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]
