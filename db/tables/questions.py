"""Questions that no rule covered, and the rules that their answers became."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Key, Model, Moment


class DeskQuestion(Model):
    """A question of a case, as its state has it; question and answer stay sealed. `rule` are the words that hold for
    everybody: they are the office's own, outlive the case's words, and are in force until `retired_at`."""

    __tablename__ = "desk_question"
    __table_args__ = (
        UniqueConstraint("case_number", "number"),
        Index("ix_desk_question_open", "shop", "due_at", postgresql_where=text("ended_at IS NULL")),
        Index(
            "ix_desk_question_rule", "shop", "cause", postgresql_where=text("rule IS NOT NULL AND retired_at IS NULL")
        ),
    )

    id: Mapped[Key]
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"))
    number: Mapped[int]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    kind: Mapped[str]
    cause: Mapped[str | None]
    question: Mapped[UUID] = mapped_column("question_id", ForeignKey("sealed_text.id"))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[Moment]
    due_at: Mapped[Moment]
    answered_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    rule: Mapped[str | None]
    retired_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    retired_at: Mapped[datetime | None]
