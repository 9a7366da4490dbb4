"""The record: append-only events in a hash chain per case, the engine's own history beside them, and signed heads."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Hash, Json, Model, Moment


class CaseEvent(Model):
    """Event n of a case holds the hash of event n-1. The database refuses UPDATE and DELETE."""

    __tablename__ = "case_event"

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Moment]
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor: Mapped[str]
    policy: Mapped[str | None]
    facts: Mapped[Json] = mapped_column(JSONB)
    previous: Mapped[Hash]
    hash: Mapped[Hash]


class HistoryArchive(Model):
    """A closed run's history as the engine exports it, gzipped, so that it outlives the engine's retention."""

    __tablename__ = "history_archive"

    workflow: Mapped[str] = mapped_column(primary_key=True)
    engine_run: Mapped[str] = mapped_column(primary_key=True)
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), index=True)
    closed_at: Mapped[Moment]
    archived_at: Mapped[datetime] = mapped_column()
    sha256: Mapped[Hash]
    body: Mapped[bytes] = mapped_column(LargeBinary)


class RecordHead(Model):
    """What one day's signature covers: the root over the tips of all chains that had grown, and the head before it.

    `hash` follows from `previous` and the other columns but `signature`, which is Ed25519 by the key `public` over it.
    """

    __tablename__ = "record_head"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(unique=True)
    at: Mapped[Moment]
    leaves: Mapped[int]
    root: Mapped[Hash]
    public: Mapped[str]
    previous: Mapped[Hash]
    hash: Mapped[Hash]
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))


class RecordTip(Model):
    """How far a chain had come when a head was made: a leaf under the head's root. `chain` is `case:<number>`, `office`
    or `history:<workflow>/<engine's run>`, whose seq is 0 and whose hash is that of the archived history."""

    __tablename__ = "record_tip"

    chain: Mapped[str] = mapped_column(primary_key=True)
    head: Mapped[int] = mapped_column(ForeignKey("record_head.number"), primary_key=True, index=True)
    seq: Mapped[int]
    hash: Mapped[Hash]
