"""Cases: the one table by which every sender finds a case, and the case file that lists read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.model import Fen, Json, Key, Model, Moment


class CaseKey(Model):
    """Where a review or refund has its case. Beyond the engine's retention this is what refuses a second first run."""

    __tablename__ = "case_key"

    kind: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(primary_key=True)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"), primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), index=True)
    run: Mapped[int]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("case_file.number"))


_OPEN = "closed_at IS NULL"
_FREE = f"{_OPEN} AND assignee IS NULL"
# Whose queue an index serves: one person's own cases, a shop's free ones, everybody's free ones.
_WHOSE = {"mine": (("assignee",), _OPEN), "free": (("shop",), _FREE), "any": ((), _FREE)}


def _queue_index(order: str, whose: str) -> Index:
    first, which = _WHOSE[whose]
    name = f"ix_case_file_{order.removesuffix('_at')}_{whose}"
    return Index(name, *first, "waiting", order, "number", postgresql_where=text(which))


class CaseFile(Model):
    """The projection of a case's events, written only by the case's own activity. `version` is the seq of the last
    event in it; `state` is what the next run would load."""

    __tablename__ = "case_file"
    __table_args__ = (
        CheckConstraint("(outcome IS NULL) OR (closed_at IS NULL) OR (stage = 'closed')", name="closed_is_a_stage"),
        Index("ix_case_file_open_due", "due_at", "number", postgresql_where=text("closed_at IS NULL")),
        Index("ix_case_file_open_shop_due", "shop", "due_at", "number", postgresql_where=text("closed_at IS NULL")),
        Index(
            "ix_case_file_open_assignee_due", "assignee", "due_at", "number", postgresql_where=text("closed_at IS NULL")
        ),
        Index(
            "ix_case_file_unassigned",
            "shop",
            "due_at",
            "number",
            postgresql_where=text("closed_at IS NULL AND assignee IS NULL"),
        ),
        Index("ix_case_file_closed", "shop", "closed_at", "number", postgresql_where=text("closed_at IS NOT NULL")),
        Index("ix_case_file_closed_everywhere", "closed_at", "number", postgresql_where=text("closed_at IS NOT NULL")),
        Index(
            "ix_case_file_unassigned_everywhere",
            "due_at",
            "number",
            postgresql_where=text("closed_at IS NULL AND assignee IS NULL"),
        ),
        # A rare stage, cause or platform is found at once, and not by walking through everything that is due.
        *(
            Index(f"ix_case_file_open_{column}", column, "due_at", "number", postgresql_where=text("closed_at IS NULL"))
            for column in ("stage", "cause", "platform")
        ),
        Index("ix_case_file_opened", "opened_at", "number"),
        Index("ix_case_file_buyer_person", "buyer_person"),
        *(_queue_index(order, whose) for order in ("place_at", "surge_at") for whose in _WHOSE),
    )

    number: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    kind: Mapped[str]
    workflow: Mapped[str]
    run: Mapped[int]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    platform: Mapped[str]
    external_id: Mapped[str]
    source_row: Mapped[UUID]
    buyer_person: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_person.id"))
    stage: Mapped[str]
    # Of a review; an application for a refund has none.
    grade: Mapped[str | None]
    cause: Mapped[str | None]
    cause_confirmed: Mapped[bool] = mapped_column(default=False)
    severity: Mapped[int]
    assignee: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    due_at: Mapped[Moment]
    due_what: Mapped[str]
    # The place in the queue, as domain/queue_ranking.py reckons it: what is due now before what waits for its hour.
    waiting: Mapped[bool] = mapped_column(server_default=text("true"))
    place_at: Mapped[Moment] = mapped_column(server_default=text("now()"))
    surge_at: Mapped[Moment] = mapped_column(server_default=text("now()"))
    review_created_at: Mapped[Moment]
    opened_at: Mapped[Moment]
    outcome: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    paid_fen: Mapped[Fen] = mapped_column(default=0)
    version: Mapped[int]
    person_step: Mapped[int]
    state: Mapped[Json] = mapped_column(JSONB)
    written_at: Mapped[Moment]


class Assignment(Model):
    """Who works on a case, as the assigning activity decided under the shop's lock; counts towards capacity."""

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_open", "person", postgresql_where=text("released_at IS NULL")),)

    case: Mapped[str] = mapped_column("case_number", ForeignKey("case_file.number"), primary_key=True)
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    at: Mapped[Moment]
    why: Mapped[str]
    released_at: Mapped[datetime | None]


class RefusedStep(Model):
    """A step that was refused: the engine keeps no trace of it, an auditor wants one."""

    __tablename__ = "refused_step"

    id: Mapped[Key]
    at: Mapped[Moment]
    case: Mapped[str] = mapped_column("case_number", index=True)
    shop: Mapped[str]
    person: Mapped[UUID]
    step: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]


class Notice(Model):
    """Something a person of the staff must be told; a per-shop digest schedule sends what is not sent yet, and
    drops what concerns a case that has closed meanwhile. It is about a case, or else `about` something of the shop's
    that falls due at `due_at`. `planned_at`: it was decided whether a channel tells it at once."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_unsent", "shop", "at", postgresql_where=text("sent_at IS NULL AND dropped_at IS NULL")),
        Index(
            "ix_notice_unplanned",
            "at",
            postgresql_where=text("planned_at IS NULL AND sent_at IS NULL AND dropped_at IS NULL"),
        ),
        Index("ix_notice_person_at", "person", "at"),
        Index("ix_notice_unread", "person", postgresql_where=text("read_at IS NULL AND dropped_at IS NULL")),
        Index("ix_notice_once", "case_number", "case_seq", "person", unique=True),
        Index("ix_notice_about", "about", "kind", "level", "person", unique=True),
        CheckConstraint("(case_number IS NULL) <> (about IS NULL)", name="about_one_thing"),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    case: Mapped[str | None] = mapped_column("case_number", ForeignKey("case_file.number"))
    case_seq: Mapped[int | None]
    about: Mapped[str | None]
    due_at: Mapped[datetime | None]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    level: Mapped[int]
    at: Mapped[Moment]
    planned_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    digest: Mapped[UUID | None] = mapped_column(ForeignKey("digest.id"))


class Digest(Model):
    """What one person was told at once about one shop; its notices carry its id."""

    __tablename__ = "digest"
    __table_args__ = (Index("ix_digest_person_at", "person", "at"),)

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Moment]
    notices: Mapped[int]
