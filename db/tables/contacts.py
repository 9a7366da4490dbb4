"""Contacts with buyers: what really happened, counted per pseudonymous person across cases, shops and channels."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Key, Model, Moment


class ContactAttempt(Model):
    """One contact, from the moment a person took it. `counted` is decided by its result."""

    __tablename__ = "contact_attempt"
    __table_args__ = (
        Index("ix_contact_attempt_buyer", "buyer_person", "taken_at"),
        Index("ix_contact_attempt_case", "case_number", "number", unique=True),
    )

    id: Mapped[Key]
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"))
    number: Mapped[int]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    buyer_person: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_person.id"))
    channel: Mapped[str]
    outbound: Mapped[bool]
    taken_by: Mapped[str]
    taken_at: Mapped[Moment]
    ended_at: Mapped[datetime | None]
    result: Mapped[str | None]
    talk: Mapped[str | None]
    counted: Mapped[bool]
    asked_to_amend: Mapped[bool] = mapped_column(default=False)


class ContactPlace(Model):
    """Where the next contact of a case stands among those of its shop: what is counted when the next one is planned.

    Written by planning alone, through db/places.py. It has no foreign key, since checking one would wait for the
    projection of the same case while the shop's planning lock is held.
    """

    __tablename__ = "contact_place"
    __table_args__ = (Index("ix_contact_place_shop_due", "shop", "due_at", "case_number"),)

    case: Mapped[str] = mapped_column("case_number", primary_key=True)
    shop: Mapped[str]
    due_at: Mapped[Moment]
    channel: Mapped[str]
    in_surge: Mapped[bool]


class ContactStopRow(Model):
    """A stop signal: it ends outbound contact with the person at once, until the buyer asks for contact again."""

    __tablename__ = "contact_stop"
    __table_args__ = (UniqueConstraint("case_number", "step"),)

    id: Mapped[Key]
    buyer_person: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_person.id"), index=True)
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"))
    signal: Mapped[str]
    step: Mapped[str]
    at: Mapped[Moment]
    lifted_at: Mapped[datetime | None]


class Message(Model):
    """A message to a buyer (SMS, public reply), written before it is sent, so that a retry finds it."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_case", "case_number"),)

    id: Mapped[Key]
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"))
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    status: Mapped[str]
    text: Mapped[UUID | None] = mapped_column("text_id", ForeignKey("sealed_text.id"))
    outside_id: Mapped[str | None]
    code: Mapped[str | None]
    made_at: Mapped[Moment]
    sent_at: Mapped[datetime | None]
