"""Questions about serious complaints, so that whoever was asked finds them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Model, Moment


class InvestigationRow(Model):
    """An investigation of a case, as its state has it; question and answer stay sealed and are read by the timeline.
    `ended_at` is when it was answered, or its case closed without an answer."""

    __tablename__ = "investigation"
    __table_args__ = (Index("ix_investigation_open", "person", "due_at", postgresql_where=text("ended_at IS NULL")),)

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    question: Mapped[UUID] = mapped_column("question_id", ForeignKey("sealed_text.id"))
    asked_at: Mapped[Moment]
    due_at: Mapped[Moment]
    ended_at: Mapped[datetime | None]
