"""How people come in: passwords, one-time codes, sessions, devices, identities at a provider, and who was refused."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Hash, Key, Model, Moment


class PersonPassword(Model):
    """An argon2id hash with its own salt and costs."""

    __tablename__ = "person_password"

    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    hash: Mapped[str]
    set_at: Mapped[Moment]


class PasswordCode(Model):
    """A one-time code with which a person chooses a password; SHA-256 of 80 random bits. One at a time."""

    __tablename__ = "password_code"

    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    hash: Mapped[Hash]
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]


class AccountCode(Model):
    """An administrator's consent to a change that another one makes; SHA-256 of 50 random bits, good for minutes."""

    __tablename__ = "account_code"

    hash: Mapped[Hash] = mapped_column(primary_key=True)
    made_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    change: Mapped[str]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[Moment]


class LoginSession(Model):
    """A session on this side: the browser holds a random id, of which only the SHA-256 is kept. `seen_at` is written
    now and then, not on each request."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_person_made", "person", "made_at"),)

    id: Mapped[Key]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    hash: Mapped[Hash] = mapped_column(unique=True)
    how: Mapped[str]
    made_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[datetime | None]
    why_ended: Mapped[str | None]
    address: Mapped[str]
    agent: Mapped[str]


class KnownDevice(Model):
    """A browser that a person has logged in with; it keeps a random word, of which only the SHA-256 is kept."""

    __tablename__ = "known_device"
    __table_args__ = (Index("ix_known_device_person_seen", "person", "seen_at"),)

    hash: Mapped[Hash] = mapped_column(primary_key=True)
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    seen_at: Mapped[Moment]


class LoginAttempts(Model):
    """Attempts that have not succeeded since a moment. `subject` is a hash of the login and what it is counted for, so
    that logins which do not exist are counted alike and not kept."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_since", "since"),)

    count: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[Hash] = mapped_column(primary_key=True)
    attempts: Mapped[int]
    since: Mapped[Moment]


class Identity(Model):
    """Somebody at an identity provider. Without a person it waits for an administrator to say who it is."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index("ix_identity_person", "person"))

    id: Mapped[Key]
    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    person: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    seen_at: Mapped[Moment]


class ProviderAttempt(Model):
    """A login on its way through the identity provider: once, in the browser that began it, for some minutes."""

    __tablename__ = "provider_attempt"
    __table_args__ = (Index("ix_provider_attempt_made_at", "made_at"),)

    state: Mapped[Hash] = mapped_column(primary_key=True)
    browser: Mapped[Hash]
    nonce: Mapped[str]
    verifier: Mapped[str] = mapped_column(Sealed)
    return_to: Mapped[str]
    made_at: Mapped[Moment]


class DoorRefusal(Model):
    """What was refused at the door, in one line an hour for each kind, subject and address."""

    __tablename__ = "door_refusal"
    __table_args__ = (Index("ix_door_refusal_last_at", "last_at"),)

    hour: Mapped[Moment] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    times: Mapped[int]
    first_at: Mapped[Moment]
    last_at: Mapped[Moment]
