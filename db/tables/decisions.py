"""What agents put to their leaders, so that whoever may decide finds it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Model, Moment


class DecisionRow(Model):
    """A decision that was asked for in a case, as the case's state has it; the words stay sealed and are read by the
    timeline. `needs` is the lowest role that decides, `ended_at` when it was decided or the case closed without."""

    __tablename__ = "decision"
    __table_args__ = (Index("ix_decision_open", "needs", "shop", "due_at", postgresql_where=text("ended_at IS NULL")),)

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    needs: Mapped[str]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    question: Mapped[UUID] = mapped_column("question_id", ForeignKey("sealed_text.id"))
    asked_at: Mapped[Moment]
    due_at: Mapped[Moment]
    granted: Mapped[bool | None]
    ended_at: Mapped[datetime | None]
