"""Telling the staff over channels: where to, what each person wants, and what became of each message."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.sealing import Sealed
from db.tables.model import Json, Key, Model, Moment

_QUEUED, _SENDING = "state = 'queued'", "state = 'sending'"


class NoticeChannel(Model):
    """A robot or a mail address of one person, one shop, or the shops of one team. `robot` is the blind index of a
    robot's token: a group has one place here, so that what it takes in a minute is counted in one place.

    `least` is the least urgency that a group hears of. `failing_since` is of the first failure after the last success.
    """

    __tablename__ = "notice_channel"
    __table_args__ = (
        CheckConstraint("num_nonnulls(person, shop, team) = 1", name="of_one_owner"),
        Index("ix_notice_channel_robot", "robot", unique=True, postgresql_where=text("removed_at IS NULL")),
        Index("ix_notice_channel_person", "person", postgresql_where=text("removed_at IS NULL")),
        Index("ix_notice_channel_shop", "shop", postgresql_where=text("removed_at IS NULL")),
        Index("ix_notice_channel_team", "team", postgresql_where=text("removed_at IS NULL")),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    person: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    shop: Mapped[str | None] = mapped_column(ForeignKey("shop.code"))
    team: Mapped[str | None]
    label: Mapped[str]
    address: Mapped[str | None] = mapped_column(Sealed)
    robot: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    least: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    made_by: Mapped[str]
    made_at: Mapped[Moment]
    removed_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    last_failed_at: Mapped[datetime | None]
    last_code: Mapped[str | None]
    alarmed_at: Mapped[datetime | None]


class NoticePreference(Model):
    """What a person wants to hear where and when; `document` is a domain.notice_preferences.Preferences."""

    __tablename__ = "notice_preference"

    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    document: Mapped[Json] = mapped_column(JSONB)
    set_by: Mapped[str]
    set_at: Mapped[Moment]


class NoticeDelivery(Model):
    """One message to one channel. It is claimed (`sending`) before it leaves, and ends once. `subject` names what a
    group is told, so that it hears of it once, however many people are told. `code` is what the other side answered.
    """

    __tablename__ = "notice_delivery"
    __table_args__ = (
        UniqueConstraint("channel", "subject", name="uq_notice_delivery_subject"),
        CheckConstraint("(state = 'queued') = (next_try_at IS NOT NULL)", name="queued_has_a_time"),
        Index("ix_notice_delivery_due", "next_try_at", postgresql_where=text(_QUEUED)),
        Index("ix_notice_delivery_claimed", "claimed_at", postgresql_where=text(_SENDING)),
        Index("ix_notice_delivery_channel", "channel", "claimed_at"),
        Index("ix_notice_delivery_ended", "ended_at"),
        Index("ix_notice_delivery_person", "person", "queued_at"),
        Index("ix_notice_delivery_shop", "shop", "queued_at"),
    )

    id: Mapped[Key]
    channel: Mapped[UUID] = mapped_column(ForeignKey("notice_channel.id"))
    shop: Mapped[str | None] = mapped_column(ForeignKey("shop.code"))
    person: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    what: Mapped[str]
    urgent: Mapped[bool]
    subject: Mapped[str | None]
    state: Mapped[str]
    queued_at: Mapped[Moment]
    next_try_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    code: Mapped[str | None]


class NoticeTold(Model):
    """Which notices a message tells of. Its key is why no notice goes to one channel twice."""

    __tablename__ = "notice_told"

    notice: Mapped[UUID] = mapped_column(ForeignKey("notice.id"), primary_key=True)
    channel: Mapped[UUID] = mapped_column(ForeignKey("notice_channel.id"), primary_key=True)
    delivery: Mapped[UUID] = mapped_column(ForeignKey("notice_delivery.id"), index=True)
