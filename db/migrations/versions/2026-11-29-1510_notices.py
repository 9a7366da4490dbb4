"""The staff is told over channels: robots, mail, and what became of each message.

The old worker and api are still running while this runs: to what they write no column is needed. Notices that wait now
are told as they would have been, by the next digest.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033n"
down_revision = "0030p"
branch_labels = None
depends_on = None

IN_USE = sa.text("removed_at IS NULL")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("notice", sa.Column("planned_at", MOMENT, nullable=True))
    op.execute("UPDATE notice SET planned_at = now() WHERE sent_at IS NULL AND dropped_at IS NULL")
    unplanned = sa.text("planned_at IS NULL AND sent_at IS NULL AND dropped_at IS NULL")
    op.create_index("ix_notice_unplanned", "notice", ["at"], postgresql_where=unplanned)
    unread = sa.text("read_at IS NULL AND dropped_at IS NULL")
    op.create_index("ix_notice_unread", "notice", ["person"], postgresql_where=unread)
    _channel()
    op.create_table(
        "notice_preference",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_notice_preference_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_notice_preference")),
    )
    _delivery()
    op.create_table(
        "notice_told",
        sa.Column("notice", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Uuid(), nullable=False),
        sa.Column("delivery", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["notice"], ["notice.id"], name=op.f("fk_notice_told_notice")),
        sa.ForeignKeyConstraint(["channel"], ["notice_channel.id"], name=op.f("fk_notice_told_channel")),
        sa.ForeignKeyConstraint(["delivery"], ["notice_delivery.id"], name=op.f("fk_notice_told_delivery")),
        sa.PrimaryKeyConstraint("notice", "channel", name=op.f("pk_notice_told")),
    )
    op.create_index(op.f("ix_notice_told_delivery"), "notice_told", ["delivery"])


def _channel() -> None:
    op.create_table(
        "notice_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("shop", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("robot", sa.LargeBinary(32), nullable=True),
        sa.Column("least", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("last_ok_at", MOMENT, nullable=True),
        sa.Column("last_failed_at", MOMENT, nullable=True),
        sa.Column("last_code", sa.Text(), nullable=True),
        sa.Column("alarmed_at", MOMENT, nullable=True),
        sa.CheckConstraint("num_nonnulls(person, shop, team) = 1", name=op.f("ck_notice_channel_of_one_owner")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_notice_channel_person")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_notice_channel_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_channel")),
    )
    op.create_index("ix_notice_channel_robot", "notice_channel", ["robot"], unique=True, postgresql_where=IN_USE)
    for owner in ("person", "shop", "team"):
        op.create_index(f"ix_notice_channel_{owner}", "notice_channel", [owner], postgresql_where=IN_USE)


def _delivery() -> None:
    op.create_table(
        "notice_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Uuid(), nullable=False),
        sa.Column("shop", sa.Text(), nullable=True),
        sa.Column("person", sa.Uuid(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'queued') = (next_try_at IS NOT NULL)", name=op.f("ck_notice_delivery_queued_has_a_time")
        ),
        sa.ForeignKeyConstraint(["channel"], ["notice_channel.id"], name=op.f("fk_notice_delivery_channel")),
        sa.ForeignKeyConstraint(["shop"], ["shop.code"], name=op.f("fk_notice_delivery_shop")),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=op.f("fk_notice_delivery_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_delivery")),
        sa.UniqueConstraint("channel", "subject", name="uq_notice_delivery_subject"),
    )
    queued, sending = sa.text("state = 'queued'"), sa.text("state = 'sending'")
    op.create_index("ix_notice_delivery_due", "notice_delivery", ["next_try_at"], postgresql_where=queued)
    op.create_index("ix_notice_delivery_claimed", "notice_delivery", ["claimed_at"], postgresql_where=sending)
    op.create_index("ix_notice_delivery_channel", "notice_delivery", ["channel", "claimed_at"])
    for column in ("person", "shop"):
        op.create_index(f"ix_notice_delivery_{column}", "notice_delivery", [column, "queued_at"])


def downgrade() -> None:
    op.drop_table("notice_told")
    op.drop_table("notice_delivery")
    op.drop_table("notice_preference")
    op.drop_table("notice_channel")
    op.drop_index("ix_notice_unread", table_name="notice")
    op.drop_index("ix_notice_unplanned", table_name="notice")
    op.drop_column("notice", "planned_at")
