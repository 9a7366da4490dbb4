"""Programs that push: the secrets they sign with, and what they have sent already."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Key, Model, Moment


class SigningKey(Model):
    """A secret that a service account signs its requests with; sealed, since it is needed in plain to check them."""

    __tablename__ = "signing_key"
    __table_args__ = (Index("ix_signing_key_person", "person"),)

    id: Mapped[Key]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    label: Mapped[str]
    secret: Mapped[str] = mapped_column(Sealed)
    made_at: Mapped[Moment]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class UsedNonce(Model):
    """A word that a signed request carried: it is taken once. Kept for longer than any request is good."""

    __tablename__ = "used_nonce"
    __table_args__ = (Index("ix_used_nonce_at", "at"),)

    key: Mapped[UUID] = mapped_column(ForeignKey("signing_key.id"), primary_key=True)
    nonce: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[Moment]
