"""What was forgotten, when, and by which rule."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Key, Model, Moment


class ErasureRun(Model):
    """One round of forgetting in a shop: by the clock under a policy version, or because a person asked."""

    __tablename__ = "erasure_run"
    __table_args__ = (Index("ix_erasure_run_shop_at", "shop", "at"),)

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    at: Mapped[Moment]
    by: Mapped[str]
    policy: Mapped[str]
    forget: Mapped[str]
    cases: Mapped[int]
    texts: Mapped[int]
    files: Mapped[int]
    buyers: Mapped[int]


class ErasedCase(Model):
    """A case whose buyer's data is gone. One that is reopened and closed again is due again."""

    __tablename__ = "erased_case"

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    run: Mapped[UUID] = mapped_column(ForeignKey("erasure_run.id"), index=True)
    at: Mapped[datetime] = mapped_column()
