"""The office: installation, shops, people, roles, keys. Written by the api, each change audited."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from db.sealing import Sealed
from db.tables.model import Hash, Json, Key, Model, Moment


class Installation(Model):
    """One row: the random prefix of every money key, so that a second installation never meets an old transfer."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    prefix: Mapped[str]
    made_at: Mapped[Moment]


class Shop(Model):
    """A shop under our own code. `cut_off_at`: older reviews open no case. `zone` is that of its desk and budget. Shops
    that one service team looks after share its quota of coupons. `opened_at`: when it began to sell."""

    __tablename__ = "shop"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,31}$'", name="plain_code"),
        CheckConstraint("team ~ '^[a-z0-9][a-z0-9-]{0,31}$'", name="plain_team"),
        Index("ix_shop_team", "team"),
    )

    code: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(Identity(always=True), unique=True)
    name: Mapped[str]
    platform: Mapped[str]
    jurisdiction: Mapped[str]
    seller_nick: Mapped[str]
    zone: Mapped[str]
    gate_mode: Mapped[str]
    cut_off_at: Mapped[Moment]
    intake: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    credentials: Mapped[str | None] = mapped_column(Sealed)
    team: Mapped[str | None]
    opened_at: Mapped[datetime | None]


class GateAcknowledgement(Model):
    """A named person's acknowledgement of the law that applies to paying after an amendment. Append-only; the newest
    one of a shop counts."""

    __tablename__ = "gate_acknowledgement"
    __table_args__ = (Index("ix_gate_acknowledgement_shop_at", "shop", "at"),)

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Moment]
    text_version: Mapped[str]
    jurisdiction: Mapped[str]
    reason: Mapped[str]
    expires_at: Mapped[Moment]


class GateChoice(Model):
    """Who chose a shop's gate mode, when and why. Append-only; the shop's row has the mode in force. `by` is a person's
    id, or the program that set the shop up."""

    __tablename__ = "gate_choice"
    __table_args__ = (Index("ix_gate_choice_shop_at", "shop", "at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    mode: Mapped[str]
    by: Mapped[str]
    at: Mapped[Moment]
    reason: Mapped[str]


class Person(Model):
    """An account of somebody of the desk, the warehouse, finance, or of an auditor; never a buyer. Accounts with the
    same `human` are of one human being, who is never maker and checker of the same thing."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint("capacity >= 0", name="capacity_not_negative"),)

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text))
    capacity: Mapped[int]
    away_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    human: Mapped[UUID | None] = mapped_column(index=True)
    team: Mapped[str | None] = mapped_column(ForeignKey("team.code"), index=True)


class PersonRole(Model):
    """A role in one shop; `shop` NULL means every shop."""

    __tablename__ = "person_role"
    __table_args__ = (
        UniqueConstraint("person", "shop", "role", name="uq_person_role_once", postgresql_nulls_not_distinct=True),
        Index("ix_person_role_shop_role", "shop", "role"),
    )

    id: Mapped[Key]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    shop: Mapped[str | None] = mapped_column(ForeignKey("shop.code"))
    role: Mapped[str]


class PersonShift(Model):
    """When a person works; `hours` is a domain.shifts.Shift. Days are those of the shift's zone, both included. Of
    several that count on a day the one that began last decides."""

    __tablename__ = "person_shift"
    __table_args__ = (
        UniqueConstraint("person", "valid_from"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="ends_after_it_begins"),
    )

    id: Mapped[Key]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    hours: Mapped[Json] = mapped_column(JSONB)
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    set_at: Mapped[Moment]


class PersonLeave(Model):
    """A stretch of time in which a person does not work, said beforehand. `away_until` is for who is away now."""

    __tablename__ = "person_leave"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        Index("ix_person_leave_person_ends", "person", "ends_at"),
    )

    id: Mapped[Key]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    why: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[Moment]


class ShopSurge(Model):
    """A stretch of time in which a shop has more to do than hands: phone first, the queue by value and age."""

    __tablename__ = "shop_surge"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_it_starts"),
        Index("ix_shop_surge_shop_ends", "shop", "ends_at"),
    )

    id: Mapped[Key]
    shop: Mapped[str] = mapped_column(ForeignKey("shop.code"))
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    why: Mapped[str]
    set_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    set_at: Mapped[Moment]


class ApiKey(Model):
    """A key that carries a person. Only the SHA-256 of its 32 random bytes is kept. Where roles, shops or routes are
    given it counts for those only. `last_used_at` is written now and then, not on each request."""

    __tablename__ = "api_key"
    __table_args__ = (Index("ix_api_key_person", "person"),)

    id: Mapped[Key]
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    label: Mapped[str]
    hash: Mapped[Hash] = mapped_column(unique=True)
    made_at: Mapped[Moment]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    roles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    shops: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    routes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))


class OfficeEvent(Model):
    """A change of office data: who, when, old, new. Append-only and hash-chained."""

    __tablename__ = "office_event"
    __table_args__ = (
        Index("ix_office_event_kind_seq", "kind", "seq"),
        Index("ix_office_event_subject_seq", "subject", "seq"),
        Index("ix_office_event_actor_seq", "actor", "seq"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Moment]
    actor: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    facts: Mapped[Json] = mapped_column(JSONB)
    previous: Mapped[Hash]
    hash: Mapped[Hash]
