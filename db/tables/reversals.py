"""Reviews that turned bad again after their buyer was paid for the amendment."""

from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Fen, Model, Moment


class ReversalRow(Model):
    """Once for a case, however often its review goes back and forth. It hangs on the pseudonymous person, so it is
    counted after the buyer's data was erased."""

    __tablename__ = "reversal"

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    buyer_person: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_person.id"), index=True)
    run: Mapped[int]
    paid_fen: Mapped[Fen]
    at: Mapped[Moment]
